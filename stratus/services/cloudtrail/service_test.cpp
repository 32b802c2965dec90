#include "stratus/services/cloudtrail/service.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <boost/json.hpp>

#include "stratus/core/crypto.h"
#include "stratus/core/process.h"
#include "stratus/core/simulated_loop.h"
#include "stratus/services/cloudtrail/gzip.h"

namespace stratus::services::cloudtrail {
namespace {

namespace json = boost::json;
constexpr const char* kAccount = "000000000000";

struct FakeBuckets final : Buckets {
  struct Object {
    std::string bucket, key, bytes;
    std::map<std::string, std::string> metadata;
  };
  bool exists(const std::string& bucket) override { return bucket.starts_with("b"); }
  bool lets_trail_write(const std::string&, const std::string& bucket, const std::string&,
                        const std::string&) override {
    return bucket != "b-without-policy";
  }
  void put(const std::string&, const std::string&, const std::string& bucket, const std::string& key, std::string bytes,
           const std::string&, const std::map<std::string, std::string>& metadata) override {
    if (refusing) throw aws::Error("AccessDenied", 403, "Access Denied");
    objects.push_back({bucket, key, std::move(bytes), metadata});
  }
  std::vector<Object> objects;
  bool refusing = false;
};

struct NoOutbound final : sns::Outbound {
  void post(sns::HttpPost, std::function<void(sns::HttpOutcome)> done) override { done({200, ""}); }
};
struct NoMail final : sns::Mail {
  void deliver(const std::string&, std::string message, std::function<void(Result<>)> done) override {
    mails.push_back(std::move(message));
    done({});
  }
  std::vector<std::string> mails;
};
struct NoTasks final : events::Tasks {
  void run(const events::RunTask&) override {}
};

struct CloudTrail : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{13};
  iam::Service iam{loop, store, random, {}};
  kms::Service kms{loop, store, random};
  logs::Service logs{loop, store, random, kms};
  NoOutbound outbound;
  NoMail mail;
  sns::Service sns{loop, store, random, kms, outbound, mail};
  NoTasks tasks;
  events::Service events{loop, store, random, iam, logs, sns, tasks};
  FakeBuckets buckets;
  Service service{loop, store, random, iam, logs, sns, events, buckets, {}};

  void SetUp() override { service.start(); }
  aws::Context context(const std::string& region = "us-east-1") {
    aws::Context c;
    c.account = kAccount;
    c.region = region;
    c.request_id = "r";
    c.source_ip = "127.0.0.1";
    c.now = loop.now();
    c.identity = {aws::Identity::Kind::root, kAccount, "arn:aws:iam::000000000000:root", kAccount, "000000000000"};
    return c;
  }
  void call(const std::string& operation, bool read_only, const std::string& request = "{}",
            const std::string& region = "us-east-1", const char* service_name = "kms") {
    auto c = context(region);
    static aws::ServiceModel model;
    model.name = service_name;
    const std::string source = std::string(service_name) + ".amazonaws.com";
    model.event_source = source.c_str();
    wire::CallRecord record{&c, &model, operation, read_only, request, "", "", ""};
    service.record(record);
  }
  std::string trail(const std::string& name, std::function<void(ct::CreateTrailRequest&)> change = nullptr) {
    auto c = context();
    ct::CreateTrailRequest request{.name = name, .s3_bucket_name = "bucket"};
    if (change) change(request);
    service.create_trail(c, request);
    service.start_logging(c, {.name = name});
    return name;
  }
  json::array records(std::size_t object) const {
    const auto text = run({.argv = {"gzip", "-dc"}, .input = buckets.objects.at(object).bytes});
    return json::parse(text.value().output).at("Records").as_array();
  }
  std::vector<std::string> names(std::size_t object) const {
    std::vector<std::string> out;
    const auto list = records(object);
    for (const auto& item : list) out.emplace_back(item.at("eventName").as_string());
    return out;
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

TEST_F(CloudTrail, a_trail_carries_what_happens_while_it_logs) {
  call("Before", false);
  trail("trail");
  call("CreateKey", false, R"({"Description":"x","Tags":[{"TagKey":"Upper","TagValue":"\"Quoted\":"}]})");
  call("ListKeys", true);
  loop.advance(std::chrono::minutes(4));
  EXPECT_TRUE(buckets.objects.empty());
  loop.advance(std::chrono::minutes(2));
  ASSERT_EQ(buckets.objects.size(), 1U);
  EXPECT_TRUE(buckets.objects[0].key.starts_with(
      "AWSLogs/000000000000/CloudTrail/us-east-1/2026/01/01/000000000000_CloudTrail_us-east-1_20260101T0005Z_"))
      << buckets.objects[0].key;
  EXPECT_TRUE(buckets.objects[0].key.ends_with(".json.gz"));
  EXPECT_EQ(names(0), (std::vector<std::string>{"CreateKey", "ListKeys"}));
  const auto record = records(0)[0];
  EXPECT_EQ(record.at("requestParameters").at("description"), "x");
  EXPECT_EQ(record.at("requestParameters").at("tags").at(0).at("tagValue"), "\"Quoted\":");
  EXPECT_EQ(record.at("eventTime"), "2026-01-01T00:00:00Z");
  loop.advance(std::chrono::minutes(30));
  EXPECT_EQ(buckets.objects.size(), 1U);
  auto c = context();
  call("Last", false);
  service.stop_logging(c, {.name = "trail"});
  call("After", false);
  loop.advance(std::chrono::minutes(30));
  ASSERT_EQ(buckets.objects.size(), 2U);
  EXPECT_EQ(names(1), std::vector<std::string>{"Last"});
}

