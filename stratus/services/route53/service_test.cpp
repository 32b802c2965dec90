#include "stratus/services/route53/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"
#include "stratus/services/route53/names.h"
#include "stratus/services/route53/places.h"

namespace stratus::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Set = r53::ResourceRecordSet;

struct FakeVpcs final : Vpcs {
  bool exists(const std::string&, const std::string&, const std::string& id) override { return id.starts_with("vpc-"); }
};

struct FakeEndpoints final : AliasEndpoints {
  std::optional<AliasEndpoint> find(const std::string& name) override {
    const auto found = balancers.find(name);
    return found == balancers.end() ? std::nullopt : std::optional(found->second);
  }
  bool is_load_balancer_zone(const std::string& id) override { return id == "ZELB"; }
  std::map<std::string, AliasEndpoint> balancers;
};

struct FakeProber final : Prober {
  explicit FakeProber(Loop& l) : loop(l) {}
  void probe(const r53::HealthCheckConfig&, std::function<void(Outcome)> done) override {
    ++probes;
    loop.post([this, done = std::move(done)] { done({good, good ? "Success" : "Failure"}); });
  }
  Loop& loop;
  bool good = true;
  int probes = 0;
};

struct Zones : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{7};
  FakeVpcs vpcs;
  FakeEndpoints endpoints;
  FakeProber prober{loop};
  std::unique_ptr<Service> service = std::make_unique<Service>(loop, store, random, vpcs, endpoints, prober);
  int references = 0;

  Zones() {
    service->start();
    loop.settle();
  }
  aws::Context context() {
    aws::Context c;
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
    return c;
  }
  std::string zone(const std::string& name, const std::string& vpc = "") {
    auto c = context();
    r53::CreateHostedZoneRequest request{.name = name, .caller_reference = std::to_string(++references)};
    if (!vpc.empty()) request.vpc = r53::VPC{.vpc_region = "us-east-1", .vpc_id = vpc};
    std::string id;
    store.call([&] { id = plain_id(*service->create_hosted_zone(c, request).hosted_zone->id); });
    loop.settle();
    return id;
  }
  std::string change(const std::string& zone, const std::string& action, const Set& set) {
    auto c = context();
    r53::ChangeResourceRecordSetsRequest request{.hosted_zone_id = zone, .change_batch = r53::ChangeBatch{}};
    request.change_batch->changes = {{{.action = action, .resource_record_set = set}}};
    std::string id;
    store.call([&] { id = *service->change_resource_record_sets(c, request).change_info->id; });
    return id;
  }
  void put(const std::string& zone, const Set& set) {
    change(zone, "CREATE", set);
    loop.settle();
  }
  static Set record(const std::string& name, const std::string& type, const std::string& value) {
    return {.name = name, .type = type, .ttl = 60, .resource_records = {{{.value = value}}}};
  }
  std::vector<std::string> ask(const std::string& name, dns::Type type = dns::Type::a, const std::string& vpc = "") {
    std::vector<std::string> out;
    for (const auto& found : service->answer({vpc, "us-east-1"}, name, type).records) out.push_back(found.data);
    return out;
  }
};

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aws::Error& e) {
    return e.message;
  }
  return "";
}

TEST(Names, are_written_as_route53_writes_them) {
  EXPECT_EQ(parse_name("*.Example.COM").name, "\\052.example.com.");
  EXPECT_EQ(parse_name("\\052.example.com.").name, "\\052.example.com.");
  EXPECT_EQ(parse_name("a b.test").name, "");
  EXPECT_THAT(parse_name("a..b").problem, HasSubstr("DomainLabelEmpty"));
  EXPECT_THAT(parse_name(std::string(64, 'a')).problem, HasSubstr("DomainLabelTooLong"));
  EXPECT_EQ(reversed("www.example.com."), "com example www");
  EXPECT_EQ(from_zone_file("*.example.com"), "\\052.example.com.");
  EXPECT_EQ(to_zone_file("\\052.example.com."), "\\042.example.com");
  EXPECT_EQ(data_to_zone_file("\"\\101\""), "\"\\065\"");
  EXPECT_TRUE(within("a.b.test.", "b.test."));
  EXPECT_FALSE(within("ab.test.", "b.test."));
}

