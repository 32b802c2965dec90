#include "stratus/services/cloudwatch/decision.h"

#include <algorithm>

namespace stratus::services::cloudwatch {

std::optional<Missing> missing_treatment(const std::string& text) {
  if (text == "missing") return Missing::missing;
  if (text == "ignore") return Missing::ignore;
  if (text == "breaching") return Missing::breaching;
  if (text == "notBreaching") return Missing::not_breaching;
  return std::nullopt;
}

int evaluation_range(int evaluation_periods) { return evaluation_periods + 2; }

Verdict decide(const std::vector<Point>& points, int evaluation_periods, int datapoints_to_alarm, Missing missing) {
  using State = Verdict::State;
  Verdict out;
  int breaching = 0;
  std::optional<std::size_t> oldest;  // of the real points, how far back: 0 is the newest period
  for (std::size_t i = 0; i < points.size() && static_cast<int>(out.used.size()) < evaluation_periods; ++i) {
    if (!points[i].value) continue;
    out.used.push_back(points[i]);
    if (points[i].breaching) ++breaching;
    oldest = i;
  }
  const int real = static_cast<int>(out.used.size());
  out.filled = evaluation_periods - real;
  const auto decided = [&](int count) { return count >= datapoints_to_alarm ? State::alarm : State::ok; };
  if (out.filled == 0 || breaching >= datapoints_to_alarm || missing == Missing::not_breaching) {
    out.state = decided(breaching);
  } else if (missing == Missing::breaching) {
    out.state = decided(breaching + out.filled);
  } else if (real == 0) {
    out.state = missing == Missing::missing ? State::insufficient_data : State::retain;
  } else if (breaching < real) {
    out.state = State::ok;
  } else if (missing == Missing::ignore) {
    out.state = State::retain;
  } else {
    // All there is breaches, but it is less than asked for. The alarm goes off once the first breach is so old that no
    // data that may still come could make it a false one.
    out.state = static_cast<int>(*oldest) + 1 >= datapoints_to_alarm ? State::alarm : State::ok;
  }
  return out;
}

bool breaches(const std::string& op, double value, double threshold) {
  if (op == "GreaterThanThreshold") return value > threshold;
  if (op == "GreaterThanOrEqualToThreshold") return value >= threshold;
  if (op == "LessThanThreshold") return value < threshold;
  return value <= threshold;  // LessThanOrEqualToThreshold
}

bool too_few_samples(double percentile, double sample_count) {
  const double share = percentile / 100;
  const double rarer = share >= 0.5 ? 1 - share : share;
  return rarer > 0 && sample_count < 10 / rarer;
}

}  // namespace stratus::services::cloudwatch
