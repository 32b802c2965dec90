#include "stratus/services/cloudwatch/decision.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stratus::services::cloudwatch {
namespace {

/// "0 - X - X": oldest first, as AWS's tables show them.
std::vector<Point> points(const std::string& text) {
  std::vector<Point> out;
  for (const char c : text) {
    if (c == ' ') continue;
    Point point{.at = static_cast<std::int64_t>(out.size()) * 60,
                .value = std::nullopt,
                .sample_count = 0,
                .breaching = c == 'X'};
    if (c != '-') point.value = c == 'X' ? 1 : 0;
    out.push_back(point);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::string state(const std::string& text, int m, Missing missing, int n = 3) {
  switch (decide(points(text), n, m, missing).state) {
    case Verdict::State::ok:
      return "OK";
    case Verdict::State::alarm:
      return "ALARM";
    case Verdict::State::insufficient_data:
      return "INSUFFICIENT_DATA";
    default:
      return "retain";
  }
}

struct Row {
  const char* data;
  int filled;
  const char *missing, *ignore, *breaching, *not_breaching;
};

void check(const Row& row, int m) {
  SCOPED_TRACE(row.data);
  EXPECT_EQ(decide(points(row.data), 3, m, Missing::missing).filled, row.filled);
  EXPECT_EQ(state(row.data, m, Missing::missing), row.missing);
  EXPECT_EQ(state(row.data, m, Missing::ignore), row.ignore);
  EXPECT_EQ(state(row.data, m, Missing::breaching), row.breaching);
  EXPECT_EQ(state(row.data, m, Missing::not_breaching), row.not_breaching);
}

TEST(Decision, three_out_of_three_as_in_the_user_guide) {
  for (const Row& row :
       {Row{"0 - X - X", 0, "OK", "OK", "OK", "OK"}, Row{"0 - - - -", 2, "OK", "OK", "OK", "OK"},
        Row{"- - - - -", 3, "INSUFFICIENT_DATA", "retain", "ALARM", "OK"},
        Row{"0 X X - X", 0, "ALARM", "ALARM", "ALARM", "ALARM"}, Row{"- - X - -", 2, "ALARM", "retain", "ALARM", "OK"}})
    check(row, 3);
}

TEST(Decision, two_out_of_three_as_in_the_user_guide) {
  for (const Row& row :
       {Row{"0 - X - X", 0, "ALARM", "ALARM", "ALARM", "ALARM"},
        Row{"0 0 X 0 X", 0, "ALARM", "ALARM", "ALARM", "ALARM"}, Row{"0 - X - -", 1, "OK", "OK", "ALARM", "OK"},
        Row{"- - - - 0", 2, "OK", "OK", "ALARM", "OK"}, Row{"- - - X -", 2, "ALARM", "retain", "ALARM", "OK"}})
    check(row, 2);
}

TEST(Decision, a_young_breach_alone_is_no_alarm_yet) {
  EXPECT_EQ(state("- - - - X", 3, Missing::missing), "OK");
  EXPECT_EQ(state("- - - X -", 3, Missing::missing), "OK");
  EXPECT_EQ(state("- - X - -", 3, Missing::missing), "ALARM");
  EXPECT_EQ(state("- - X - 0", 3, Missing::missing), "OK");
}

TEST(Decision, one_period_needs_one_point) {
  EXPECT_EQ(state("- - X", 1, Missing::missing, 1), "ALARM");
  EXPECT_EQ(state("X - -", 1, Missing::missing, 1), "ALARM");
  EXPECT_EQ(state("X - 0", 1, Missing::missing, 1), "OK");
  EXPECT_EQ(state("- - -", 1, Missing::missing, 1), "INSUFFICIENT_DATA");
}

TEST(Decision, operators_compare_as_they_are_named) {
  const struct {
    const char* op;
    bool below, equal, above;
  } cases[] = {{"GreaterThanThreshold", false, false, true},
               {"GreaterThanOrEqualToThreshold", false, true, true},
               {"LessThanThreshold", true, false, false},
               {"LessThanOrEqualToThreshold", true, true, false}};
  for (const auto& c : cases) {
    EXPECT_EQ(breaches(c.op, 1, 2), c.below) << c.op;
    EXPECT_EQ(breaches(c.op, 2, 2), c.equal) << c.op;
    EXPECT_EQ(breaches(c.op, 3, 2), c.above) << c.op;
  }
}

TEST(Decision, rare_percentiles_need_many_samples) {
  EXPECT_TRUE(too_few_samples(99, 999));
  EXPECT_FALSE(too_few_samples(99, 1001));
  EXPECT_TRUE(too_few_samples(50, 19));
  EXPECT_FALSE(too_few_samples(50, 20));
  EXPECT_TRUE(too_few_samples(10, 99));
  EXPECT_FALSE(too_few_samples(10, 100));
}

}  // namespace
}  // namespace stratus::services::cloudwatch
