#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/services/cloudwatch/query.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::cloudwatch {
namespace {

using Strings = std::vector<std::string>;

constexpr std::int64_t kSevenDays = 7 * 86'400;

void check_statistic(const cw::PutMetricAlarmInput& in) {
  if (in.statistic && in.extended_statistic)
    throw validation_error("Statistic and ExtendedStatistic cannot both be specified for an alarm.");
  if (!in.statistic && !in.extended_statistic)
    throw validation_error("Either Statistic or ExtendedStatistic must be specified for an alarm on a metric.");
  if (!in.extended_statistic) return;
  const auto parsed = Statistic::parse(*in.extended_statistic);
  if (!parsed || parsed->simple())
    throw invalid_value("The value " + *in.extended_statistic + " for parameter ExtendedStatistic is not supported.");
}

void check_period(std::int64_t period, const cw::PutMetricAlarmInput& in) {
  if (period != 10 && period != 20 && period != 30 && (period <= 0 || period % 60 != 0))
    throw validation_error("Period must be 10, 20, 30 or a multiple of 60");
  const std::int64_t span = period * in.evaluation_periods.value_or(1);
  if (period < 60 && span > 86'400)
    throw validation_error(
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).");
  if (period < 3600 && span > 86'400)
    throw validation_error(
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).");
  if (span > kSevenDays)
    throw validation_error(
        "Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800).");
}

void check_single_metric(const cw::PutMetricAlarmInput& in) {
  if (!in.metric_name || !in.namespace_)
    throw validation_error(
        "Exactly one of a metric (MetricName, Namespace) and Metrics must be specified for an alarm.");
  if (!in.period) throw validation_error("Period must be specified for an alarm on a metric.");
  check_statistic(in);
  check_period(*in.period, in);
}

void check_math(const cw::PutMetricAlarmInput& in) {
  const auto& metrics = *in.metrics;
  if (in.metric_name || in.namespace_ || in.statistic || in.extended_statistic || in.dimensions || in.period || in.unit)
    throw validation_error(
        "The parameters MetricName, Namespace, Dimensions, Period, Unit, Statistic and ExtendedStatistic must not be "
        "specified if Metrics is specified.");
  check_queries(metrics, "Metrics");
  const auto returned =
      std::count_if(metrics.begin(), metrics.end(), [](const auto& query) { return query.return_data.value_or(true); });
  if (returned != 1) throw validation_error("Exactly one element of the metrics list should return data.");
  for (const auto& query : metrics)
    if (query.expression && calls(parse_expression(*query.expression), "SEARCH"))
      throw validation_error("SEARCH is not supported in the expression of an alarm.");
  check_period(period_of(metrics), in);
}

void check_alarm(const cw::PutMetricAlarmInput& in) {
  if (in.evaluation_criteria) throw aws::not_implemented("cloudwatch:PutMetricAlarm: EvaluationCriteria (PromQL)");
  if (in.evaluation_interval) throw aws::not_implemented("cloudwatch:PutMetricAlarm: EvaluationInterval");
  if (in.threshold_metric_id)
    throw aws::not_implemented("cloudwatch:PutMetricAlarm: ThresholdMetricId (anomaly detection)");
  const std::string op = in.comparison_operator.value_or("");
  if (op.empty()) throw validation_error("The parameter ComparisonOperator is required.");
  if (op.find("UpperThreshold") != std::string::npos || op.find("LowerThreshold") != std::string::npos)
    throw aws::not_implemented("cloudwatch:PutMetricAlarm: ComparisonOperator " + op + " (anomaly detection)");
  if (!in.evaluation_periods) throw validation_error("The parameter EvaluationPeriods is required.");
  if (in.evaluate_low_sample_count_percentile && *in.evaluate_low_sample_count_percentile != "evaluate" &&
      *in.evaluate_low_sample_count_percentile != "ignore")
    throw validation_error(
        "Option " + *in.evaluate_low_sample_count_percentile +
        " is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate "
        "and ignore.");
  if (in.treat_missing_data && !missing_treatment(*in.treat_missing_data))
    throw validation_error(
        "Option " + *in.treat_missing_data +
        " is not supported. Supported options for parameter TreatMissingData are breaching, notBreaching, "
        "ignore and missing.");
  if (in.datapoints_to_alarm && *in.datapoints_to_alarm > *in.evaluation_periods)
    throw validation_error("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
  if (!in.threshold) throw validation_error("Threshold must be specified for an alarm on a static threshold.");
  if (in.metrics && !in.metrics->empty()) {
    check_math(in);
  } else {
    check_single_metric(in);
  }
}

/// What every alarm that has no name has: AWS answers empty lists, not absent ones.
template <class Alarm, class Input>
void fill_actions(Alarm& alarm, const Input& in) {
  alarm.actions_enabled = in.actions_enabled.value_or(true);
  alarm.alarm_description = in.alarm_description;
  alarm.ok_actions = in.ok_actions.value_or(Strings{});
  alarm.alarm_actions = in.alarm_actions.value_or(Strings{});
  alarm.insufficient_data_actions = in.insufficient_data_actions.value_or(Strings{});
}

cw::MetricAlarm alarm_of(const cw::PutMetricAlarmInput& in) {
  cw::MetricAlarm out;
  out.alarm_name = in.alarm_name;
  fill_actions(out, in);
  out.evaluation_periods = in.evaluation_periods;
  out.datapoints_to_alarm = in.datapoints_to_alarm;
  out.threshold = in.threshold;
  out.comparison_operator = in.comparison_operator;
  out.treat_missing_data = in.treat_missing_data;
  out.evaluate_low_sample_count_percentile = in.evaluate_low_sample_count_percentile;
  if (in.metrics && !in.metrics->empty()) {
    out.metrics = in.metrics;
    for (auto& query : *out.metrics)
      if (!query.return_data) query.return_data = true;
    return out;
  }
  out.metric_name = in.metric_name;
  out.namespace_ = in.namespace_;
  out.statistic = in.statistic;
  out.extended_statistic = in.extended_statistic;
  out.dimensions = in.dimensions.value_or(Dimensions{});
  out.period = in.period;
  out.unit = in.unit;
  return out;
}

template <class Alarm>
bool has_action(const Alarm& alarm, const std::function<bool(const std::string&)>& fits) {
  for (const auto* list : {&alarm.ok_actions, &alarm.alarm_actions, &alarm.insufficient_data_actions})
    if (*list && std::any_of((*list)->begin(), (*list)->end(), fits)) return true;
  return false;
}

}  // namespace

void Service::check_alarm_name_free(const state::Key& key, bool composite) const {
  if (composite ? alarms_.find(key) != nullptr : composites_.find(key) != nullptr)
    throw validation_error("An alarm of another type with the name " + key.id + " exists.");
}

std::string Service::put_alarm(const std::string& account, const std::string& region,
                               const cw::PutMetricAlarmInput& in) {
  check_alarm(in);
  const state::Key key{account, region, *in.alarm_name};
  check_alarm_name_free(key, false);
  const Timestamp now = loop_.clock().now();
  Alarm row{.alarm = alarm_of(in), .tags = {}};
  row.alarm.alarm_arn = alarm_arn(account, region, key.id);
  row.alarm.alarm_configuration_updated_timestamp = now;
  const Alarm* before = alarms_.find(key);
  if (before != nullptr) {
    row.tags = before->tags;
    row.alarm.state_value = before->alarm.state_value;
    row.alarm.state_reason = before->alarm.state_reason;
    row.alarm.state_reason_data = before->alarm.state_reason_data;
    row.alarm.state_updated_timestamp = before->alarm.state_updated_timestamp;
    row.alarm.state_transitioned_timestamp = before->alarm.state_transitioned_timestamp;
  } else {
    row.alarm.state_value = "INSUFFICIENT_DATA";
    row.alarm.state_reason = "Unchecked: Initial alarm creation";
    row.alarm.state_updated_timestamp = row.alarm.state_transitioned_timestamp = now;
    if (in.tags)
      for (const auto& tag : *in.tags) row.tags[*tag.key] = tag.value.value_or("");
  }
  const bool created = before == nullptr;
  const Alarm& stored = alarms_.put(key, std::move(row));
  remember(key, "MetricAlarm", "ConfigurationUpdate", "Alarm \"" + key.id + (created ? "\" created" : "\" updated"),
           history_of_configuration(created ? "Create" : "Update", &stored.alarm, nullptr), now);
  schedule(key, next_evaluation(stored, now));
  if (created) follow(key, now);
  return alarm_arn(account, region, key.id);
}

cw::PutMetricAlarmResponse Service::put_metric_alarm(aws::Context& context, const cw::PutMetricAlarmInput& request) {
  put_alarm(context.account, context.region, request);
  return {};
}

void Service::remove_alarms(const std::string& account, const std::string& region,
                            const std::vector<std::string>& names) {
  const Timestamp now = loop_.clock().now();
  for (const auto& name : names) {
    const state::Key key{account, region, name};
    if (const Alarm* row = alarms_.find(key)) {
      remember(key, "MetricAlarm", "ConfigurationUpdate", "Alarm \"" + name + "\" deleted",
               history_of_configuration("Delete", &row->alarm, nullptr), now);
      alarms_.erase(key);
    } else if (const Composite* composite = composites_.find(key)) {
      remember(key, "CompositeAlarm", "ConfigurationUpdate", "Alarm \"" + name + "\" deleted",
               history_of_configuration("Delete", nullptr, &composite->alarm), now);
      composites_.erase(key);
    }
  }
}

cw::DeleteAlarmsResponse Service::delete_alarms(aws::Context& context, const cw::DeleteAlarmsInput& request) {
  const auto composites = std::count_if(
      request.alarm_names->begin(), request.alarm_names->end(),
      [&](const auto& name) { return composites_.find(context.account, context.region, name) != nullptr; });
  if (composites > 1) throw validation_error("Cannot delete more than one composite alarm.");
  remove_alarms(context.account, context.region, *request.alarm_names);
  return {};
}

std::optional<AlarmLook> Service::look(const std::string& account, const std::string& region, const std::string& name) {
  const state::Key key{account, region, name};
  const Alarm* row = alarms_.find(key);
  if (row == nullptr) {
    const Composite* composite = composites_.find(key);
    if (composite == nullptr) return std::nullopt;
    return AlarmLook{*composite->alarm.alarm_arn, composite->alarm.state_value.value_or(""), 0, std::nullopt};
  }
  const cw::MetricAlarm alarm = row->alarm;
  AlarmLook out{*alarm.alarm_arn, alarm.state_value.value_or(""), alarm.threshold.value_or(0), std::nullopt};
  std::int32_t period = alarm.period.value_or(0);
  for (const auto& query : alarm.metrics.value_or(std::vector<cw::MetricDataQuery>{})) {
    period = std::max(period, query.period.value_or(0));
    if (query.metric_stat) period = std::max(period, query.metric_stat->period.value_or(0));
  }
  out.window = std::chrono::seconds(period) * alarm.evaluation_periods.value_or(1);
  for (const Point& point : points_of(key, alarm, loop_.clock().now()))
    if (point.value) {
      out.value = point.value;
      break;
    }
  return out;
}

std::vector<std::pair<std::string, std::string>> Service::alarms_with_action(const std::string& account,
                                                                             const std::string& region,
                                                                             const std::string& action_arn) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Alarm* row : alarms_.list(account, region))
    if (has_action(row->alarm, [&](const std::string& one) { return one == action_arn; }))
      out.emplace_back(*row->alarm.alarm_name, *row->alarm.alarm_arn);
  return out;
}

cw::DescribeAlarmsOutput Service::describe_alarms(aws::Context& context, const cw::DescribeAlarmsInput& in) {
  if (in.alarm_names && !in.alarm_names->empty() && in.alarm_name_prefix)
    throw validation_error("AlarmNames and AlarmNamePrefix cannot both be specified.");
  const auto types = in.alarm_types.value_or(Strings{});
  // Without types only metric alarms are told, as AWS documents.
  bool metric = types.empty() || std::find(types.begin(), types.end(), "MetricAlarm") != types.end();
  bool composite = std::find(types.begin(), types.end(), "CompositeAlarm") != types.end();
  const bool related = in.children_of_alarm_name || in.parents_of_alarm_name;
  Strings wanted;
  if (related) {
    if (in.children_of_alarm_name && in.parents_of_alarm_name)
      throw validation_error("ChildrenOfAlarmName and ParentsOfAlarmName cannot both be specified.");
    metric = in.children_of_alarm_name.has_value();
    composite = true;
    if (in.children_of_alarm_name) {
      const Composite* parent =
          composites_.find(context.account, context.region, alarm_name_of(*in.children_of_alarm_name));
      if (parent == nullptr)
        throw cw::errors::ResourceNotFound("The alarm " + *in.children_of_alarm_name + " does not exist.");
      for (const auto& name : AlarmRule(*parent->alarm.alarm_rule).alarms()) wanted.push_back(alarm_name_of(name));
    } else {
      const std::string child = alarm_name_of(*in.parents_of_alarm_name);
      for (const Composite* row : composites_.list(context.account, context.region)) {
        const AlarmRule rule(*row->alarm.alarm_rule);
        for (const auto& name : rule.alarms())
          if (alarm_name_of(name) == child) wanted.push_back(*row->alarm.alarm_name);
      }
    }
  }
  const auto fits = [&](const auto& alarm) {
    const std::string& name = *alarm.alarm_name;
    if (related && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) return false;
    if (in.alarm_names && !in.alarm_names->empty() &&
        std::find(in.alarm_names->begin(), in.alarm_names->end(), name) == in.alarm_names->end())
      return false;
    if (in.alarm_name_prefix && !name.starts_with(*in.alarm_name_prefix)) return false;
    if (in.state_value && alarm.state_value != *in.state_value) return false;
    return !in.action_prefix ||
           has_action(alarm, [&](const std::string& one) { return one.starts_with(*in.action_prefix); });
  };
  struct Found {
    std::string name;
    const cw::MetricAlarm* metric;
    const cw::CompositeAlarm* composite;
  };
  std::vector<Found> found;
  if (composite)
    for (const Composite* row : composites_.list(context.account, context.region))
      if (fits(row->alarm)) found.push_back({"0" + *row->alarm.alarm_name, nullptr, &row->alarm});
  if (metric)
    for (const Alarm* row : alarms_.list(context.account, context.region))
      if (fits(row->alarm)) found.push_back({"1" + *row->alarm.alarm_name, &row->alarm, nullptr});
  cw::DescribeAlarmsOutput out{.composite_alarms = std::vector<cw::CompositeAlarm>{},
                               .metric_alarms = std::vector<cw::MetricAlarm>{}};
  out.next_token =
      wire::page(found, "DescribeAlarms", in.next_token, static_cast<std::size_t>(in.max_records.value_or(50)),
                 "InvalidNextToken", [](const Found& one) -> const std::string& { return one.name; });
  for (const Found& one : found) {
    if (one.metric != nullptr) {
      out.metric_alarms->push_back(*one.metric);
    } else {
      out.composite_alarms->push_back(*one.composite);
    }
  }
  return out;
}

cw::DescribeAlarmsForMetricOutput Service::describe_alarms_for_metric(aws::Context& context,
                                                                      const cw::DescribeAlarmsForMetricInput& in) {
  const MetricId wanted{*in.namespace_, *in.metric_name, in.dimensions.value_or(Dimensions{})};
  cw::DescribeAlarmsForMetricOutput out{.metric_alarms = std::vector<cw::MetricAlarm>{}};
  const auto same = [&](const MetricId& metric, const std::optional<std::string>& statistic,
                        std::optional<std::int32_t> period, const std::optional<std::string>& unit) {
    if (MetricStore::id_of(metric) != MetricStore::id_of(wanted)) return false;
    if (in.statistic && statistic != in.statistic) return false;
    if (in.extended_statistic && statistic != in.extended_statistic) return false;
    return (!in.period || period == in.period) && (!in.unit || unit == in.unit);
  };
  for (const Alarm* row : alarms_.list(context.account, context.region)) {
    const cw::MetricAlarm& alarm = row->alarm;
    bool fits = false;
    if (alarm.metrics) {
      for (const auto& query : *alarm.metrics)
        fits = fits || (query.metric_stat && same(metric_of(*query.metric_stat->metric), query.metric_stat->stat,
                                                  query.metric_stat->period, query.metric_stat->unit));
    } else {
      fits = same({*alarm.namespace_, *alarm.metric_name, alarm.dimensions.value_or(Dimensions{})},
                  alarm.statistic ? alarm.statistic : alarm.extended_statistic, alarm.period, alarm.unit);
    }
    if (fits) out.metric_alarms->push_back(alarm);
  }
  return out;
}

void Service::set_actions_enabled(const aws::Context& context, const std::vector<std::string>& names, bool enabled) {
  for (const auto& name : names) {
    const state::Key key{context.account, context.region, name};
    if (const Alarm* row = alarms_.find(key)) {
      if (row->alarm.actions_enabled.value_or(true) == enabled) continue;
      const Alarm& changed = alarms_.update(key, [&](Alarm& one) {
        one.alarm.actions_enabled = enabled;
        one.alarm.alarm_configuration_updated_timestamp = context.now;
      });
      remember(key, "MetricAlarm", "ConfigurationUpdate", "Alarm \"" + name + "\" updated",
               history_of_configuration("Update", &changed.alarm, nullptr), context.now);
    } else if (const Composite* composite = composites_.find(key)) {
      if (composite->alarm.actions_enabled.value_or(true) == enabled) continue;
      const Composite& changed = composites_.update(key, [&](Composite& one) {
        one.alarm.actions_enabled = enabled;
        one.alarm.alarm_configuration_updated_timestamp = context.now;
      });
      remember(key, "CompositeAlarm", "ConfigurationUpdate", "Alarm \"" + name + "\" updated",
               history_of_configuration("Update", nullptr, &changed.alarm), context.now);
    }
  }
}

cw::EnableAlarmActionsResponse Service::enable_alarm_actions(aws::Context& context,
                                                             const cw::EnableAlarmActionsInput& request) {
  set_actions_enabled(context, *request.alarm_names, true);
  return {};
}

cw::DisableAlarmActionsResponse Service::disable_alarm_actions(aws::Context& context,
                                                               const cw::DisableAlarmActionsInput& request) {
  set_actions_enabled(context, *request.alarm_names, false);
  return {};
}

}  // namespace stratus::services::cloudwatch
