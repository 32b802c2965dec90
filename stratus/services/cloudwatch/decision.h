// An alarm's state out of its data points: M out of N, with what is missing treated as the alarm says. Pure.
//
// Source: "Configuring how CloudWatch alarms treat missing data" and "Avoiding premature transitions to alarm state" in
// the CloudWatch user guide; the tables there are this file's test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stratus::services::cloudwatch {

enum class Missing { missing, ignore, breaching, not_breaching };
/// "missing", "ignore", "breaching", "notBreaching"; nothing for another text.
std::optional<Missing> missing_treatment(const std::string& text);

/// One period of the evaluation range; without a value it is missing.
struct Point {
  std::int64_t at = 0;  ///< its start, seconds
  std::optional<double> value;
  double sample_count = 0;
  bool breaching = false;
};

struct Verdict {
  enum class State { ok, alarm, insufficient_data, retain };
  State state = State::retain;
  std::vector<Point> used;  ///< the real data points that were looked at, newest first
  int filled = 0;           ///< how many missing ones had to be filled in
};

/// How many periods are looked at: some more than are needed, in case the newest are missing (5 for 3 in AWS's tables).
int evaluation_range(int evaluation_periods);

/// `points` are the evaluation range, newest first.
Verdict decide(const std::vector<Point>& points, int evaluation_periods, int datapoints_to_alarm, Missing missing);

/// `op` as AWS names it: "GreaterThanThreshold", …
bool breaches(const std::string& op, double value, double threshold);

/// Whether a percentile has too few samples to mean anything (EvaluateLowSampleCountPercentile): fewer than
/// 10 / (1 - p) above the median, 10 / p below.
bool too_few_samples(double percentile, double sample_count);

}  // namespace stratus::services::cloudwatch
