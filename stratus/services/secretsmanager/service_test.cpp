#include "stratus/services/secretsmanager/service.h"

#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"

namespace stratus::services::secretsmanager {
namespace {

struct Secrets : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{3};
  kms::Service kms{loop, store, random};
  Service service{loop, store, random, kms};
  aws::Context c;

  Secrets() {
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
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

TEST_F(Secrets, the_value_is_readable_by_name_arn_and_partial_arn_and_not_on_disk) {
  const auto created = service.create_secret(c, {.name = "app/key", .secret_string = "sk-12345"});
  const std::string arn = *created.arn;
  for (const std::string& id : {std::string("app/key"), arn, arn.substr(0, arn.size() - 7)})
    EXPECT_EQ(service.get_secret_value(c, {.secret_id = id}).secret_string, "sk-12345") << id;
  auto rows = store.sql().query("SELECT body FROM secretsmanager_secrets");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(0).find("sk-12345"), std::string::npos);
}

TEST_F(Secrets, a_new_value_takes_the_current_label_and_the_old_one_becomes_previous) {
  service.create_secret(c, {.name = "s", .secret_string = "one"});
  service.put_secret_value(c, {.secret_id = "s", .secret_string = "two"});
  service.put_secret_value(c, {.secret_id = "s", .secret_string = "three"});
  EXPECT_EQ(service.get_secret_value(c, {.secret_id = "s"}).secret_string, "three");
  EXPECT_EQ(service.get_secret_value(c, {.secret_id = "s", .version_stage = "AWSPREVIOUS"}).secret_string, "two");
  EXPECT_EQ(service.describe_secret(c, {.secret_id = "s"}).version_ids_to_stages->size(), 2U);
}

TEST_F(Secrets, a_request_token_repeats_quietly_and_conflicts_loudly) {
  service.create_secret(c, {.name = "s", .secret_string = "one"});
  const std::string token = "11111111-1111-4111-8111-111111111111";
  service.put_secret_value(c, {.secret_id = "s", .client_request_token = token, .secret_string = "two"});
  EXPECT_EQ(
      service.put_secret_value(c, {.secret_id = "s", .client_request_token = token, .secret_string = "two"}).version_id,
      token);
  EXPECT_EQ(code_of([&] {
              service.put_secret_value(c, {.secret_id = "s", .client_request_token = token, .secret_string = "x"});
            }),
            "ResourceExistsException");
}

TEST_F(Secrets, a_deleted_secret_is_closed_can_be_restored_and_goes_at_the_end_of_its_window) {
  service.start();
  service.create_secret(c, {.name = "s", .secret_string = "one"});
  service.delete_secret(c, {.secret_id = "s", .recovery_window_in_days = 7});
  EXPECT_EQ(code_of([&] { service.get_secret_value(c, {.secret_id = "s"}); }), "InvalidRequestException");
  EXPECT_EQ(code_of([&] { service.create_secret(c, {.name = "s"}); }), "InvalidRequestException");
  service.restore_secret(c, {.secret_id = "s"});
  EXPECT_EQ(service.get_secret_value(c, {.secret_id = "s"}).secret_string, "one");
  service.delete_secret(c, {.secret_id = "s", .recovery_window_in_days = 7});
  loop.advance(std::chrono::hours(24 * 7 + 1));
  EXPECT_EQ(code_of([&] { service.describe_secret(c, {.secret_id = "s"}); }), "ResourceNotFoundException");
}

TEST_F(Secrets, replicas_follow_their_primary_and_refuse_changes_of_their_own) {
  service.create_secret(c, {.name = "s", .secret_string = "one", .add_replica_regions = {{{.region = "us-west-2"}}}});
  auto west = c;
  west.region = "us-west-2";
  EXPECT_EQ(service.get_secret_value(west, {.secret_id = "s"}).secret_string, "one");
  service.put_secret_value(c, {.secret_id = "s", .secret_string = "two"});
  EXPECT_EQ(service.get_secret_value(west, {.secret_id = "s"}).secret_string, "two");
  EXPECT_EQ(code_of([&] { service.put_secret_value(west, {.secret_id = "s", .secret_string = "x"}); }),
            "InvalidRequestException");
  EXPECT_EQ(code_of([&] { service.delete_secret(c, {.secret_id = "s"}); }), "InvalidRequestException")
      << "it still has a replica";
  service.remove_regions_from_replication(c, {.secret_id = "s", .remove_replica_regions = {{"us-west-2"}}});
  EXPECT_EQ(code_of([&] { service.get_secret_value(west, {.secret_id = "s"}); }), "ResourceNotFoundException");
}

TEST_F(Secrets, a_replica_can_stand_on_its_own) {
  service.create_secret(c, {.name = "s", .secret_string = "one", .add_replica_regions = {{{.region = "us-west-2"}}}});
  auto west = c;
  west.region = "us-west-2";
  EXPECT_EQ(code_of([&] { service.stop_replication_to_replica(c, {.secret_id = "s"}); }), "InvalidRequestException");
  service.stop_replication_to_replica(west, {.secret_id = "s"});
  service.put_secret_value(west, {.secret_id = "s", .secret_string = "west"});
  service.put_secret_value(c, {.secret_id = "s", .secret_string = "east"});
  EXPECT_EQ(service.get_secret_value(west, {.secret_id = "s"}).secret_string, "west");
  EXPECT_EQ(service.get_secret_value(c, {.secret_id = "s"}).secret_string, "east");
  service.delete_secret(c, {.secret_id = "s", .force_delete_without_recovery = true});
}

TEST_F(Secrets, a_container_reference_may_name_a_json_key_and_a_label) {
  const auto arn = *service.create_secret(c, {.name = "s", .secret_string = R"({"user":"u","pass":"p1"})"}).arn;
  service.put_secret_value(c, {.secret_id = "s", .secret_string = R"({"user":"u","pass":"p2"})"});
  EXPECT_EQ(service.value_of(c.account, c.region, arn + ":pass::"), "p2");
  EXPECT_EQ(service.value_of(c.account, c.region, arn + ":pass:AWSPREVIOUS:"), "p1");
  EXPECT_EQ(code_of([&] { service.value_of(c.account, c.region, arn + ":other::"); }), "ResourceNotFoundException");
}

TEST_F(Secrets, a_value_under_a_disabled_customer_key_cannot_be_read) {
  const auto key = *kms.create_key(c, {}).key_metadata->key_id;
  service.create_secret(c, {.name = "s", .kms_key_id = key, .secret_string = "one"});
  EXPECT_EQ(service.get_secret_value(c, {.secret_id = "s"}).secret_string, "one");
  kms.disable_key(c, {.key_id = key});
  EXPECT_EQ(code_of([&] { service.get_secret_value(c, {.secret_id = "s"}); }), "DecryptionFailure");
}

TEST_F(Secrets, a_random_password_holds_each_kind_of_character) {
  const auto password =
      *service.get_random_password(c, {.password_length = 8, .exclude_characters = "abc"}).random_password;
  EXPECT_EQ(password.size(), 8U);
  EXPECT_NE(password.find_first_of("0123456789"), std::string::npos);
  EXPECT_EQ(password.find_first_of("abc"), std::string::npos);
}

}  // namespace
}  // namespace stratus::services::secretsmanager