TEST_F(CloudTrail, what_a_bucket_refuses_is_brought_again) {
  trail("trail");
  buckets.refusing = true;
  call("CreateKey", false);
  loop.advance(std::chrono::minutes(6));
  auto c = context();
  EXPECT_EQ(service.get_trail_status(c, {.name = "trail"}).latest_delivery_error, "AccessDenied");
  buckets.refusing = false;
  call("ListKeys", true);
  loop.advance(std::chrono::minutes(6));
  ASSERT_EQ(buckets.objects.size(), 1U);
  EXPECT_EQ(names(0), (std::vector<std::string>{"CreateKey", "ListKeys"}));
  EXPECT_FALSE(service.get_trail_status(c, {.name = "trail"}).latest_delivery_error);
}

TEST_F(CloudTrail, regions_lie_apart_and_a_trail_of_one_region_sees_only_its_own) {
  trail("one");
  trail("every", [](auto& r) { r.is_multi_region_trail = true, r.s3_key_prefix = "p"; });
  call("Here", false);
  call("There", false, "{}", "eu-west-1");
  loop.advance(std::chrono::minutes(6));
  std::vector<std::string> keys;
  for (const auto& object : buckets.objects) keys.push_back(object.key.substr(0, object.key.find("/2026")));
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys, (std::vector<std::string>{"AWSLogs/000000000000/CloudTrail/us-east-1",
                                            "p/AWSLogs/000000000000/CloudTrail/eu-west-1",
                                            "p/AWSLogs/000000000000/CloudTrail/us-east-1"}));
}

TEST_F(CloudTrail, selectors_are_obeyed) {
  trail("writes");
  auto c = context();
  service.put_event_selectors(
      c, {.trail_name = "writes",
          .event_selectors = {
              {{.read_write_type = "WriteOnly", .exclude_management_event_sources = {{"kms.amazonaws.com"}}}}}});
  trail("objects");
  service.put_event_selectors(
      c, {.trail_name = "objects",
          .advanced_event_selectors = {
              {{.field_selectors = {{{.field = "eventCategory", .equals = {{"Data"}}},
                                     {.field = "resources.type", .equals = {{"AWS::S3::Object"}}},
                                     {.field = "resources.ARN", .starts_with = {{"arn:aws:s3:::mine/"}}}}}}}}});
  call("CreateKey", false);
  call("CreateCluster", false, "{}", "us-east-1", "ecs");
  call("ListClusters", true, "{}", "us-east-1", "ecs");
  call("PutObject", false, R"({"Bucket":"mine","Key":"a"})", "us-east-1", "s3");
  call("PutObject", false, R"({"Bucket":"yours","Key":"a"})", "us-east-1", "s3");
  loop.advance(std::chrono::minutes(6));
  ASSERT_EQ(buckets.objects.size(), 2U);
  std::set<std::vector<std::string>> seen = {names(0), names(1)};
  EXPECT_EQ(seen, (std::set<std::vector<std::string>>{{"CreateCluster"}, {"PutObject"}}));
  EXPECT_EQ(
      service
          .lookup_events(c, {.lookup_attributes = {{{.attribute_key = "EventName", .attribute_value = "PutObject"}}}})
          .events->size(),
      0U);
  EXPECT_EQ(code_of([&] { service.put_event_selectors(c, {.trail_name = "writes"}); }),
            "InvalidEventSelectorsException");
}

