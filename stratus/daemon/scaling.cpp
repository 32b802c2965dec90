#include "stratus/daemon/scaling.h"

#include "stratus/core/arn.h"
#include "stratus/core/text.h"

namespace stratus::daemon {
namespace {

constexpr const char* kServiceName = "ecs.application-autoscaling.amazonaws.com";

/// "service/<cluster>/<service>"
std::pair<std::string, std::string> names_in(const std::string& resource_id) {
  const auto parts = text::split(resource_id, '/');
  return parts.size() == 3 ? std::pair(parts[1], parts[2]) : std::pair<std::string, std::string>();
}

}  // namespace

std::optional<ScalableServices::Capacity> ScalableServices::capacity(const std::string& account,
                                                                     const std::string& region,
                                                                     const std::string& resource_id) {
  const auto [cluster, service] = names_in(resource_id);
  const auto count = ecs_.service_count(account, region, cluster, service);
  return count ? std::optional(Capacity{count->desired, count->running}) : std::nullopt;
}

void ScalableServices::set_desired(const std::string& account, const std::string& region,
                                   const std::string& resource_id, std::int32_t desired, const std::string& role_arn) {
  const auto [cluster, service] = names_in(resource_id);
  // The service-linked role may by definition; another one must allow it itself.
  const bool linked = role_arn.find(std::string("role/aws-service-role/") + kServiceName) != std::string::npos;
  const std::string arn = make_arn("ecs", region, account, "service/" + cluster + "/" + service);
  if (!linked && !iam_.role_allows(role_arn, "ecs:UpdateService", arn))
    throw aws::Error("AccessDeniedException", 400,
                     role_arn + " is not authorized to perform: ecs:UpdateService on resource: " + arn);
  ecs_.set_desired_count(account, region, cluster, service, desired);
}

void ScalableServices::prepare(const std::string& account) { iam_.ensure_service_linked_role(account, kServiceName); }

void ScalingAlarms::call(services::autoscaling::Service& scaling) {
  cloudwatch_.on_alarm_action([&scaling](const services::cloudwatch::AlarmAction& action) {
    if (action.new_state == "ALARM" && action.action_arn.find(":scalingPolicy:") != std::string::npos)
      scaling.alarmed(action.account, action.region, action.action_arn, action.alarm_name);
  });
}

std::string ScalingAlarms::put(const std::string& account, const std::string& region,
                               const services::autoscaling::AlarmSpec& spec) {
  namespace cw = aws::cloudwatch;
  cw::PutMetricAlarmInput input;
  input.alarm_name = spec.name;
  input.alarm_description = spec.description;
  input.actions_enabled = true;
  input.alarm_actions = {{spec.action_arn}};
  input.comparison_operator = spec.above ? "GreaterThanThreshold" : "LessThanThreshold";
  input.threshold = spec.threshold;
  input.evaluation_periods = spec.periods;
  if (spec.queries.empty()) {
    input.namespace_ = spec.metric_namespace;
    input.metric_name = spec.metric;
    input.statistic = spec.statistic;
    if (!spec.unit.empty()) input.unit = spec.unit;
    input.period = 60;
    input.dimensions = std::vector<cw::Dimension>{};
    for (const auto& [name, value] : spec.dimensions) input.dimensions->push_back({.name = name, .value = value});
    return cloudwatch_.put_alarm(account, region, input);
  }
  input.metrics = std::vector<cw::MetricDataQuery>{};
  for (const auto& query : spec.queries) {
    cw::MetricDataQuery out;
    out.id = query.id;
    out.expression = query.expression;
    out.label = query.label;
    out.return_data = query.return_data;
    if (query.metric_stat) {
      out.metric_stat = cw::MetricStat{};
      out.metric_stat->period = 60;
      out.metric_stat->stat = query.metric_stat->stat;
      out.metric_stat->unit = query.metric_stat->unit;
      out.metric_stat->metric = cw::Metric{};
      if (const auto& metric = query.metric_stat->metric) {
        out.metric_stat->metric->namespace_ = metric->namespace_;
        out.metric_stat->metric->metric_name = metric->metric_name;
        out.metric_stat->metric->dimensions = std::vector<cw::Dimension>{};
        if (metric->dimensions)
          for (const auto& dimension : *metric->dimensions)
            out.metric_stat->metric->dimensions->push_back({.name = dimension.name, .value = dimension.value});
      }
    }
    input.metrics->push_back(std::move(out));
  }
  return cloudwatch_.put_alarm(account, region, input);
}

std::optional<services::autoscaling::AlarmView> ScalingAlarms::look(const std::string& account,
                                                                    const std::string& region,
                                                                    const std::string& name) {
  const auto found = cloudwatch_.look(account, region, name);
  if (!found) return std::nullopt;
  return services::autoscaling::AlarmView{
      .in_alarm = found->state == "ALARM", .threshold = found->threshold, .value = found->value};
}

}  // namespace stratus::daemon
