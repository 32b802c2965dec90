#include "stratus/services/acm/service.h"

#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"

namespace stratus::services::acm {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// DNS that answers later, sometimes not at all; it knows what the test put into it.
struct FakeResolution final : Resolution {
  FakeResolution(SimulatedLoop& l, SeededRandom& r) : loop(l), random(r) {}
  void cname(const std::string& name, std::function<void(std::string)> done) override {
    ++asked;
    const bool lost = loss_percent > 0 && random.below(100) < loss_percent;
    loop.after(Duration(random.below(500)), [this, name, done = std::move(done), lost] {
      const auto found = records.find(name);
      done(lost || found == records.end() ? "" : found->second);
    });
  }
  SimulatedLoop& loop;
  SeededRandom& random;
  std::map<std::string, std::string> records;
  std::uint64_t loss_percent = 0;
  int asked = 0;
};

struct FakeUsers final : Users {
  std::vector<std::string> in_use_by(const std::string& arn) override {
    return used.contains(arn)
               ? std::vector<std::string>{"arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/a/1"}
               : std::vector<std::string>{};
  }
  std::set<std::string> used;
};

struct Certificates : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{5};
  FakeResolution dns{loop, random};
  FakeUsers users;
  Service service{loop, store, random, dns, users};
  std::vector<std::string> told;