TEST_F(CloudTrail, what_people_say_over_a_topic_is_hidden) {
  trail("topics");
  auto c = context();
  service.put_event_selectors(
      c, {.trail_name = "topics",
          .advanced_event_selectors = {
              {{.field_selectors = {{{.field = "eventCategory", .equals = {{"Data"}}},
                                     {.field = "resources.type", .equals = {{"AWS::SNS::Topic"}}}}}}}}});
  call("Publish", false, R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:t","Message":"private"})", "us-east-1",
       "sns");
  loop.advance(std::chrono::minutes(6));
  ASSERT_EQ(buckets.objects.size(), 1U);
  const auto record = records(0)[0];
  EXPECT_EQ(record.at("requestParameters").at("message"), "HIDDEN_DUE_TO_SECURITY_REASONS");
  EXPECT_EQ(record.at("requestParameters").at("topicArn"), "arn:aws:sns:us-east-1:000000000000:t");
  EXPECT_EQ(record.at("resources").at(0).at("ARN"), "arn:aws:sns:us-east-1:000000000000:t");
  EXPECT_EQ(record.at("eventCategory"), "Data");
}

TEST_F(CloudTrail, a_refused_lookup_loses_nothing) {
  call("ListKeys", true);
  auto c = context();
  EXPECT_EQ(code_of([&] { store.call([&] { service.lookup_events(c, {.next_token = "x"}); }); }),
            "InvalidNextTokenException");
  EXPECT_EQ(service.lookup_events(c, {}).events->size(), 1U);
}

TEST_F(CloudTrail, digests_chain_and_verify) {
  trail("trail", [](auto& r) { r.enable_log_file_validation = true; });
  call("CreateKey", false);
  loop.advance(std::chrono::hours(2) + std::chrono::minutes(10));
  std::vector<const FakeBuckets::Object*> digests;
  for (const auto& object : buckets.objects)
    if (object.key.find("CloudTrail-Digest") != std::string::npos) digests.push_back(&object);
  ASSERT_EQ(digests.size(), 2U);
  auto c = context();
  const auto keys = service.list_public_keys(c, {}).public_key_list.value();
  ASSERT_EQ(keys.size(), 1U);
  const auto* bytes = reinterpret_cast<const unsigned char*>(keys[0].value->bytes.data());
  EVP_PKEY* key = d2i_PublicKey(EVP_PKEY_RSA, nullptr, &bytes, static_cast<long>(keys[0].value->bytes.size()));
  ASSERT_NE(key, nullptr);
  std::string previous = "null";
  for (const auto* object : digests) {
    const std::string text = run({.argv = {"gzip", "-dc"}, .input = object->bytes}).value().output;
    const auto digest = json::parse(text).as_object();
    EXPECT_EQ(digest.at("digestPublicKeyFingerprint"), json::value(*keys[0].fingerprint));
    EXPECT_EQ(digest.at("previousDigestSignature"), previous == "null" ? json::value() : json::value(previous));
    const std::string end(digest.at("digestEndTime").as_string());
    const std::string to_sign =
        end + "\n" + object->bucket + "/" + object->key + "\n" + crypto::sha256_hex(text) + "\n" + previous;
    std::string signature;
    previous = object->metadata.at("signature");
    for (std::size_t i = 0; i < previous.size(); i += 2)
      signature += static_cast<char>(std::stoi(previous.substr(i, 2), nullptr, 16));
    EVP_MD_CTX* verify = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(verify, nullptr, EVP_sha256(), nullptr, key);
    EXPECT_EQ(EVP_DigestVerify(verify, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                               reinterpret_cast<const unsigned char*>(to_sign.data()), to_sign.size()),
              1);
    EVP_MD_CTX_free(verify);
  }
  EVP_PKEY_free(key);
  const auto first = json::parse(run({.argv = {"gzip", "-dc"}, .input = digests[0]->bytes}).value().output);
  const auto file = run({.argv = {"gzip", "-dc"}, .input = buckets.objects[0].bytes}).value().output;
  EXPECT_EQ(first.at("logFiles").at(0).at("hashValue"), json::value(crypto::sha256_hex(file)));
}

