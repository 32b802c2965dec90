#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "stratus/services/cloudwatch/query.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::cloudwatch {
namespace {

constexpr std::size_t kMostMetrics = 1000, kMostValues = 150, kMostDimensions = 30, kMostQueries = 500;
constexpr std::size_t kListPage = 500;
constexpr std::int64_t kMostDatapoints = 1440;     // of GetMetricStatistics
constexpr std::int64_t kDataPage = 100'800;        // data points, of GetMetricData
constexpr std::int64_t kPast = 14LL * 86'400'000;  // ms: how old data may be when it is put
constexpr std::int64_t kFuture = 2LL * 3'600'000;  // ms

bool in_range(double value) { return std::isfinite(value) && std::fabs(value) <= std::ldexp(1.0, 360); }

std::string shown(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return java_double(value);
}

aws::Error combination(std::string message) {
  return cw::errors::InvalidParameterCombinationException(std::move(message));
}

aws::Error bad_value(double value, const std::string& parameter) {
  return invalid_value("The value " + shown(value) + " for parameter " + parameter + " is invalid.");
}

aws::Error too_many(const std::string& parameter, std::size_t most) {
  return invalid_value("The collection " + parameter + " must not have a size greater than " + std::to_string(most) +
                       ".");
}

void check_dimensions(const Dimensions& dimensions, const std::string& member) {
  if (dimensions.size() > kMostDimensions) throw too_many(member + ".Dimensions", kMostDimensions);
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    const std::string at = member + ".Dimensions.member." + std::to_string(i + 1);
    if (dimensions[i].name->starts_with(':'))
      throw invalid_value("The value " + *dimensions[i].name + " for parameter " + at + ".Name is invalid.");
  }
}

void add_values(const cw::MetricDatum& datum, const std::string& member, Aggregate& out) {
  if (datum.value && datum.values && !datum.values->empty())
    throw combination("The parameters " + member + ".Value and " + member +
                      ".Values are mutually exclusive and you have specified both.");
  if (datum.value && datum.statistic_values)
    throw combination("The parameters " + member + ".Value and " + member +
                      ".StatisticValues are mutually exclusive and you have specified both.");
  if (datum.values && !datum.values->empty() && datum.statistic_values)
    throw combination("The parameters " + member + ".Values and " + member +
                      ".StatisticValues are mutually exclusive and you have specified both.");
  if (datum.value) {
    if (!in_range(*datum.value)) throw bad_value(*datum.value, member + ".Value");
    out.add(*datum.value);
  } else if (datum.values && !datum.values->empty()) {
    const auto& values = *datum.values;
    if (values.size() > kMostValues) throw too_many(member + ".Values", kMostValues);
    const bool counted = datum.counts && !datum.counts->empty();
    if (counted && datum.counts->size() != values.size())
      throw invalid_value("The parameters " + member + ".Values and " + member + ".Counts must be of the same size.");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!in_range(values[i])) throw bad_value(values[i], member + ".Values");
      const double count = counted ? (*datum.counts)[i] : 1;
      if (!in_range(count) || count < 0) throw bad_value(count, member + ".Counts");
      out.add(values[i], count);
    }
  } else if (datum.statistic_values) {
    const auto& set = *datum.statistic_values;
    for (const double value : {*set.sample_count, *set.sum, *set.minimum, *set.maximum})
      if (!in_range(value)) throw bad_value(value, member + ".StatisticValues");
    if (*set.sample_count < 0) throw bad_value(*set.sample_count, member + ".StatisticValues.SampleCount");
    if (*set.maximum < *set.minimum)
      throw invalid_value("The parameter " + member + ".StatisticValues.Maximum must be greater than " + member +
                          ".StatisticValues.Minimum.");
    out.add_set(*set.sample_count, *set.sum, *set.minimum, *set.maximum);
  } else {
    throw combination("At least one of the parameters " + member + ".Value, " + member + ".Values and " + member +
                      ".StatisticValues must be specified.");
  }
}

/// A start is rounded down: the older it is, the coarser, as CloudWatch documents.
std::int64_t rounded_start(Timestamp start, std::int64_t period, Timestamp now) {
  const std::int64_t age = (now.ms - start.ms) / 1000;
  const std::int64_t step = age > 63 * 86'400               ? 3600
                            : age > 15 * 86'400             ? 300
                            : period < 60 && age < 3 * 3600 ? period
                                                            : 60;
  const std::int64_t seconds = start.ms >= 0 ? start.ms / 1000 : 0;
  return seconds - seconds % step;
}

std::int64_t ceil_seconds(Timestamp time) { return (time.ms + 999) / 1000; }

}  // namespace

