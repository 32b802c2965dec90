// A list of metric data queries (GetMetricData, an alarm's Metrics): checked, then answered from the store.
#pragma once

#include <string>
#include <vector>

#include "stratus/core/error.h"
#include "stratus/services/cloudwatch/math.h"
#include "stratus/services/cloudwatch/metric_store.h"
#include "stratus/services/cloudwatch/statistic.h"

namespace stratus::services::cloudwatch {

struct QueryResult {
  std::string id, label;
  std::int64_t period = 60;  ///< seconds
  Series values;
  Series sample_counts;            ///< of a metric (not of an expression): how many values each point stands for
  std::vector<std::string> units;  ///< that the metric has in the range, sorted; the first of them is shown
};

struct QueryScope {
  MetricStore& store;
  std::string account, region;
  std::int64_t start = 0, end = 0;  ///< seconds; periods begin at `start`
  Timestamp now;
};

using Queries = std::vector<aws::cloudwatch::MetricDataQuery>;

/// Throws what AWS answers to a wrong query; `parameter` is the list's name ("MetricDataQueries", "Metrics").
void check_queries(const Queries& queries, const std::string& parameter);
/// One metric, as `statistic` of its periods.
QueryResult read_metric(const QueryScope& scope, const MetricId& metric, const Statistic& statistic,
                        std::int64_t period, const std::string& unit);
/// The queries that return data, in order; an expression may give several. Throws ValidationError where an expression
/// cannot be computed.
std::vector<QueryResult> run_queries(const QueryScope& scope, const Queries& queries);
/// The period of an expression that names none: the longest of the metrics it builds on.
std::int64_t period_of(const Queries& queries);

MetricId metric_of(const aws::cloudwatch::Metric& metric);
aws::Error validation_error(std::string message);
/// 1, 5, 10, 20, 30 or a multiple of 60.
bool valid_period(std::int64_t seconds);

}  // namespace stratus::services::cloudwatch
