// SEARCH('{AWS/ECS,ClusterName,ServiceName} MetricName="CPUUtilization" prod', …): which metrics an expression means.
#pragma once

#include <string>

#include "stratus/services/cloudwatch/resources.h"

namespace stratus::services::cloudwatch {

/// Throws ExpressionError where the text is none.
class SearchQuery {
 public:
  explicit SearchQuery(const std::string& text);
  bool matches(const Metric& metric) const;

 private:
  struct Term {
    std::string property, text;  ///< property "": any part of the metric
    bool exact = false;
    bool negated = false;
  };
  static bool holds(const Term& term, const Metric& metric);

  bool has_schema_ = false;
  std::string namespace_;
  std::vector<std::string> dimensions_;        ///< sorted
  std::vector<std::vector<Term>> all_of_any_;  ///< every inner list has a term that holds
};

}  // namespace stratus::services::cloudwatch
