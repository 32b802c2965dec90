#include "stratus/services/ec2/service.h"

#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"
#include "stratus/dataplane/network/fake_network.h"

namespace stratus::services::ec2 {
namespace {

struct Ec2 : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{11};
  network::FakeNetwork network{loop};
  Service service{loop, store, random, network, "198.18.0.0/16"};
  aws::Context c;

  Ec2() {
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
    service.start();
  }
  template <class Work>
  auto call(Work work) {
    decltype(work()) out;
    store.call([&] { out = work(); });
    return out;
  }
  std::string vpc(const std::string& cidr = "10.0.0.0/16") {
    return call([&] { return *service.create_vpc(c, {.cidr_block = cidr}).vpc->vpc_id; });
  }
  std::string subnet(const std::string& vpc_id, const std::string& cidr, const std::string& zone = "us-east-1a") {
    return call([&] {
      return *service.create_subnet(c, {.availability_zone = zone, .cidr_block = cidr, .vpc_id = vpc_id})
                  .subnet->subnet_id;
    });
  }
};

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aws::Error& e) {
    return e.code;
  }
  return "";
}

TEST_F(Ec2, cidrs_are_checked_as_aws_checks_them) {
  EXPECT_EQ(code_of([&] { service.create_vpc(c, {.cidr_block = "10.0.0.0/8"}); }), "InvalidVpc.Range");
  EXPECT_EQ(code_of([&] { service.create_vpc(c, {.cidr_block = "ten"}); }), "InvalidParameterValue");
  const auto id = vpc();
  subnet(id, "10.0.1.0/24");
  EXPECT_EQ(code_of([&] { service.create_subnet(c, {.cidr_block = "10.0.1.128/25", .vpc_id = id}); }),
            "InvalidSubnet.Conflict");
  EXPECT_EQ(code_of([&] { service.create_subnet(c, {.cidr_block = "10.1.0.0/24", .vpc_id = id}); }),
            "InvalidSubnet.Range");
  EXPECT_EQ(code_of([&] {
              service.create_subnet(c, {.availability_zone = "eu-west-1a", .cidr_block = "10.0.2.0/24", .vpc_id = id});
            }),
            "InvalidParameterValue");
  EXPECT_EQ(code_of([&] { service.create_subnet(c, {.cidr_block = "10.0.2.0/24", .vpc_id = "vpc-1"}); }),
            "InvalidVpcID.NotFound");
}

TEST_F(Ec2, an_interface_is_ready_when_the_kernel_has_it_and_the_model_holds_it) {
  const auto v = vpc();
  const auto s = subnet(v, "10.0.1.0/24");
  const auto eni = call([&] {
    return service.create_interface(
        {.account = c.account, .region = c.region, .subnet_id = s, .description = "d", .requester = "r"});
  });
  EXPECT_EQ(eni.private_ip, "10.0.1.4") << "the first four addresses are AWS's";
  bool ready = false;
  service.when_ready(eni.id, [&](const Result<>& r) { ready = r.ok(); });
  EXPECT_FALSE(ready);
  loop.advance(Duration(100));
  EXPECT_TRUE(ready);
  ASSERT_EQ(network.applied.count(v), 1U);
  EXPECT_EQ(network.applied[v].enis.at(0).addresses.at(0), "10.0.1.4");
  EXPECT_EQ(code_of([&] { service.delete_subnet(c, {.subnet_id = s}); }), "DependencyViolation");
}

TEST_F(Ec2, a_deletion_that_is_undone_leaves_the_interface_ready) {
  const auto s = subnet(vpc(), "10.0.1.0/24");
  const auto eni = call([&] {
    return service.create_interface(
        {.account = c.account, .region = c.region, .subnet_id = s, .description = "d", .requester = ""});
  });
  loop.advance(Duration(100));
  EXPECT_THROW(store.call([&] {
    service.delete_network_interface(c, {.network_interface_id = eni.id});
    throw aws::Error("DryRunOperation", 412, "");
  }),
               aws::Error);
  bool ready = false;
  service.when_ready(eni.id, [&](const Result<>& r) { ready = r.ok(); });
  loop.advance(Duration(100));
  EXPECT_TRUE(ready);
}