cw::PutMetricDataResponse Service::put_metric_data(aws::Context& context, const cw::PutMetricDataInput& request) {
  if (request.entity_metric_data && !request.entity_metric_data->empty())
    throw aws::not_implemented("cloudwatch:PutMetricData: EntityMetricData");
  if (!request.metric_data || request.metric_data->empty())
    throw cw::errors::MissingRequiredParameterException("The parameter MetricData is required.");
  if (request.namespace_->starts_with("AWS/") || request.namespace_->starts_with(":"))
    throw invalid_value("The value " + *request.namespace_ + " for parameter Namespace is invalid.");
  if (request.metric_data->size() > kMostMetrics) throw too_many("MetricData", kMostMetrics);
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < request.metric_data->size(); ++i) {
    const cw::MetricDatum& datum = (*request.metric_data)[i];
    const std::string member = "MetricData.member." + std::to_string(i + 1);
    Sample sample{.metric = {*request.namespace_, *datum.metric_name, datum.dimensions.value_or(Dimensions{})},
                  .unit = datum.unit.value_or("None"),
                  .at = datum.timestamp.value_or(context.now),
                  .high_resolution = datum.storage_resolution == 1,
                  .values = {}};
    check_dimensions(sample.metric.dimensions, member);
    add_values(datum, member, sample.values);
    if (datum.storage_resolution && *datum.storage_resolution != 1 && *datum.storage_resolution != 60)
      throw invalid_value("The value " + std::to_string(*datum.storage_resolution) + " for parameter " + member +
                          ".StorageResolution is invalid. It must be 1 or 60.");
    if (sample.at.ms < context.now.ms - kPast)
      throw invalid_value("The parameter " + member +
                          ".Timestamp must specify a time no more than two weeks in the past.");
    if (sample.at.ms > context.now.ms + kFuture)
      throw invalid_value("The parameter " + member +
                          ".Timestamp must specify a time no more than two hours in the future.");
    if (!sample.values.empty()) samples.push_back(std::move(sample));
  }
  metrics_.add(context.account, context.region, samples, context.now);
  return {};
}

