#include "stratus/services/iam/totp.h"

#include <gtest/gtest.h>

namespace stratus::services::iam::totp {
namespace {

const std::string kSeed = "12345678901234567890";

TEST(Totp, shows_the_codes_of_the_standard) {  // RFC 6238, appendix B, the last six digits
  const std::pair<std::int64_t, const char*> cases[] = {
      {59, "287082"}, {1'111'111'109, "081804"}, {1'234'567'890, "005924"}, {2'000'000'000, "279037"}};
  for (const auto& [seconds, wanted] : cases) EXPECT_EQ(code(kSeed, seconds / 30), wanted) << seconds;
}

TEST(Totp, writes_seeds_in_base32) {  // RFC 4648, 10
  EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
  EXPECT_EQ(base32("fooba"), "MZXW6YTB");
}

TEST(Totp, takes_a_code_once_and_near_its_time_only) {
  const Timestamp now{59'000};
  const auto step = step_of(kSeed, "287082", step_at(now), 0);
  ASSERT_EQ(step, 1);
  EXPECT_EQ(step_of(kSeed, "287082", step_at(now), *step), std::nullopt);
  EXPECT_EQ(step_of(kSeed, "287082", step_at(Timestamp{59'000 + 61'000}), 0), std::nullopt);
  EXPECT_EQ(step_of(kSeed, "287082", step_at(Timestamp{59'000 + 61'000}), 0, 3), 1);
}

}  // namespace
}  // namespace stratus::services::iam::totp