  Certificates() {
    service.on_changed([this](const std::string& arn) { told.push_back(arn); });
    service.start();
  }
  aws::Context context() {
    aws::Context c;
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
    return c;
  }
  std::string request(const std::string& domain, std::vector<std::string> others = {}) {
    auto c = context();
    std::string arn;
    // The calls of the front door run inside the store's savepoint.
    store.call([&] {
      arn = *service
                 .request_certificate(c, {.domain_name = domain,
                                          .validation_method = "DNS",
                                          .subject_alternative_names = std::move(others),
                                          .key_algorithm = "EC_prime256v1"})
                 .certificate_arn;
    });
    return arn;
  }
  cm::CertificateDetail describe(const std::string& arn) {
    auto c = context();
    return *service.describe_certificate(c, {.certificate_arn = arn}).certificate;
  }
  void publish(const std::string& arn) {
    const auto described = describe(arn);
    for (const auto& option : *described.domain_validation_options)
      dns.records[*option.resource_record->name] = *option.resource_record->value;
    service.notice();
  }
  bool issued(const std::string& arn) {
    return loop.advance_until([&] { return describe(arn).status == "ISSUED"; }, minutes(2));
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

TEST_F(Certificates, are_issued_only_after_every_record_resolves) {
  const auto arn = request("example.com", {"*.example.com", "other.test"});
  loop.advance(hours(2));
  EXPECT_EQ(describe(arn).status, "PENDING_VALIDATION");
  EXPECT_GT(dns.asked, 100);
  const auto options = *describe(arn).domain_validation_options;
  ASSERT_EQ(options.size(), 3U);
  // A wildcard's record is its domain's.
  EXPECT_EQ(options[0].resource_record->name, options[1].resource_record->name);
  dns.records[*options[0].resource_record->name] = *options[0].resource_record->value;
  loop.advance(minutes(2));
  EXPECT_EQ(describe(arn).status, "PENDING_VALIDATION");
  EXPECT_EQ((*describe(arn).domain_validation_options)[0].validation_status, "SUCCESS");
  EXPECT_EQ((*describe(arn).domain_validation_options)[2].validation_status, "PENDING_VALIDATION");
  // A record that leads elsewhere proves nothing.
  dns.records[*options[2].resource_record->name] = "_elsewhere.acm-validations.aws.";
  loop.advance(minutes(2));
  EXPECT_EQ(describe(arn).status, "PENDING_VALIDATION");
  publish(arn);
  ASSERT_TRUE(issued(arn));
  EXPECT_EQ(told, std::vector<std::string>{arn});
  const auto described = x509::describe(service.pem("000000000000", "us-east-1", arn));
  EXPECT_EQ(described->names, (std::vector<std::string>{"example.com", "*.example.com", "other.test"}));
  // Certificates count whole seconds.
  EXPECT_NEAR((*describe(arn).not_after - *describe(arn).issued_at) / hours(1), 24 * 395, 1);
}

TEST_F(Certificates, carry_a_key_that_fits_and_a_chain_that_leads_to_the_root) {
  const auto arn = request("example.com");
  publish(arn);
  ASSERT_TRUE(issued(arn));
  auto c = context();
  const auto got = service.get_certificate(c, {.certificate_arn = arn});
  EXPECT_EQ(got.certificate_chain, service.root_certificate());
  EXPECT_TRUE(x509::verifies(*got.certificate, *got.certificate_chain));
  const auto pem = service.pem("000000000000", "us-east-1", arn);
  EXPECT_TRUE(x509::belongs(*got.certificate, pem.substr(pem.find("-----BEGIN PRIVATE"))));
  auto rows = store.sql().query("SELECT body FROM acm_certificates");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(0).find("PRIVATE"), std::string::npos);
}

TEST_F(Certificates, time_out_after_three_days_without_a_record) {
  const auto arn = request("example.com");
  loop.advance(hours(71));
  EXPECT_EQ(describe(arn).status, "PENDING_VALIDATION");
  loop.advance(hours(1) + minutes(2));
  EXPECT_EQ(describe(arn).status, "VALIDATION_TIMED_OUT");
  publish(arn);
  loop.advance(hours(1));
  EXPECT_EQ(describe(arn).status, "VALIDATION_TIMED_OUT");
}

TEST_F(Certificates, renew_sixty_days_before_they_expire_where_in_use_and_the_record_still_stands) {
  const auto kept = request("kept.test"), lost = request("lost.test"), idle = request("idle.test");
  for (const auto& arn : {kept, lost, idle}) {
    publish(arn);
    ASSERT_TRUE(issued(arn));
  }
  users.used = {kept, lost};
  dns.records.erase(*(*describe(lost).domain_validation_options)[0].resource_record->name);
  const auto serial = *describe(kept).serial;
  const auto before = *describe(kept).not_after;
  told.clear();
  const auto days_left = [&](int days) { loop.advance(before - hours(24 * days) - loop.now()); };
  days_left(61);
  EXPECT_EQ(*describe(kept).serial, serial);
  days_left(59);
  EXPECT_NE(*describe(kept).serial, serial);
  EXPECT_GT(*describe(kept).not_after, before);
  EXPECT_EQ(describe(kept).renewal_summary->renewal_status, "SUCCESS");
  EXPECT_EQ(told, std::vector<std::string>{kept});
  EXPECT_EQ(describe(lost).renewal_summary->renewal_status, "PENDING_VALIDATION");
  days_left(-1);
  EXPECT_EQ(describe(kept).status, "ISSUED");
  EXPECT_EQ(describe(lost).status, "EXPIRED");
  EXPECT_EQ(describe(idle).status, "EXPIRED");
}

TEST_F(Certificates, in_use_are_not_deleted) {
  const auto arn = request("example.com");
  auto c = context();
  users.used.insert(arn);
  EXPECT_EQ(code_of([&] { service.delete_certificate(c, {.certificate_arn = arn}); }), "ResourceInUseException");
  users.used.clear();
  service.delete_certificate(c, {.certificate_arn = arn});
  EXPECT_EQ(code_of([&] { describe(arn); }), "ResourceNotFoundException");
}

TEST_F(Certificates, are_imported_only_whole) {
  const auto root = x509::make_root("Elsewhere", loop.now() - hours(1), loop.now() + hours(240));
  const auto key = x509::make_key("EC_prime256v1"), other_key = x509::make_key("EC_prime256v1");
  const auto body =
      x509::issue(root, key, {"imported.test"}, std::string(16, '\x11'), loop.now() - hours(1), loop.now() + hours(48));
  auto c = context();
  const auto import = [&](const std::string& certificate, const std::string& private_key, const std::string& chain) {
    return *service
                .import_certificate(c, {.certificate = Blob{certificate},
                                        .private_key = Blob{private_key},
                                        .certificate_chain = chain.empty() ? std::nullopt : std::optional(Blob{chain})})
                .certificate_arn;
  };
  for (const auto& [certificate, private_key, chain] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"junk", key, ""},
                                                                      {body + body, key, ""},
                                                                      {body, "junk", ""},
                                                                      {body, other_key, ""},
                                                                      {body, key, service.root_certificate()},
                                                                      {body, key, "junk"}})
    EXPECT_EQ(code_of([&] { import(certificate, private_key, chain); }), "ValidationException");
  const auto arn = import(body, key, root.certificate);
  EXPECT_EQ(describe(arn).type, "IMPORTED");
  EXPECT_EQ(describe(arn).subject_alternative_names, (std::vector<std::string>{"imported.test"}));
  EXPECT_EQ(service.pem("000000000000", "us-east-1", arn), body + root.certificate + key);
  loop.advance(hours(49));
  EXPECT_EQ(describe(arn).status, "EXPIRED");
}

/// Whatever DNS loses and however often the daemon looks: a certificate is issued where its record stands, and never
/// before.
TEST_F(Certificates, come_through_seeds_of_lost_answers) {
  for (int seed = 0; seed < 40; ++seed) {
    dns.loss_percent = random.below(90);
    const auto arn = request("seed" + std::to_string(seed) + ".test");
    const auto published_at = loop.now() + minutes(random.below(120));
    while (loop.now() < published_at) {
      loop.advance(minutes(1));
      ASSERT_EQ(describe(arn).status, "PENDING_VALIDATION") << seed;
    }
    publish(arn);
    ASSERT_TRUE(loop.advance_until([&] { return describe(arn).status == "ISSUED"; }, hours(4), minutes(1))) << seed;
  }
}

}  // namespace
}  // namespace stratus::services::acm
