// What a series is called: the label that a query gives, with its ${…} replaced, or one that tells it from the others.
#pragma once

#include <string>
#include <vector>

#include "stratus/services/cloudwatch/query.h"

namespace stratus::services::cloudwatch {

/// For each metric query the shortest label that tells it from those of the same name: "CPUUtilization",
/// "CPUUtilization Sum", "CPUUtilization Sum 60". Expressions are called by their id.
std::vector<std::string> default_labels(const Queries& queries);
/// Replaces "${MAX}", "${LAST}", "${PROP('Stat')}", … by what `values` and the query tell.
std::string expand_label(const std::string& label, const std::string& fallback, const Series& values,
                         const aws::cloudwatch::MetricDataQuery& query);

}  // namespace stratus::services::cloudwatch
