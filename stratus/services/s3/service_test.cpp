#include "stratus/services/s3/service.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "stratus/core/simulated_loop.h"
#include "stratus/services/s3/checksums.h"
#include "stratus/services/s3/names.h"

namespace stratus::services::s3 {
namespace {

struct S3 : testing::Test {
  std::string directory = [] {
    std::string path = testing::TempDir() + "stratus-s3-XXXXXX";
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    return path;
  }();
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{7};
  iam::Service iam{loop, store, random, {}};
  kms::Service kms{loop, store, random};
  Service service{loop, store, random, iam, kms, directory};
  aws::Context c;

  S3() {
    c.account = "000000000000";
    c.region = "us-east-1";
    c.identity = {aws::Identity::Kind::root, c.account, "arn:aws:iam::000000000000:root", c.account, "test"};
    c.now = loop.now();
    service.create_bucket(c, {.bucket = "bucket"});
  }
  ~S3() override { std::filesystem::remove_all(directory); }

  aws::Context now() {
    aws::Context out = c;
    out.now = loop.now();
    return out;
  }
  api::PutObjectOutput put(const std::string& key, const std::string& bytes) {
    auto context = now();
    return service.put_object(context, {.body = Blob{bytes}, .bucket = "bucket", .key = key});
  }
  std::string get(const std::string& key) {
    auto context = now();
    const auto out = service.get_object(context, {.bucket = "bucket", .key = key});
    if (!context.response_body.source) return out.body->bytes;
    std::string all, piece;
    while (all.size() < context.response_body.length && context.response_body.source->read(piece, 1 << 20))
      all += piece;
    return all;
  }
  std::size_t files() const {
    std::size_t out = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) out += entry.is_regular_file();
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

TEST_F(S3, sizes_around_a_chunk_come_back_whole) {
  for (const std::size_t size : {0U, 1U, 65535U, 65536U, 65537U, 131072U, 2'000'001U}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
    put("k", bytes);
    EXPECT_EQ(get("k"), bytes) << size;
  }
}

TEST_F(S3, a_replaced_object_leaves_no_file_behind) {
  put("k", "one");
  put("k", "two");
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(files(), 1U);
  service.delete_object(c, {.bucket = "bucket", .key = "k"});
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(files(), 0U);
}

TEST_F(S3, a_failed_call_keeps_the_old_object_and_its_file) {
  put("k", "one");
  loop.advance(std::chrono::seconds(1));
  EXPECT_THROW(store.call([&] {
    put("k", "two");
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(get("k"), "one");
}

TEST_F(S3, files_without_a_row_are_swept_at_the_start) {
  put("k", "one");
  loop.advance(std::chrono::seconds(1));
  Files stray(directory + "/objects", random);
  MemorySource bytes("left behind by a killed daemon");
  stray.write(bytes, std::string(32, 'k'), {});
  EXPECT_EQ(files(), 2U);
  service.start();
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(get("k"), "one");
}

TEST_F(S3, changed_bytes_on_disk_are_noticed) {
  put("k", std::string(100'000, 'x'));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), 65536 + 16);
  EXPECT_THROW(get("k"), aws::Error);
}

TEST_F(S3, a_reset_takes_objects_and_files_away) {
  service.start();
  put("k", "one");
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(files(), 1U);
  store.clear(c.account);
  loop.advance(std::chrono::hours(1));
  EXPECT_EQ(files(), 0U);
  EXPECT_FALSE(service.bucket_exists("bucket"));
}

TEST_F(S3, the_lifecycle_expires_objects_in_time) {
  service.start();
  put("tmp/a", "one");
  put("kept", "two");
  api::LifecycleRule rule;
  rule.status = "Enabled";
  rule.filter.emplace().prefix = "tmp/";
  rule.expiration.emplace().days = 2;
  service.put_bucket_lifecycle_configuration(c, {.bucket = "bucket", .lifecycle_configuration = {{.rules = {{rule}}}}});
  loop.advance(std::chrono::hours(47));
  EXPECT_EQ(get("tmp/a"), "one");
  loop.advance(std::chrono::hours(26));
  EXPECT_EQ(code_of([&] { get("tmp/a"); }), "NoSuchKey");
  EXPECT_EQ(get("kept"), "two");
}

TEST_F(S3, an_expired_object_of_a_versioned_bucket_is_hidden_not_lost) {
  service.start();
  service.put_bucket_versioning(c, {.bucket = "bucket", .versioning_configuration = {{.status = "Enabled"}}});
  const auto version = *put("a", "one").version_id;
  api::LifecycleRule rule;
  rule.status = "Enabled";
  rule.filter.emplace().prefix = "";
  rule.expiration.emplace().days = 1;
  service.put_bucket_lifecycle_configuration(c, {.bucket = "bucket", .lifecycle_configuration = {{.rules = {{rule}}}}});
  loop.advance(std::chrono::hours(49));
  EXPECT_EQ(code_of([&] { get("a"); }), "NoSuchKey");
  EXPECT_EQ(service.get_object(c, {.bucket = "bucket", .key = "a", .version_id = version}).body->bytes, "one");
}

TEST_F(S3, an_archived_object_is_readable_only_while_a_copy_is_restored) {
  auto context = now();
  service.put_object(context, {.body = Blob{"cold"}, .bucket = "bucket", .key = "k", .storage_class = "DEEP_ARCHIVE"});
  EXPECT_EQ(code_of([&] { get("k"); }), "InvalidObjectState");
  api::RestoreObjectRequest restore{.bucket = "bucket", .key = "k"};
  restore.restore_request.emplace().days = 1;
  service.restore_object(context, restore);
  EXPECT_EQ(context.response_status, 202);
  EXPECT_EQ(code_of([&] { service.restore_object(context, restore); }), "RestoreAlreadyInProgress");
  loop.advance(std::chrono::hours(11));
  EXPECT_EQ(code_of([&] { get("k"); }), "InvalidObjectState");
  loop.advance(std::chrono::hours(2));
  EXPECT_EQ(get("k"), "cold");
  loop.advance(std::chrono::hours(49));
  EXPECT_EQ(code_of([&] { get("k"); }), "InvalidObjectState") << "the copy's days are over";
}

TEST_F(S3, a_service_writes_only_where_the_policy_lets_it) {
  const auto deliver = [&] {
    service.put_object(c.account, c.region, "bucket", "AWSLogs/x.json", "{}", "application/json",
                       "cloudtrail.amazonaws.com");
  };
  EXPECT_EQ(code_of(deliver), "AccessDenied");
  service.put_bucket_policy(c, {.bucket = "bucket",
                                .policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
                                          R"({"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",)"
                                          R"("Resource":"arn:aws:s3:::bucket/AWSLogs/*","Condition":{"StringEquals":)"
                                          R"({"s3:x-amz-acl":"bucket-owner-full-control"}}}]})"});
  deliver();
  EXPECT_EQ(get("AWSLogs/x.json"), "{}");
  EXPECT_EQ(code_of([&] {
              service.put_object(c.account, c.region, "bucket", "elsewhere", "{}", "", "cloudtrail.amazonaws.com");
            }),
            "AccessDenied");
  EXPECT_EQ(code_of([&] {
              service.put_object(c.account, c.region, "bucket", "AWSLogs/y", "{}", "", "delivery.logs.amazonaws.com");
            }),
            "AccessDenied");
  EXPECT_EQ(code_of([&] { service.put_object(c.account, c.region, "none", "k", "", "", "x.amazonaws.com"); }),
            "NoSuchBucket");
}

TEST_F(S3, listings_of_many_keys_pass_common_prefixes_in_one_step) {
  store.call([&] {
    for (int folder = 0; folder < 3; ++folder)
      for (int i = 0; i < 40; ++i) put("f" + std::to_string(folder) + "/" + std::to_string(100 + i), "x");
  });
  const auto out = service.list_objects_v2(c, {.bucket = "bucket", .delimiter = "/"});
  ASSERT_EQ(out.common_prefixes->size(), 3U);
  EXPECT_EQ(out.common_prefixes->at(2).prefix, "f2/");
  const auto page = service.list_objects_v2(c, {.bucket = "bucket", .max_keys = 50});
  EXPECT_EQ(page.contents->size(), 50U);
  EXPECT_EQ(page.contents->back().key, "f1/109");
  EXPECT_TRUE(*page.is_truncated);
}

TEST(Names, only_what_a_host_name_may_hold) {
  for (const char* good : {"abc", "my-bucket.example", "1a2", "a.b.c", "192.168.1.300x"})
    EXPECT_TRUE(valid_bucket_name(good)) << good;
  for (const char* bad : {"ab", "Abc", "a_b", "-ab", "ab-", "a..b", "10.0.0.1", "xn--a", "x-s3alias"})
    EXPECT_FALSE(valid_bucket_name(bad)) << bad;
}

TEST(PublicPolicies, everyone_without_a_narrow_condition) {
  const auto with = [](const std::string& rest) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",)" + rest +
           "}]}";
  };
  EXPECT_TRUE(is_public(with(R"("Principal":"*")")));
  EXPECT_TRUE(is_public(with(R"("Principal":{"AWS":["*"]})")));
  EXPECT_FALSE(is_public(with(R"("Principal":{"AWS":"arn:aws:iam::123456789012:root"})")));
  EXPECT_FALSE(is_public(with(R"("Principal":{"Service":"cloudtrail.amazonaws.com"})")));
  EXPECT_FALSE(is_public(with(R"("Principal":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}})")));
  EXPECT_TRUE(is_public(with(R"("Principal":"*","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}})")));
  EXPECT_TRUE(is_public(with(R"("Principal":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}})")));
}

}  // namespace
}  // namespace stratus::services::s3