cw::GetMetricStatisticsOutput Service::get_metric_statistics(aws::Context& context,
                                                             const cw::GetMetricStatisticsInput& request) {
  const auto names = request.statistics.value_or(std::vector<std::string>{});
  const auto extended = request.extended_statistics.value_or(std::vector<std::string>{});
  if (request.start_time->ms / 1000 >= request.end_time->ms / 1000)
    throw invalid_value("The parameter StartTime must be less than the parameter EndTime.");
  if (names.empty() && extended.empty()) throw combination("Must specify either Statistics or ExtendedStatistics");
  const std::int64_t period = *request.period;
  if (!valid_period(period)) throw invalid_value("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  const std::int64_t start = rounded_start(*request.start_time, period, context.now),
                     end = ceil_seconds(*request.end_time);
  if (const std::int64_t points = (end - start) / period; points > kMostDatapoints) {
    const auto grouped = [](std::int64_t number) {
      std::string out = std::to_string(number);
      for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
        out.insert(static_cast<std::size_t>(at), ",");
      return out;
    };
    throw combination(
        "You have requested up to " + grouped(points) +
        " datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing "
        "Period, or decreasing the time range.");
  }
  std::vector<Statistic> simple, others;
  for (const auto& name : names) simple.push_back(*Statistic::parse(name));
  for (const auto& name : extended) {
    const auto statistic = Statistic::parse(name);
    if (!statistic || statistic->simple())
      throw invalid_value("The value " + name + " for parameter ExtendedStatistics.member." +
                          std::to_string(others.size() + 1) + " is not supported.");
    others.push_back(*statistic);
  }
  const MetricId id{*request.namespace_, *request.metric_name, request.dimensions.value_or(Dimensions{})};
  cw::GetMetricStatisticsOutput out{.label = *request.metric_name, .datapoints = std::vector<cw::Datapoint>{}};
  for (const auto& [unit, periods] : metrics_.read(context.account, context.region, id, start, end, period,
                                                   request.unit.value_or(""), !others.empty(), context.now)) {
    for (const auto& [at, values] : periods) {
      cw::Datapoint point{.timestamp = Timestamp{at * 1000}, .unit = unit};
      for (const auto& statistic : simple) {
        const auto value = statistic.of(values);
        if (statistic.name() == "SampleCount") point.sample_count = value;
        if (statistic.name() == "Average") point.average = value;
        if (statistic.name() == "Sum") point.sum = value;
        if (statistic.name() == "Minimum") point.minimum = value;
        if (statistic.name() == "Maximum") point.maximum = value;
      }
      for (const auto& statistic : others)
        if (const auto value = statistic.of(values)) {
          if (!point.extended_statistics) point.extended_statistics.emplace();
          (*point.extended_statistics)[statistic.name()] = *value;
        }
      if (simple.empty() && !point.extended_statistics) continue;
      out.datapoints->push_back(std::move(point));
    }
  }
  return out;
}

cw::GetMetricDataOutput Service::get_metric_data(aws::Context& context, const cw::GetMetricDataInput& request) {
  const auto& queries = *request.metric_data_queries;
  if (request.start_time->ms / 1000 == request.end_time->ms / 1000)
    throw validation_error("The parameter StartTime must not equal parameter EndTime.");
  if (*request.start_time > *request.end_time)
    throw validation_error("The parameter EndTime must be greater than StartTime.");
  if (queries.size() > kMostQueries)
    throw validation_error("The collection MetricDataQueries must not have a size greater than " +
                           std::to_string(kMostQueries) + ".");
  check_queries(queries, "MetricDataQueries");
  std::int64_t shortest = 60;
  for (const auto& query : queries)
    if (query.metric_stat) shortest = std::min<std::int64_t>(shortest, *query.metric_stat->period);
  const QueryScope scope{metrics_,
                         context.account,
                         context.region,
                         rounded_start(*request.start_time, shortest, context.now),
                         ceil_seconds(*request.end_time),
                         context.now};
  auto results = run_queries(scope, queries);

  // A page is a stretch of all data points in the order of the results; a result cut in two says PartialData.
  const bool ascending = request.scan_by == "TimestampAscending";
  const auto most =
      std::min<std::int64_t>(request.max_datapoints.value_or(static_cast<std::int32_t>(kDataPage)), kDataPage);
  if (most <= 0) throw validation_error("The parameter MaxDatapoints must be greater than 0.");
  const std::string page_scope = "GetMetricData";
  std::size_t from = 0;
  std::int64_t skip = 0;
  if (request.next_token && !request.next_token->empty()) {
    const std::string position =
        wire::page_position(page_scope, *request.next_token, "InvalidNextToken", "Invalid NextToken");
    from = std::stoul(position);
    skip = std::stoll(position.substr(position.find(':') + 1));
  }
  cw::GetMetricDataOutput out{.metric_data_results = std::vector<cw::MetricDataResult>{},
                              .messages = std::vector<cw::MessageData>{}};
  std::int64_t left = most;
  for (std::size_t i = from; i < results.size(); ++i) {
    const QueryResult& result = results[i];
    cw::MetricDataResult made{.id = result.id,
                              .label = result.label,
                              .timestamps = std::vector<Timestamp>{},
                              .values = std::vector<double>{},
                              .status_code = "Complete"};
    if (result.units.size() > 1) {
      std::string units;
      for (const auto& unit : result.units) units += (units.empty() ? "" : ", ") + unit;
      made.messages = std::vector<cw::MessageData>{{"MultipleUnits", "Multiple units returned: '[" + units + "]'"}};
    }
    std::vector<std::pair<std::int64_t, double>> points(result.values.begin(), result.values.end());
    if (!ascending) std::reverse(points.begin(), points.end());
    const auto count = static_cast<std::int64_t>(points.size());
    std::int64_t at = i == from ? std::min(skip, count) : 0;
    for (; at < count && left > 0; ++at, --left) {
      made.timestamps->push_back({points[static_cast<std::size_t>(at)].first * 1000});
      made.values->push_back(points[static_cast<std::size_t>(at)].second);
    }
    if (at < count) {
      made.status_code = "PartialData";
      out.next_token = wire::page_token(page_scope, std::to_string(i) + ":" + std::to_string(at));
      out.metric_data_results->push_back(std::move(made));
      break;
    }
    out.metric_data_results->push_back(std::move(made));
  }
  return out;
}

cw::ListMetricsOutput Service::list_metrics(aws::Context& context, const cw::ListMetricsInput& request) {
  if (request.include_linked_accounts.value_or(false) || request.owning_account)
    throw aws::not_implemented("cloudwatch:ListMetrics: metrics of linked accounts");
  const auto filters = request.dimensions.value_or(std::vector<cw::DimensionFilter>{});
  if (filters.size() > 10) throw invalid_value("The collection Dimensions must not have a size greater than 10.");
  const std::int64_t now = context.now.ms / 1000;
  const std::int64_t since = request.recently_active ? now - 3 * 3600 : now - 14 * 86'400;
  std::vector<std::pair<std::string, const Metric*>> found;
  for (const auto& [key, metric] : metrics_.list(context.account, context.region, since)) {
    if (request.namespace_ && *request.namespace_ != metric->metric_namespace) continue;
    if (request.metric_name && *request.metric_name != metric->name) continue;
    const bool fits =
        std::all_of(filters.begin(), filters.end(), [&, metric = metric](const cw::DimensionFilter& filter) {
          return std::any_of(metric->dimensions.begin(), metric->dimensions.end(), [&](const cw::Dimension& dimension) {
            return dimension.name == filter.name && (!filter.value || dimension.value == filter.value);
          });
        });
    if (fits) found.emplace_back(key, metric);
  }
  cw::ListMetricsOutput out{.metrics = std::vector<cw::Metric>{}};
  if (request.next_token && !request.next_token->empty())
    wire::page_position("ListMetrics", *request.next_token, "InvalidParameterValue",
                        "Request parameter NextToken is invalid");
  out.next_token = wire::page(found, "ListMetrics", request.next_token, kListPage, "InvalidParameterValue",
                              [](const auto& pair) -> const std::string& { return pair.first; });
  for (const auto& [key, metric] : found)
    out.metrics->push_back(
        {.namespace_ = metric->metric_namespace, .metric_name = metric->name, .dimensions = metric->dimensions});
  return out;
}

}  // namespace stratus::services::cloudwatch
