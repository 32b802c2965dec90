#include "stratus/services/ecr/lifecycle.h"

#include <gtest/gtest.h>

#include "stratus/core/error.h"

namespace stratus::services::ecr {
namespace {

constexpr std::int64_t kDay = 86'400'000;

std::vector<Image> images() {
  std::vector<Image> out;
  for (int i = 0; i < 6; ++i)
    out.push_back(
        {.repository = "r",
         .digest = "d" + std::to_string(i),
         .tags = i % 2 == 0 ? std::vector<std::string>{"dev-" + std::to_string(i)} : std::vector<std::string>{},
         .pushed = {i * kDay}});
  return out;
}

std::set<std::string> expire(const std::string& rules, const std::vector<Image>& all, std::int64_t now_days) {
  std::vector<const Image*> pointers;
  for (const auto& image : all) pointers.push_back(&image);
  return expired_images("{\"rules\":[" + rules + "]}", pointers, {now_days * kDay});
}

TEST(Lifecycle, keeps_the_newest_of_a_count_and_expires_by_age_and_tag) {
  const auto all = images();
  EXPECT_EQ(
      expire(
          R"({"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":4},"action":{"type":"expire"}})",
          all, 6),
      (std::set<std::string>{"d0", "d1"}));
  EXPECT_EQ(
      expire(
          R"({"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":2},"action":{"type":"expire"}})",
          all, 6),
      (std::set<std::string>{"d1", "d3"}));
  EXPECT_EQ(
      expire(
          R"({"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["dev-"],"countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}})",
          all, 6),
      (std::set<std::string>{"d0", "d2"}));
}

TEST(Lifecycle, an_image_belongs_to_the_first_rule_that_selects_it) {
  EXPECT_EQ(
      expire(
          R"({"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}},
                     {"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["dev-"],"countType":"imageCountMoreThan","countNumber":10},"action":{"type":"expire"}})",
          images(), 6),
      (std::set<std::string>{"d1", "d3"}));
}

TEST(Lifecycle, what_is_no_policy_is_refused) {
  for (
      const char* broken :
      {"", "{}", R"({"rules":[{}]})",
       R"({"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]})"})
    EXPECT_THROW(check_lifecycle_policy(broken), aws::Error) << broken;
}

}  // namespace
}  // namespace stratus::services::ecr