TEST(Places, know_what_is_near) {
  EXPECT_LT(distance_km("us-east-1", "us-east-2"), distance_km("us-east-1", "eu-west-1"));
  EXPECT_NEAR(distance_km("eu-west-1", "eu-west-2"), 460, 100);
}

TEST_F(Zones, a_change_is_in_sync_once_it_is_answered) {
  const auto id = zone("example.com");
  const auto c = change(id, "CREATE", record("www.example.com", "A", "192.0.2.1"));
  auto asking = context();
  EXPECT_EQ(service->get_change(asking, {.id = c}).change_info->status, "PENDING");
  EXPECT_THAT(ask("www.example.com"), ElementsAre());
  loop.settle();
  EXPECT_EQ(service->get_change(asking, {.id = c}).change_info->status, "INSYNC");
  EXPECT_THAT(ask("www.example.com"), ElementsAre("192.0.2.1"));
}

TEST_F(Zones, a_batch_that_fails_changes_nothing) {
  const auto id = zone("example.com");
  auto c = context();
  r53::ChangeResourceRecordSetsRequest request{.hosted_zone_id = id, .change_batch = r53::ChangeBatch{}};
  request.change_batch->changes = {
      {{.action = "CREATE", .resource_record_set = record("a.example.com", "A", "192.0.2.1")},
       {.action = "CREATE", .resource_record_set = record("b.example.com", "A", "nonsense")}}};
  EXPECT_THAT(message_of([&] { store.call([&] { service->change_resource_record_sets(c, request); }); }),
              HasSubstr("Value is not a valid IPv4 address"));
  loop.settle();
  EXPECT_EQ(service->answer({}, "a.example.com", dns::Type::a).rcode, dns::Rcode::nxdomain);
}

TEST_F(Zones, private_zones_are_for_their_networks_and_hide_public_ones) {
  put(zone("example.com"), record("www.example.com", "A", "192.0.2.1"));
  const auto inside = zone("example.com", "vpc-1");
  put(inside, record("db.example.com", "A", "10.0.0.5"));
  EXPECT_THAT(ask("db.example.com", dns::Type::a, "vpc-1"), ElementsAre("10.0.0.5"));
  EXPECT_EQ(service->answer({"vpc-1", "us-east-1"}, "www.example.com", dns::Type::a).rcode, dns::Rcode::nxdomain);
  EXPECT_EQ(service->answer({"vpc-2", "us-east-1"}, "db.example.com", dns::Type::a).rcode, dns::Rcode::nxdomain);
  EXPECT_THAT(ask("www.example.com", dns::Type::a, "vpc-2"), ElementsAre("192.0.2.1"));
  EXPECT_THAT(ask("www.example.com"), ElementsAre("192.0.2.1"));
}

TEST_F(Zones, a_wildcard_covers_what_no_name_covers) {
  const auto id = zone("example.com");
  put(id, record("*.example.com", "A", "192.0.2.1"));
  put(id, record("a.b.example.com", "A", "192.0.2.2"));
  EXPECT_THAT(ask("x.example.com"), ElementsAre("192.0.2.1"));
  // RFC 4592: b.example.com exists, empty; nothing below it is the wildcard's.
  EXPECT_THAT(ask("b.example.com"), ElementsAre());
  EXPECT_EQ(service->answer({}, "c.b.example.com", dns::Type::a).rcode, dns::Rcode::nxdomain);
  EXPECT_THAT(ask("x.y.example.com"), ElementsAre("192.0.2.1"));
}

