// The JSON that others read: SNS's message, EventBridge's detail, the data of history items.
#include <boost/json.hpp>

#include "stratus/core/text.h"
#include "stratus/services/cloudwatch/words.h"

namespace stratus::services::cloudwatch {
namespace {

namespace cw = aws::cloudwatch;
namespace json = boost::json;

using Strings = std::optional<std::vector<std::string>>;

json::array array_of(const Strings& texts) {
  json::array out;
  if (texts)
    for (const auto& text : *texts) out.emplace_back(text);
  return out;
}

json::value or_null(const std::optional<std::string>& text) { return text ? json::value(*text) : json::value(nullptr); }

/// The statistic as SNS's messages write it: "AVERAGE", "SAMPLE_COUNT".
std::string shouted(const std::string& statistic) {
  if (statistic == "SampleCount") return "SAMPLE_COUNT";
  std::string out = statistic;
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

json::array dimensions_of(const std::optional<std::vector<cw::Dimension>>& dimensions) {
  json::array out;
  if (dimensions)
    for (const auto& dimension : *dimensions)
      out.push_back({{"value", dimension.value.value_or("")}, {"name", dimension.name.value_or("")}});
  return out;
}

json::object trigger_of(const cw::MetricAlarm& alarm) {
  json::object out;
  if (!alarm.metrics) {
    out["MetricName"] = alarm.metric_name.value_or("");
    out["Namespace"] = alarm.namespace_.value_or("");
    out["StatisticType"] = alarm.extended_statistic ? "ExtendedStatistic" : "Statistic";
    if (alarm.extended_statistic) {
      out["ExtendedStatistic"] = *alarm.extended_statistic;
    } else {
      out["Statistic"] = shouted(alarm.statistic.value_or(""));
    }
    out["Unit"] = or_null(alarm.unit);
    out["Dimensions"] = dimensions_of(alarm.dimensions);
  }
  if (alarm.period) out["Period"] = *alarm.period;
  out["EvaluationPeriods"] = alarm.evaluation_periods.value_or(1);
  if (alarm.datapoints_to_alarm) out["DatapointsToAlarm"] = *alarm.datapoints_to_alarm;
  out["ComparisonOperator"] = alarm.comparison_operator.value_or("");
  out["Threshold"] = alarm.threshold.value_or(0);
  out["TreatMissingData"] = alarm.treat_missing_data.value_or("");
  out["EvaluateLowSampleCountPercentile"] = alarm.evaluate_low_sample_count_percentile.value_or("");
  if (!alarm.metrics) return out;
  json::array metrics;
  for (const auto& query : *alarm.metrics) {
    json::object one;
    if (query.expression) one["Expression"] = *query.expression;
    one["Id"] = query.id.value_or("");
    if (query.label) one["Label"] = *query.label;
    if (query.metric_stat) {
      const auto& stat = *query.metric_stat;
      json::object made{{"Metric",
                         {{"Dimensions", dimensions_of(stat.metric->dimensions)},
                          {"MetricName", stat.metric->metric_name.value_or("")},
                          {"Namespace", stat.metric->namespace_.value_or("")}}},
                        {"Period", stat.period.value_or(60)},
                        {"Stat", stat.stat.value_or("")}};
      if (stat.unit) made["Unit"] = *stat.unit;
      one["MetricStat"] = std::move(made);
    }
    one["ReturnData"] = query.return_data.value_or(true);
    metrics.push_back(std::move(one));
  }
  out["Metrics"] = std::move(metrics);
  return out;
}

/// What metric and composite alarms' notifications share, in AWS's order.
template <class Alarm>
json::object head_of(const std::string& account, const std::string& region, const Alarm& alarm,
                     const std::string& old_state) {
  json::object out;
  out["AlarmName"] = alarm.alarm_name.value_or("");
  out["AlarmDescription"] = or_null(alarm.alarm_description);
  out["AWSAccountId"] = account;
  out["AlarmConfigurationUpdatedTimestamp"] =
      alarm_time(alarm.alarm_configuration_updated_timestamp.value_or(Timestamp{}));
  out["NewStateValue"] = alarm.state_value.value_or("");
  out["NewStateReason"] = alarm.state_reason.value_or("");
  out["StateChangeTime"] = alarm_time(alarm.state_transitioned_timestamp.value_or(Timestamp{}));
  out["Region"] = region_name(region);
  out["AlarmArn"] = alarm.alarm_arn.value_or("");
  out["OldStateValue"] = old_state;
  out["OKActions"] = array_of(alarm.ok_actions);
  out["AlarmActions"] = array_of(alarm.alarm_actions);
  out["InsufficientDataActions"] = array_of(alarm.insufficient_data_actions);
  return out;
}

json::object state_of(const StateWords& state) {
  json::object out{{"value", state.value}, {"reason", state.reason}};
  if (!state.reason_data.empty()) out["reasonData"] = state.reason_data;
  out["timestamp"] = alarm_time(state.at);
  return out;
}

json::object metric_of_event(const cw::Metric& metric) {
  json::object dimensions;
  if (metric.dimensions)
    for (const auto& dimension : *metric.dimensions)
      dimensions[dimension.name.value_or("")] = dimension.value.value_or("");
  return {{"namespace", metric.namespace_.value_or("")},
          {"name", metric.metric_name.value_or("")},
          {"dimensions", dimensions}};
}

json::object configuration_of(const cw::MetricAlarm& alarm) {
  json::array metrics;
  if (alarm.metrics) {
    for (const auto& query : *alarm.metrics) {
      json::object one{{"id", query.id.value_or("")}};
      if (query.expression) one["expression"] = *query.expression;
      if (query.label) one["label"] = *query.label;
      if (query.metric_stat) {
        json::object stat{{"metric", metric_of_event(*query.metric_stat->metric)},
                          {"period", query.metric_stat->period.value_or(60)},
                          {"stat", query.metric_stat->stat.value_or("")}};
        if (query.metric_stat->unit) stat["unit"] = *query.metric_stat->unit;
        one["metricStat"] = std::move(stat);
      }
      one["returnData"] = query.return_data.value_or(true);
      metrics.push_back(std::move(one));
    }
  } else {
    json::object stat{{"metric", metric_of_event({.namespace_ = alarm.namespace_,
                                                  .metric_name = alarm.metric_name,
                                                  .dimensions = alarm.dimensions})},
                      {"period", alarm.period.value_or(60)},
                      {"stat", alarm.statistic ? *alarm.statistic : alarm.extended_statistic.value_or("")}};
    if (alarm.unit) stat["unit"] = *alarm.unit;
    metrics.push_back({{"id", "m1"}, {"metricStat", std::move(stat)}, {"returnData", true}});
  }
  json::object out{{"metrics", std::move(metrics)}};
  if (alarm.alarm_description) out["description"] = *alarm.alarm_description;
  return out;
}

json::object history_state(const StateWords& state) {
  json::object out{{"stateValue", state.value}, {"stateReason", state.reason}};
  if (state.reason_data.empty()) return out;
  boost::system::error_code error;
  json::value data = json::parse(state.reason_data, error);
  if (!error) out["stateReasonData"] = std::move(data);
  return out;
}

template <class Alarm>
json::object history_alarm(const Alarm& alarm) {
  return {{"alarmName", alarm.alarm_name.value_or("")},
          {"alarmArn", alarm.alarm_arn.value_or("")},
          {"alarmDescription", or_null(alarm.alarm_description)},
          {"actionsEnabled", alarm.actions_enabled.value_or(true)},
          {"okActions", array_of(alarm.ok_actions)},
          {"alarmActions", array_of(alarm.alarm_actions)},
          {"insufficientDataActions", array_of(alarm.insufficient_data_actions)},
          {"stateValue", alarm.state_value.value_or("")},
          {"stateUpdatedTimestamp", alarm_time(alarm.state_updated_timestamp.value_or(Timestamp{}))},
          {"alarmConfigurationUpdatedTimestamp",
           alarm_time(alarm.alarm_configuration_updated_timestamp.value_or(Timestamp{}))}};
}

}  // namespace

std::string history_of_state(const StateWords& before, const StateWords& after) {
  return json::serialize(
      json::object{{"version", "1.0"}, {"oldState", history_state(before)}, {"newState", history_state(after)}});
}

std::string history_of_configuration(const std::string& type, const cw::MetricAlarm* metric,
                                     const cw::CompositeAlarm* composite) {
  json::object alarm;
  if (composite != nullptr) {
    alarm = history_alarm(*composite);
    alarm["alarmRule"] = composite->alarm_rule.value_or("");
  } else {
    alarm = history_alarm(*metric);
    if (metric->threshold) alarm["threshold"] = *metric->threshold;
    alarm["comparisonOperator"] = metric->comparison_operator.value_or("");
    alarm["evaluationPeriods"] = metric->evaluation_periods.value_or(1);
    if (metric->datapoints_to_alarm) alarm["datapointsToAlarm"] = *metric->datapoints_to_alarm;
    if (metric->treat_missing_data) alarm["treatMissingData"] = *metric->treat_missing_data;
    json::object configuration = configuration_of(*metric);
    alarm["metrics"] = std::move(configuration["metrics"]);
  }
  const char* key = type == "Create" ? "createdAlarm" : type == "Update" ? "updatedAlarm" : "deletedAlarm";
  return json::serialize(json::object{{"version", "1.0"}, {"type", type}, {key, std::move(alarm)}});
}

std::string history_of_action(const std::string& arn, const std::string& error, Timestamp state_changed,
                              const std::string& message) {
  json::object out{{"actionState", error.empty() ? "Succeeded" : "Failed"},
                   {"notificationResource", arn},
                   {"stateUpdateTimestamp", state_changed.ms},
                   {"publishedMessage", message}};
  if (error.empty()) {
    out["error"] = nullptr;
  } else {
    out["error"] = error;
  }
  return json::serialize(out);
}

std::string notification(const std::string& account, const std::string& region, const cw::MetricAlarm& alarm,
                         const std::string& old_state) {
  json::object out = head_of(account, region, alarm, old_state);
  out["Trigger"] = trigger_of(alarm);
  return json::serialize(out);
}

std::string notification(const std::string& account, const std::string& region, const cw::CompositeAlarm& alarm,
                         const std::string& old_state, const std::vector<Child>& children) {
  json::object out = head_of(account, region, alarm, old_state);
  out["AlarmRule"] = alarm.alarm_rule.value_or("");
  json::array triggering;
  for (const auto& child : children)
    triggering.push_back(
        {{"Arn", child.arn}, {"State", {{"Value", child.state}, {"Timestamp", alarm_time(child.at)}}}});
  out["TriggeringChildren"] = std::move(triggering);
  return json::serialize(out);
}

std::string event_detail(const cw::MetricAlarm& alarm, const StateWords& before, const StateWords& after) {
  return json::serialize(json::object{{"alarmName", alarm.alarm_name.value_or("")},
                                      {"state", state_of(after)},
                                      {"previousState", state_of(before)},
                                      {"configuration", configuration_of(alarm)}});
}

std::string event_detail(const cw::CompositeAlarm& alarm, const StateWords& before, const StateWords& after) {
  json::object configuration{{"alarmRule", alarm.alarm_rule.value_or("")}};
  if (alarm.alarm_description) configuration["description"] = *alarm.alarm_description;
  if (alarm.actions_suppressor) {
    configuration["actionsSuppressor"] = *alarm.actions_suppressor;
    configuration["actionsSuppressorWaitPeriod"] = alarm.actions_suppressor_wait_period.value_or(0);
    configuration["actionsSuppressorExtensionPeriod"] = alarm.actions_suppressor_extension_period.value_or(0);
  }
  json::object state = state_of(after);
  if (alarm.actions_suppressed_by) state["actionsSuppressedBy"] = *alarm.actions_suppressed_by;
  return json::serialize(json::object{{"alarmName", alarm.alarm_name.value_or("")},
                                      {"state", std::move(state)},
                                      {"previousState", state_of(before)},
                                      {"configuration", std::move(configuration)}});
}

}  // namespace stratus::services::cloudwatch