TEST_F(Ec2, dhcp_options_name_the_vpcs_own_resolver_beside_other_servers) {
  const auto v = vpc();
  const auto options = call([&] {
    return *service
                .create_dhcp_options(c, {.dhcp_configurations = {{{.key = "domain-name-servers",
                                                                   .values = {{"10.0.0.9", "AmazonProvidedDNS"}}}}}})
                .dhcp_options->dhcp_options_id;
  });
  call([&] { return service.associate_dhcp_options(c, {.dhcp_options_id = options, .vpc_id = v}); });
  EXPECT_EQ(service.dhcp(c.account, c.region, v).name_servers, (std::vector<std::string>{"10.0.0.9", "10.0.0.2"}));
}

TEST_F(Ec2, a_nat_gateway_becomes_available_with_the_kernel_and_its_route_a_blackhole_without_it) {
  const auto v = vpc();
  const auto s = subnet(v, "10.0.1.0/24");
  const auto igw = call([&] { return *service.create_internet_gateway(c, {}).internet_gateway->internet_gateway_id; });
  call([&] { return service.attach_internet_gateway(c, {.internet_gateway_id = igw, .vpc_id = v}); });
  const auto eip = call([&] { return *service.allocate_address(c, {}).allocation_id; });
  const auto nat = call([&] {
    return *service.create_nat_gateway(c, {.allocation_id = eip, .subnet_id = s}).nat_gateway->nat_gateway_id;
  });
  const auto state = [&] {
    return *service.describe_nat_gateways(c, {.nat_gateway_ids = {{nat}}}).nat_gateways->at(0).state;
  };
  EXPECT_EQ(state(), "pending");
  loop.advance(Duration(100));
  EXPECT_EQ(state(), "available");
  EXPECT_TRUE(network.applied[v].enis.at(0).nat_gateway);
  EXPECT_FALSE(network.applied[v].enis.at(0).public_address.empty());
  const auto table = call([&] { return *service.create_route_table(c, {.vpc_id = v}).route_table->route_table_id; });
  call([&] {
    return service.create_route(
        c, {.route_table_id = table, .destination_cidr_block = "0.0.0.0/0", .nat_gateway_id = nat});
  });
  EXPECT_EQ(code_of([&] {
              service.create_route(
                  c, {.route_table_id = table, .destination_cidr_block = "0.0.0.0/0", .nat_gateway_id = nat});
            }),
            "RouteAlreadyExists");
  EXPECT_EQ(code_of([&] { service.detach_internet_gateway(c, {.internet_gateway_id = igw, .vpc_id = v}); }),
            "DependencyViolation");
  call([&] { return service.delete_nat_gateway(c, {.nat_gateway_id = nat}); });
  EXPECT_EQ(*service.describe_route_tables(c, {.route_table_ids = {{table}}}).route_tables->at(0).routes->at(1).state,
            "blackhole");
  loop.advance(Duration(100));
  EXPECT_EQ(state(), "deleted");
  call([&] { return service.release_address(c, {.allocation_id = eip}); });
}

TEST_F(Ec2, group_rules_are_normalised_grouped_and_refused_when_double) {
  const auto v = vpc();
  const auto id = call([&] {
    return *service.create_security_group(c, {.description = "d", .group_name = "web", .vpc_id = v}).group_id;
  });
  const e::IpPermission http{.ip_protocol = "6",
                             .from_port = 80,
                             .to_port = 80,
                             .ip_ranges = {{{.cidr_ip = "0.0.0.0/0"}, {.cidr_ip = "10.0.0.0/8"}}}};
  call([&] { return service.authorize_security_group_ingress(c, {.group_id = id, .ip_permissions = {{http}}}); });
  const auto shown = service.describe_security_groups(c, {.group_ids = {{id}}}).security_groups->at(0);
  ASSERT_EQ(shown.ip_permissions->size(), 1U);
  EXPECT_EQ(shown.ip_permissions->at(0).ip_protocol, "tcp");
  EXPECT_EQ(shown.ip_permissions->at(0).ip_ranges->size(), 2U);
  EXPECT_EQ(code_of([&] { service.authorize_security_group_ingress(c, {.group_id = id, .ip_permissions = {{http}}}); }),
            "InvalidPermission.Duplicate");
  EXPECT_EQ(service.describe_security_group_rules(c, {.filters = {{{.name = "group-id", .values = {{id}}}}}})
                .security_group_rules->size(),
            3U);
  call([&] { return service.revoke_security_group_ingress(c, {.group_id = id, .ip_permissions = {{http}}}); });
  EXPECT_TRUE(
      service.describe_security_groups(c, {.group_ids = {{id}}}).security_groups->at(0).ip_permissions->empty());
  EXPECT_EQ(code_of([&] { service.revoke_security_group_ingress(c, {.group_id = id, .ip_permissions = {{http}}}); }),
            "InvalidPermission.NotFound");
}

