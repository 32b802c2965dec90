// Statistics by name: "Average", "p99.9", "TM(10%:90%)", "PR(:300)", …
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stratus/services/cloudwatch/aggregate.h"

namespace stratus::services::cloudwatch {

class Statistic {
 public:
  /// Nothing where CloudWatch knows no such statistic.
  static std::optional<Statistic> parse(std::string_view name);

  /// Nothing where these values have no such statistic (percentiles of statistic sets and of negative values).
  std::optional<double> of(const Aggregate& values) const;
  /// Whether it is one of the five simple ones, which need no digest.
  bool simple() const { return kind_ <= Kind::maximum; }
  /// Of a plain percentile: 99.9 for "p99.9".
  std::optional<double> percentile() const;
  const std::string& name() const { return name_; }

 private:
  enum class Kind {
    sample_count,
    average,
    sum,
    minimum,
    maximum,
    percentile,
    trimmed_mean,
    winsorized_mean,
    percentile_rank,
    trimmed_count,
    trimmed_sum
  };
  struct Bound {
    std::optional<double> value;
    bool percent = false;
  };
  static bool parse_bound(std::string_view text, Bound& out);
  std::optional<double> of_range(const Aggregate& values) const;

  Kind kind_ = Kind::average;
  std::string name_;
  Bound low_, high_;
};

}  // namespace stratus::services::cloudwatch
