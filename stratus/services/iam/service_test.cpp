#include "stratus/services/iam/service.h"

#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"

namespace stratus::services::iam {
namespace {

constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]})";
constexpr const char* kReadClusters =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:Describe*","Resource":"*"}]})";

struct Iam : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{9};
  Service service{loop, store, random, {}};
  Sts sts{loop, service};
  aws::Context c;

  Iam() {
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
    c.identity = service.find("test")->identity;
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

TEST_F(Iam, well_known_keys_are_roots_and_only_where_allowed) {
  EXPECT_EQ(service.find("123456789012")->identity.arn, "arn:aws:iam::123456789012:root");
  EXPECT_FALSE(service.find("12345"));
  state::Store other_store(loop, "");
  const Service strict(loop, other_store, random,
                       {.well_known_keys = false, .root_access_key = "AKIAROOT", .root_secret = "s"});
  EXPECT_FALSE(strict.find("test"));
  EXPECT_EQ(strict.find("AKIAROOT")->secret, "s");
}

TEST_F(Iam, a_user_may_do_what_its_policies_allow_and_nothing_else) {
  service.create_user(c, {.user_name = "ann"});
  service.create_group(c, {.group_name = "readers"});
  service.put_group_policy(c, {.group_name = "readers", .policy_name = "p", .policy_document = kReadClusters});
  const auto key = *service.create_access_key(c, {.user_name = "ann"}).access_key;
  const auto credential = service.find(*key.access_key_id);
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->secret, *key.secret_access_key);
  aws::Context as_ann = c;
  as_ann.service = "ecs";
  as_ann.identity = credential->identity;
  as_ann.identity.access_key_id = *key.access_key_id;
  EXPECT_EQ(code_of([&] { service.authorize(as_ann, "ecs:DescribeClusters", {"*"}); }), "AccessDenied");
  service.add_user_to_group(c, {.group_name = "readers", .user_name = "ann"});
  EXPECT_EQ(code_of([&] { service.authorize(as_ann, "ecs:DescribeClusters", {"*"}); }), "");
  EXPECT_EQ(code_of([&] { service.authorize(as_ann, "ecs:CreateCluster", {"*"}); }), "AccessDenied");
  service.update_access_key(c, {.user_name = "ann", .access_key_id = key.access_key_id, .status = "Inactive"});
  EXPECT_FALSE(service.find(*key.access_key_id));
}

TEST_F(Iam, a_role_is_assumed_by_whom_it_trusts_for_as_long_as_asked) {
  const auto arn = *service.create_role(c, {.role_name = "deploy", .assume_role_policy_document = kTrust}).role->arn;
  service.put_role_policy(c, {.role_name = "deploy", .policy_name = "p", .policy_document = kReadClusters});
  const auto session =
      *sts.assume_role(c, {.role_arn = arn, .role_session_name = "s", .duration_seconds = 900}).credentials;
  const auto credential = service.find(*session.access_key_id);
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->identity.arn, "arn:aws:sts::000000000000:assumed-role/deploy/s");
  EXPECT_EQ(*credential->expires - loop.now(), std::chrono::seconds(900));
  aws::Context stranger = c;
  stranger.identity.arn = "arn:aws:iam::999999999999:user/x";
  EXPECT_EQ(code_of([&] { sts.assume_role(stranger, {.role_arn = arn, .role_session_name = "s"}); }), "AccessDenied");
  EXPECT_TRUE(service.role_allows(arn, "ecs:DescribeTasks", "*"));
  EXPECT_FALSE(service.role_allows(arn, "ecs:RunTask", "*"));
}

TEST_F(Iam, a_password_that_expired_hard_is_not_the_user_s_to_change) {
  service.create_user(c, {.user_name = "ann"});
  service.create_login_profile(c, {.user_name = "ann", .password = "Tr0ub4dor&3x"});
  aws::Context as_ann = c;
  as_ann.identity.access_key_id = *service.create_access_key(c, {.user_name = "ann"}).access_key->access_key_id;
  const std::string id = as_ann.identity.access_key_id;
  as_ann.identity = service.find(id)->identity;
  as_ann.identity.access_key_id = id;
  const auto change = [&](const std::string& from, const std::string& to) {
    as_ann.now = loop.now();
    return code_of([&] { service.change_password(as_ann, {.old_password = from, .new_password = to}); });
  };
  loop.advance(std::chrono::hours(24 * 31));
  service.update_account_password_policy(c, {.max_password_age = 30, .hard_expiry = false});
  EXPECT_EQ(change("Tr0ub4dor&3x", "Tr0ub4dor&3y"), "") << "an expired one may be changed";
  loop.advance(std::chrono::hours(24 * 31));
  service.update_account_password_policy(c, {.max_password_age = 30, .hard_expiry = true});
  EXPECT_EQ(change("Tr0ub4dor&3y", "Tr0ub4dor&3z"), "AccessDenied");
  c.now = loop.now();
  service.update_login_profile(c, {.user_name = "ann", .password = "Tr0ub4dor&3z"});
  EXPECT_EQ(change("Tr0ub4dor&3z", "Tr0ub4dor&3w"), "");
}

TEST_F(Iam, what_is_in_use_cannot_be_deleted) {
  service.create_role(c, {.role_name = "r", .assume_role_policy_document = kTrust});
  const auto policy = *service.create_policy(c, {.policy_name = "p", .policy_document = kReadClusters}).policy->arn;
  service.attach_role_policy(c, {.role_name = "r", .policy_arn = policy});
  EXPECT_EQ(code_of([&] { service.delete_role(c, {.role_name = "r"}); }), "DeleteConflict");
  EXPECT_EQ(code_of([&] { service.delete_policy(c, {.policy_arn = policy}); }), "DeleteConflict");
  service.detach_role_policy(c, {.role_name = "r", .policy_arn = policy});
  service.delete_policy(c, {.policy_arn = policy});
  service.delete_role(c, {.role_name = "r"});
  EXPECT_EQ(code_of([&] { service.get_role(c, {.role_name = "r"}); }), "NoSuchEntity");
  EXPECT_EQ(code_of([&] { service.create_role(c, {.role_name = "x", .assume_role_policy_document = "{}"}); }),
            "MalformedPolicyDocument");
}

}  // namespace
}  // namespace stratus::services::iam
