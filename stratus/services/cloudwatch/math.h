// Metric math as arithmetic: scalars, time series and arrays of time series.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "stratus/services/cloudwatch/expression.h"

namespace stratus::services::cloudwatch {

/// Values by the start of their period, seconds since the epoch.
using Series = std::map<std::int64_t, double>;

struct NamedSeries {
  std::string label;
  std::int64_t period = 60;  ///< seconds
  Series values;
};

struct MathValue {
  enum class Kind { scalar, series, array, text };
  Kind kind = Kind::scalar;
  double scalar = 0;
  std::vector<NamedSeries> series;  ///< one, or an array's
  std::string text;

  static MathValue of(double number) { return {.kind = Kind::scalar, .scalar = number, .series = {}, .text = {}}; }
  static MathValue of(NamedSeries one) {
    MathValue out{.kind = Kind::series};
    out.series.push_back(std::move(one));
    return out;
  }
};

/// What an expression is evaluated in.
struct MathScope {
  std::int64_t start = 0, end = 0;  ///< seconds; FILL and TIME_SERIES cover [start, end)
  std::int64_t period = 60;         ///< of what has no period of its own
  /// The value of another query; throws ExpressionError where there is none.
  std::function<const MathValue&(const std::string& id)> find;
  /// METRICS(): the metrics (not the expressions) of the request whose id contains `part`.
  std::function<std::vector<NamedSeries>(const std::string& part)> metrics;
  /// SEARCH('…', 'stat', period).
  std::function<std::vector<NamedSeries>(const std::string& query, const std::string& statistic, std::int64_t period)>
      search;
};

/// Throws ExpressionError. The expression has passed `check_functions`.
MathValue evaluate(const Expression& expression, const MathScope& scope);
/// Refuses, before any data is read, what `evaluate` does not know: functions and the number of their arguments.
void check_functions(const Expression& expression);

}  // namespace stratus::services::cloudwatch