TEST_F(Zones, an_alias_answers_with_the_balancers_addresses) {
  endpoints.balancers["a-1.us-east-1.elb.amazonaws.com"] = {"ZELB", {"198.18.0.1", "198.18.0.2"}, true};
  const auto id = zone("example.com");
  Set alias{.name = "example.com", .type = "A"};
  alias.alias_target = r53::AliasTarget{
      .hosted_zone_id = "ZELB", .dns_name = "A-1.us-east-1.elb.amazonaws.com", .evaluate_target_health = true};
  put(id, alias);
  EXPECT_THAT(ask("example.com"), ElementsAre("198.18.0.1", "198.18.0.2"));
  EXPECT_THAT(ask("example.com", dns::Type::aaaa), ElementsAre());
}

TEST_F(Zones, failover_follows_the_health_of_the_balancer) {
  auto& balancer = endpoints.balancers["a-1.us-east-1.elb.amazonaws.com"];
  balancer = {"ZELB", {"198.18.0.1"}, true};
  const auto id = zone("example.com");
  Set primary{.name = "f.example.com", .type = "A", .set_identifier = "p", .failover = "PRIMARY"};
  primary.alias_target = r53::AliasTarget{
      .hosted_zone_id = "ZELB", .dns_name = "a-1.us-east-1.elb.amazonaws.com", .evaluate_target_health = true};
  Set secondary = record("f.example.com", "A", "192.0.2.9");
  secondary.set_identifier = "s";
  secondary.failover = "SECONDARY";
  put(id, primary);
  put(id, secondary);
  EXPECT_THAT(ask("f.example.com"), ElementsAre("198.18.0.1"));
  balancer.healthy = false;
  EXPECT_THAT(ask("f.example.com"), ElementsAre("192.0.2.9"));
}

TEST_F(Zones, a_health_check_turns_after_its_threshold) {
  auto c = context();
  std::string check;
  store.call([&] {
    r53::HealthCheckConfig config{.ip_address = "198.18.0.9", .port = 80, .type = "TCP"};
    config.request_interval = 10;
    config.failure_threshold = 3;
    check = *service->create_health_check(c, {.caller_reference = "h", .health_check_config = config}).health_check->id;
  });
  const auto id = zone("example.com");
  for (const auto& [value, role] : {std::pair{"192.0.2.1", "PRIMARY"}, std::pair{"192.0.2.2", "SECONDARY"}}) {
    Set set = record("f.example.com", "A", value);
    set.set_identifier = role;
    set.failover = role;
    if (set.failover == "PRIMARY") set.health_check_id = check;
    put(id, set);
  }
  loop.advance(std::chrono::seconds(60));
  EXPECT_NEAR(prober.probes, 7, 1);
  EXPECT_THAT(ask("f.example.com"), ElementsAre("192.0.2.1"));
  prober.good = false;
  loop.advance(std::chrono::seconds(20));
  EXPECT_THAT(ask("f.example.com"), ElementsAre("192.0.2.1"));
  loop.advance(std::chrono::seconds(20));
  EXPECT_THAT(ask("f.example.com"), ElementsAre("192.0.2.2"));
  prober.good = true;
  loop.advance(std::chrono::seconds(40));
  EXPECT_THAT(ask("f.example.com"), ElementsAre("192.0.2.1"));
}

TEST_F(Zones, weights_divide_the_answers) {
  const auto id = zone("example.com");
  for (const auto& [value, weight] : {std::pair{"192.0.2.1", 9}, std::pair{"192.0.2.2", 1}}) {
    Set set = record("w.example.com", "A", value);
    set.set_identifier = value;
    set.weight = weight;
    put(id, set);
  }
  std::map<std::string, int> counts;
  for (int i = 0; i < 5000; ++i) ++counts[ask("w.example.com").front()];
  EXPECT_NEAR(counts["192.0.2.1"], 4500, 150);
}

TEST_F(Zones, everything_answers_again_after_a_restart) {
  put(zone("example.com"), record("www.example.com", "A", "192.0.2.1"));
  service.reset();
  service = std::make_unique<Service>(loop, store, random, vpcs, endpoints, prober);
  service->start();
  loop.settle();
  EXPECT_THAT(ask("www.example.com"), ElementsAre("192.0.2.1"));
}

}  // namespace
}  // namespace stratus::services::route53
