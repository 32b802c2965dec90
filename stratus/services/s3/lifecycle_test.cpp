#include "stratus/services/s3/lifecycle.h"

#include <gtest/gtest.h>

namespace stratus::services::s3 {
namespace {

using Kind = LifecycleAction::Kind;
constexpr std::int64_t kDay = 86'400'000, kStart = 20'000 * kDay;  // a midnight, milliseconds

Timestamp day(double days) { return {kStart + static_cast<std::int64_t>(days * kDay)}; }

Version version(std::string key, Timestamp modified, bool latest = true, Timestamp superseded = {}) {
  Version out;
  out.key = std::move(key);
  out.modified = modified;
  out.latest = latest;
  out.superseded = superseded;
  out.size = 1 << 20;
  return out;
}

api::LifecycleRule rule(std::string prefix = "") {
  api::LifecycleRule out;
  out.id = "r";
  out.status = "Enabled";
  out.filter.emplace().prefix = std::move(prefix);
  return out;
}

std::vector<LifecycleAction> plan(const api::LifecycleRule& r, const std::vector<Version>& versions, Timestamp now) {
  return plan_lifecycle({r}, versions, now);
}

TEST(Lifecycle, an_object_expires_at_the_midnight_after_its_days) {
  auto r = rule("logs/");
  r.expiration.emplace().days = 3;
  const auto object = version("logs/a", day(0.5));
  EXPECT_TRUE(plan(r, {object}, day(3.9)).empty());
  EXPECT_EQ(plan(r, {object}, day(4)), (std::vector<LifecycleAction>{{Kind::expire, 0, ""}}));
  EXPECT_TRUE(plan(r, {version("other/a", day(0.5))}, day(9)).empty()) << "outside of the prefix";
  EXPECT_EQ(expiration({r}, object)->first, day(4));
  r.status = "Disabled";
  EXPECT_TRUE(plan(r, {object}, day(9)).empty());
}

TEST(Lifecycle, noncurrent_versions_go_by_age_and_by_count) {
  auto r = rule();
  auto& noncurrent = r.noncurrent_version_expiration.emplace();
  noncurrent.noncurrent_days = 2;
  const std::vector<Version> versions = {version("k", day(9)), version("k", day(5), false, day(9)),
                                         version("k", day(4), false, day(5)), version("k", day(3), false, day(4))};
  EXPECT_EQ(plan(r, versions, day(7)).size(), 2U) << "the younger noncurrent version stays";
  noncurrent.newer_noncurrent_versions = 2;
  EXPECT_EQ(plan(r, versions, day(7)), (std::vector<LifecycleAction>{{Kind::erase, 3, ""}}));
}

TEST(Lifecycle, a_delete_marker_goes_when_it_is_alone) {
  auto r = rule();
  r.expiration.emplace().expired_object_delete_marker = true;
  auto marker = version("k", day(1));
  marker.marker = true;
  EXPECT_TRUE(plan(r, {marker, version("k", day(0), false, day(1))}, day(5)).empty());
  EXPECT_EQ(plan(r, {marker}, day(5)), (std::vector<LifecycleAction>{{Kind::erase, 0, ""}}));
}

TEST(Lifecycle, filters_by_tag_and_size) {
  auto r = rule();
  r.filter->prefix.reset();
  auto& all = r.filter->and_.emplace();
  all.tags = {{{.key = "tmp", .value = "1"}}};
  all.object_size_greater_than = 100;
  r.expiration.emplace().days = 1;
  auto object = version("k", day(0));
  EXPECT_TRUE(plan(r, {object}, day(5)).empty());
  object.attributes.tags = {{.key = "tmp", .value = "1"}};
  EXPECT_EQ(plan(r, {object}, day(5)).size(), 1U);
  object.size = 100;
  EXPECT_TRUE(plan(r, {object}, day(5)).empty());
}

TEST(Lifecycle, transitions_only_go_to_colder_classes) {
  auto r = rule();
  r.transitions = {{{.days = 30, .storage_class = "STANDARD_IA"}, {.days = 60, .storage_class = "GLACIER_IR"}}};
  auto object = version("k", day(0));
  EXPECT_TRUE(plan(r, {object}, day(29)).empty());
  EXPECT_EQ(plan(r, {object}, day(30)), (std::vector<LifecycleAction>{{Kind::transition, 0, "STANDARD_IA"}}));
  EXPECT_EQ(plan(r, {object}, day(61)), (std::vector<LifecycleAction>{{Kind::transition, 0, "GLACIER_IR"}}));
  object.attributes.storage_class = "GLACIER_IR";
  EXPECT_TRUE(plan(r, {object}, day(61)).empty());
  auto small = version("k", day(0));
  small.size = 1000;
  EXPECT_TRUE(plan(r, {small}, day(61)).empty()) << "objects below 128 KiB stay where they are";
}

TEST(Lifecycle, unfinished_uploads_are_given_up) {
  auto r = rule("a/");
  r.abort_incomplete_multipart_upload.emplace().days_after_initiation = 1;
  const Upload upload{"u", 1, "a/k", day(0.5), {}};
  EXPECT_FALSE(abandons({r}, upload, day(1.9)));
  EXPECT_TRUE(abandons({r}, upload, day(2)));
  EXPECT_FALSE(abandons({r}, Upload{"u", 1, "b/k", day(0.5), {}}, day(2)));
}

}  // namespace
}  // namespace stratus::services::s3
