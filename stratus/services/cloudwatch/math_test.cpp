#include "stratus/services/cloudwatch/math.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stratus/services/cloudwatch/aggregate.h"
#include "stratus/services/cloudwatch/rule.h"
#include "stratus/services/cloudwatch/statistic.h"

namespace stratus::services::cloudwatch {
namespace {

struct Math : testing::Test {
  std::map<std::string, MathValue> values = {
      {"a", MathValue::of(NamedSeries{"a", 60, {{0, 1}, {60, 2}, {120, 4}, {240, 8}}})},
      {"b", MathValue::of(NamedSeries{"b", 60, {{0, 10}, {120, 0}, {180, 30}, {240, 40}}})},
      {"empty", MathValue::of(NamedSeries{"empty", 60, {}})}};
  MathScope scope;

  Math() {
    scope.start = 0;
    scope.end = 300;
    scope.find = [this](const std::string& id) -> const MathValue& {
      const auto found = values.find(id);
      if (found == values.end()) throw ExpressionError("Unknown id '" + id + "'");
      return found->second;
    };
    scope.metrics = [this](const std::string& part) {
      std::vector<NamedSeries> out;
      for (const auto& [id, value] : values)
        if (id.find(part) != std::string::npos) out.push_back(value.series.front());
      return out;
    };
  }
  MathValue value(const std::string& text) {
    const Expression expression = parse_expression(text);
    check_functions(expression);
    return evaluate(expression, scope);
  }
  double number(const std::string& text) {
    const MathValue out = value(text);
    EXPECT_EQ(out.kind, MathValue::Kind::scalar) << text;
    return out.scalar;
  }
  Series series(const std::string& text) {
    const MathValue out = value(text);
    EXPECT_EQ(out.kind, MathValue::Kind::series) << text;
    return out.series.empty() ? Series{} : out.series.front().values;
  }
  std::string error(const std::string& text) {
    try {
      value(text);
    } catch (const ExpressionError& e) {
      return e.what();
    }
    return "";
  }
};

TEST_F(Math, operators_bind_as_in_arithmetic) {
  EXPECT_EQ(number("1 + 2 * 3"), 7);
  EXPECT_EQ(number("(1 + 2) * 3"), 9);
  EXPECT_EQ(number("2 ^ 3 ^ 2"), 512);
  EXPECT_EQ(number("10 - 4 - 3"), 3);
  EXPECT_EQ(number("3 > 2 AND 2 > 3 OR 1"), 1);
  EXPECT_EQ(number("0 OR 1 && 0 || 0"), 0);
  EXPECT_EQ(number("-2 + 5"), 3);
  EXPECT_EQ(number("1.5e2"), 150);
}

TEST_F(Math, series_meet_where_both_have_data) {
  EXPECT_EQ(series("a + b"), (Series{{0, 11}, {120, 4}, {240, 48}}));
  EXPECT_EQ(series("a / b"), (Series{{0, 0.1}, {240, 0.2}}));  // division by zero is no data
  EXPECT_EQ(series("a > 1"), (Series{{0, 0}, {60, 1}, {120, 1}, {240, 1}}));
  EXPECT_EQ(series("1 - a"), (Series{{0, 0}, {60, -1}, {120, -3}, {240, -7}}));
}

TEST_F(Math, a_series_becomes_a_number_and_an_array_a_series) {
  EXPECT_EQ(number("SUM(a)"), 15);
  EXPECT_EQ(number("AVG(a)"), 3.75);
  EXPECT_EQ(number("MIN(a) + MAX(a)"), 9);
  EXPECT_DOUBLE_EQ(number("STDDEV(a)"), std::sqrt((2.75 * 2.75 + 1.75 * 1.75 + 0.25 * 0.25 + 4.25 * 4.25) / 4));
}

TEST_F(Math, arrays_are_reduced_at_each_instant) {
  EXPECT_EQ(series("SUM([a, b])"), (Series{{0, 11}, {60, 2}, {120, 4}, {180, 30}, {240, 48}}));
  EXPECT_EQ(series("SUM(METRICS())"), series("SUM([a, b, empty])"));
  EXPECT_EQ(series("MAX(METRICS(\"a\"))"), series("a + 0"));
  EXPECT_EQ(series("AVG([a, b])").at(0), 5.5);
  EXPECT_EQ(number("METRIC_COUNT(METRICS())"), 3);
  EXPECT_EQ(number("METRIC_COUNT(REMOVE_EMPTY(METRICS()))"), 2);
}

TEST_F(Math, gaps_are_filled) {
  EXPECT_EQ(series("FILL(a, 0)"), (Series{{0, 1}, {60, 2}, {120, 4}, {180, 0}, {240, 8}}));
  EXPECT_EQ(series("FILL(a, REPEAT)").at(180), 4);
  EXPECT_EQ(series("FILL(a, LINEAR)").at(180), 6);
  EXPECT_EQ(series("FILL(a, b)").at(180), 30);
  EXPECT_EQ(series("FILL(empty, 7)").size(), 5u);
  EXPECT_EQ(series("FILL(b, REPEAT)").at(60), 10);
}

TEST_F(Math, changes_are_told_by_difference_and_rate) {
  EXPECT_EQ(series("DIFF(a)"), (Series{{60, 1}, {120, 2}, {240, 4}}));
  EXPECT_EQ(series("DIFF_TIME(a)"), (Series{{60, 60}, {120, 60}, {240, 120}}));
  EXPECT_DOUBLE_EQ(series("RATE(a)").at(240), 4.0 / 120);
  EXPECT_EQ(series("RUNNING_SUM(a)").at(240), 15);
  EXPECT_EQ(number("PERIOD(a)"), 60);
}

TEST_F(Math, if_chooses_at_each_instant) {
  EXPECT_EQ(series("IF(a > 1, a, 0)"), (Series{{0, 0}, {60, 2}, {120, 4}, {240, 8}}));
  EXPECT_EQ(series("IF(a > 1, b)"), (Series{{120, 0}, {240, 40}}));
  EXPECT_EQ(series("IF(1, a, b)"), series("a + 0"));
  EXPECT_EQ(series("IF(0, a, b)"), series("b + 0"));
}

TEST_F(Math, rounding_and_logarithms) {
  EXPECT_EQ(series("CEIL(a / 3)").at(60), 1);
  EXPECT_EQ(series("FLOOR(a / 3)").at(60), 0);
  EXPECT_EQ(series("ABS(a - 3)").at(0), 2);
  EXPECT_NEAR(series("LOG10(b)").at(240), std::log10(40), 1e-12);
  EXPECT_EQ(series("LOG10(b)").count(120), 0u);  // of 0 there is none
}

TEST_F(Math, arrays_are_sorted_and_sliced) {
  EXPECT_EQ(series("FIRST(SORT([a, b], SUM, DESC))"), series("b + 0"));
  EXPECT_EQ(series("LAST(SORT([a, b], SUM, DESC))"), series("a + 0"));
  EXPECT_EQ(series("SLICE([a, b], 1)"), series("b + 0"));
  EXPECT_EQ(value("SLICE([a, b, empty], 0, 2)").series.size(), 2u);
}

TEST_F(Math, what_is_wrong_is_said) {
  EXPECT_EQ(error("a +"), "Unexpected end of the expression");
  EXPECT_EQ(error("a ? b"), "Unexpected '?' at position 2");
  EXPECT_EQ(error("NOPE(a)"), "Unknown function NOPE");
  EXPECT_EQ(error("FILL(a)"), "Function FILL has a wrong number of arguments");
  EXPECT_EQ(error("c"), "Unknown id 'c'");
  EXPECT_EQ(error("[a, b] + [a]"), "Operator + needs arrays of the same length");
  EXPECT_EQ(error("1 / 0"), "Division by zero");
  EXPECT_NE(error(std::string(10'000, '(') + "a"), "");
  EXPECT_NE(error(std::string(10'000, '-') + "a"), "");
}

TEST(Statistics, percentiles_are_exact_for_few_values) {
  Aggregate values;
  for (int i = 1; i <= 100; ++i) values.add(i);
  EXPECT_EQ(Statistic::parse("p90")->of(values), 90);
  EXPECT_EQ(Statistic::parse("p0")->of(values), 1);
  EXPECT_EQ(Statistic::parse("p100")->of(values), 100);
  EXPECT_EQ(Statistic::parse("p99.9")->of(values), 100);
  EXPECT_EQ(Statistic::parse("TM(10%:90%)")->of(values), 50.5);
  EXPECT_EQ(Statistic::parse("IQM")->of(values), 50.5);
  EXPECT_EQ(Statistic::parse("PR(10:20)")->of(values), 10);
  EXPECT_EQ(Statistic::parse("TC(:50)")->of(values), 50);
  EXPECT_EQ(Statistic::parse("wm90")->of(values), (90 * 91 / 2 + 10 * 90) / 100.0);
}

TEST(Statistics, percentiles_of_many_values_are_off_by_no_more_than_two_percent) {
  Aggregate values;
  for (int i = 1; i <= 100'000; ++i) values.add(i * 0.01);
  EXPECT_LE(values.bins.size(), 256u);
  for (const int p : {1, 10, 50, 90, 99}) {
    const double found = *Statistic::parse("p" + std::to_string(p))->of(values);
    EXPECT_NEAR(found, p * 10.0, p * 10.0 * 0.04) << p;
  }
  EXPECT_EQ(Statistic::parse("Maximum")->of(values), 1000);
  EXPECT_EQ(Statistic::parse("SampleCount")->of(values), 100'000);
}

TEST(Statistics, a_digest_survives_packing_and_merging) {
  Aggregate left, right;
  for (int i = 0; i < 50; ++i) left.add(i);
  for (int i = 50; i < 100; ++i) right.add(i, 2);
  Aggregate copy = right;
  copy.bins.clear();
  copy.unpack_bins(right.packed_bins());
  EXPECT_EQ(copy.bins, right.bins);
  left.merge(copy);
  EXPECT_EQ(left.count, 150);
  EXPECT_EQ(Statistic::parse("p50")->of(left), 62);
}

TEST(Statistics, statistic_sets_and_negative_values_have_no_percentiles) {
  Aggregate set, repeated, negative;
  set.add_set(3, 12, 1, 9);
  repeated.add_set(3, 12, 4, 4);
  negative.add(-1);
  EXPECT_EQ(Statistic::parse("p50")->of(set), std::nullopt);
  EXPECT_EQ(Statistic::parse("Average")->of(set), 4);
  EXPECT_EQ(Statistic::parse("p50")->of(repeated), 4);
  EXPECT_EQ(Statistic::parse("p50")->of(negative), std::nullopt);
}

TEST(Statistics, names_that_are_none) {
  for (const char* name : {"", "p", "p101", "p-1", "p9.", "p1.12345678901", "average", "PR(1%:2%)", "TM(90%:10%)",
                           "TM(1)", "TM(:)", "tm", "pr90"})
    EXPECT_FALSE(Statistic::parse(name).has_value()) << name;
}

TEST(Rules, combine_states) {
  const std::map<std::string, std::string> states = {{"a", "ALARM"}, {"b", "OK"}, {"c", "INSUFFICIENT_DATA"}};
  const auto holds = [&](const char* text) {
    return AlarmRule(text).holds([&](const std::string& name) {
      const auto found = states.find(name);
      return found == states.end() ? std::string() : found->second;
    });
  };
  EXPECT_TRUE(holds("ALARM(a)"));
  EXPECT_TRUE(holds("ALARM(\"a\") AND OK('b')"));
  EXPECT_FALSE(holds("ALARM(a) AND NOT OK(b)"));
  EXPECT_TRUE(holds("ALARM(b) OR (INSUFFICIENT_DATA(c) AND TRUE)"));
  EXPECT_FALSE(holds("ALARM(b) OR ALARM(a) AND FALSE"));
  EXPECT_TRUE(holds("NOT(ALARM(b) OR ALARM(c))"));
  EXPECT_FALSE(holds("OK(none) OR ALARM(none)"));
  EXPECT_EQ(AlarmRule("ALARM(x y) OR OK(x y) OR OK(b)").alarms(), (std::vector<std::string>{"x y", "b"}));
  for (const char* bad :
       {"", "ALARM", "ALARM(", "ALARM()", "ALARM(a) ALARM(b)", "ALARM(a) AND", "(ALARM(a)", "alarm(a)", "ALARM(\"a)"})
    EXPECT_THROW(AlarmRule{bad}, ExpressionError) << bad;
}

}  // namespace
}  // namespace stratus::services::cloudwatch