TEST_F(CloudTrail, what_changes_is_written_in_the_changes_commit_and_reading_waits) {
  const auto written = [&] {
    auto rows = store.sql().query("SELECT COUNT(*) FROM cloudtrail_events");
    rows.step();
    return rows.integer(0);
  };
  store.commit();  // the tables
  call("ListKeys", true);
  EXPECT_EQ(written(), 0);
  EXPECT_FALSE(store.dirty());
  store.touch();  // a call that changed something
  call("CreateKey", false);
  EXPECT_EQ(written(), 2);
  call("ListKeys", true);
  EXPECT_EQ(written(), 3);  // the same turn's transaction takes it along
  loop.settle();
  call("ListKeys", true);
  EXPECT_EQ(written(), 3);
  loop.advance(std::chrono::seconds(2));
  EXPECT_EQ(written(), 4);
}

TEST_F(CloudTrail, events_are_forgotten_after_ninety_days) {
  call("CreateKey", false);
  loop.advance(std::chrono::hours(24 * 89));
  auto c = context();
  EXPECT_EQ(service.lookup_events(c, {}).events->size(), 1U);
  loop.advance(std::chrono::hours(49));
  EXPECT_EQ(service.lookup_events(c, {}).events->size(), 0U);
}

TEST_F(CloudTrail, destinations_are_checked_as_aws_does) {
  auto c = context();
  const auto create = [&](std::function<void(ct::CreateTrailRequest&)> change) {
    return code_of([&] {
      ct::CreateTrailRequest request{.name = "trail", .s3_bucket_name = "bucket"};
      change(request);
      service.create_trail(c, request);
    });
  };
  EXPECT_EQ(create([](auto& r) { r.s3_bucket_name = "none"; }), "S3BucketDoesNotExistException");
  EXPECT_EQ(create([](auto& r) { r.s3_bucket_name = "b-without-policy"; }), "InsufficientS3BucketPolicyException");
  EXPECT_EQ(create([](auto& r) { r.sns_topic_name = "t"; }), "InsufficientSnsTopicPolicyException");
  EXPECT_EQ(create([](auto& r) {
              r.cloud_watch_logs_log_group_arn = "arn:aws:logs:us-east-1:000000000000:log-group:g:*",
              r.cloud_watch_logs_role_arn = "arn:aws:iam::000000000000:role/none";
            }),
            "InvalidCloudWatchLogsLogGroupArnException");
  logs.create_group_if_missing(kAccount, "us-east-1", "g");
  EXPECT_EQ(create([](auto& r) {
              r.cloud_watch_logs_log_group_arn = "arn:aws:logs:us-east-1:000000000000:log-group:g:*",
              r.cloud_watch_logs_role_arn = "arn:aws:iam::000000000000:role/none";
            }),
            "InvalidCloudWatchLogsRoleArnException");
  EXPECT_EQ(create([](auto& r) { r.kms_key_id = "alias/x"; }), "NotImplemented");
  EXPECT_EQ(create([](auto&) {}), "");
  EXPECT_EQ(create([](auto&) {}), "TrailAlreadyExistsException");
}

TEST_F(CloudTrail, a_log_group_gets_the_events_in_the_roles_name) {
  auto c = context();
  logs.create_group_if_missing(kAccount, "us-east-1", "g");
  const auto role =
      *iam.create_role(
              c,
              {.role_name = "r",
               .assume_role_policy_document =
                   R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]})"})
           .role->arn;
  iam.put_role_policy(
      c,
      {.role_name = "r",
       .policy_name = "p",
       .policy_document =
           R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]})"});
  trail("trail", [&](auto& r) {
    r.cloud_watch_logs_log_group_arn = "arn:aws:logs:us-east-1:000000000000:log-group:g:*";
    r.cloud_watch_logs_role_arn = role;
  });
  call("CreateKey", false);
  loop.advance(std::chrono::minutes(6));
  const auto found =
      *logs.get_log_events(c, {.log_group_name = "g", .log_stream_name = "000000000000_CloudTrail_us-east-1"}).events;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(json::parse(*found[0].message).at("eventName"), "CreateKey");
  iam.delete_role_policy(c, {.role_name = "r", .policy_name = "p"});
  call("CreateKey", false);
  loop.advance(std::chrono::minutes(6));
  EXPECT_EQ(service.get_trail_status(c, {.name = "trail"}).latest_cloud_watch_logs_delivery_error, "AccessDenied");
}

TEST(CloudTrailRecords, write_members_as_cloudtrail_does) {
  EXPECT_EQ(lower_members(R"({"VpcId":"Name","Tags":[{"Key":"A:\"B\"","Value":"C"}]})"),
            R"({"vpcId":"Name","tags":[{"key":"A:\"B\"","value":"C"}]})");
}

}  // namespace
}  // namespace stratus::services::cloudtrail