TEST_F(Ec2, filters_match_tags_and_wildcards_and_unknown_ones_are_named) {
  const auto v = vpc();
  call([&] {
    return service.create_tags(c, {.resources = {{v}}, .tags = {{{.key = "Name", .value = "counselor-dev"}}}});
  });
  EXPECT_EQ(service.describe_vpcs(c, {.filters = {{{.name = "tag:Name", .values = {{"counselor-*"}}}}}}).vpcs->size(),
            1U);
  EXPECT_EQ(service.describe_vpcs(c, {.filters = {{{.name = "tag:Name", .values = {{"other"}}}}}}).vpcs->size(), 0U);
  EXPECT_EQ(code_of([&] { service.describe_vpcs(c, {.filters = {{{.name = "colour", .values = {{"red"}}}}}}); }),
            "InvalidParameterValue");
}

/// Random calls against a network that fails now and then: what the kernel was last told is what the tables say, once
/// things settle.
TEST(Ec2Simulation, the_kernels_model_follows_the_tables) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SimulatedLoop loop;
    state::Store store(loop, "");
    SeededRandom random(seed);
    network::FakeNetwork network(loop);
    Service service(loop, store, random, network, "198.18.0.0/16");
    service.start();
    aws::Context c;
    c.account = "000000000000";
    c.region = "us-east-1";
    std::string vpc;
    store.call([&] { vpc = *service.create_vpc(c, {.cidr_block = "10.0.0.0/16"}).vpc->vpc_id; });
    std::vector<std::string> subnets, enis;
    for (int step = 0; step < 40; ++step) {
      c.now = loop.now();
      network.fail.reset();
      if (random.below(4) == 0) network.fail = Failure{"out of luck", EBUSY};
      try {
        store.call([&] {
          switch (random.below(4)) {
            case 0:
              subnets.push_back(
                  *service
                       .create_subnet(
                           c, {.cidr_block = "10.0." + std::to_string(random.below(20)) + ".0/24", .vpc_id = vpc})
                       .subnet->subnet_id);
              break;
            case 1:
              if (!subnets.empty())
                enis.push_back(service
                                   .create_interface({.account = c.account,
                                                      .region = c.region,
                                                      .subnet_id = subnets[random.below(subnets.size())],
                                                      .public_address = random.below(2) == 0})
                                   .id);
              break;
            case 2:
              if (!enis.empty()) {
                const auto at = random.below(enis.size());
                service.delete_interface(c.account, c.region, enis[at]);
                enis.erase(enis.begin() + static_cast<std::ptrdiff_t>(at));
              }
              break;
            default:
              if (random.below(3) == 0) throw std::runtime_error("a call that fails at its end");
          }
        });
      } catch (const aws::Error&) {
      } catch (const std::runtime_error&) {
      }
      loop.advance(Duration(static_cast<std::int64_t>(random.below(30))));
    }
    network.fail.reset();
    loop.advance(std::chrono::seconds(5));
    std::set<std::string> addresses;
    for (const auto& eni : network.applied[vpc].enis)
      EXPECT_TRUE(addresses.insert(eni.addresses.at(0)).second) << "an address twice, seed " << seed;
    EXPECT_EQ(network.applied[vpc].enis.size(), enis.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace stratus::services::ec2
