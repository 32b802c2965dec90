#include "stratus/daemon/alarms.h"

#include "stratus/core/arn.h"

namespace stratus::daemon {

namespace cw = aws::cloudwatch;
using services::cloudwatch::AlarmAction;
using services::cloudwatch::StateChange;

std::string ScalingAlarms::put(const std::string& account, const std::string& region,
                               const services::autoscaling::AlarmSpec& spec) {
  constexpr std::int32_t kPeriod = 60;  // seconds
  cw::PutMetricAlarmInput input;
  input.alarm_name = spec.name;
  input.alarm_description = spec.description;
  input.alarm_actions = std::vector<std::string>{spec.action_arn};
  input.comparison_operator = spec.above ? "GreaterThanThreshold" : "LessThanThreshold";
  input.threshold = spec.threshold;
  input.evaluation_periods = spec.periods;
  if (spec.queries.empty()) {
    input.metric_name = spec.metric;
    input.namespace_ = spec.metric_namespace;
    input.statistic = spec.statistic;
    if (!spec.unit.empty()) input.unit = spec.unit;
    input.period = kPeriod;
    input.dimensions.emplace();
    for (const auto& [name, value] : spec.dimensions) input.dimensions->push_back({name, value});
    return cloudwatch_.put_alarm(account, region, input);
  }
  input.metrics.emplace();
  for (const auto& query : spec.queries) {
    cw::MetricDataQuery one{.id = query.id,
                            .expression = query.expression,
                            .label = query.label,
                            .return_data = query.return_data.value_or(true)};
    if (query.metric_stat) {
      const auto& from = *query.metric_stat;
      cw::MetricStat stat{.metric = cw::Metric{}, .period = kPeriod, .stat = from.stat, .unit = from.unit};
      if (from.metric) {
        stat.metric->namespace_ = from.metric->namespace_;
        stat.metric->metric_name = from.metric->metric_name;
        stat.metric->dimensions.emplace();
        if (from.metric->dimensions)
          for (const auto& dimension : *from.metric->dimensions)
            stat.metric->dimensions->push_back({dimension.name, dimension.value});
      }
      one.metric_stat = std::move(stat);
    }
    input.metrics->push_back(std::move(one));
  }
  return cloudwatch_.put_alarm(account, region, input);
}

std::optional<services::autoscaling::AlarmView> ScalingAlarms::look(const std::string& account,
                                                                    const std::string& region,
                                                                    const std::string& name) {
  const auto found = cloudwatch_.look(account, region, name);
  if (!found) return std::nullopt;
  return services::autoscaling::AlarmView{found->state == "ALARM", found->threshold, found->value};
}

void join_alarms(services::cloudwatch::Service& cloudwatch, services::sns::Service& sns,
                 services::events::Service& events, services::autoscaling::Service& autoscaling,
                 services::fis::Service& fis) {
  cloudwatch.on_alarm_action([&sns, &autoscaling](const AlarmAction& action) {
    const auto arn = Arn::parse(action.action_arn);
    const std::string service = arn ? arn->service : "";
    if (service == "sns") {
      sns.publish_from_service(action.account, action.region, action.action_arn, action.subject, action.message,
                               "cloudwatch.amazonaws.com", action.alarm_arn);
    } else if (service == "autoscaling" || service == "application-autoscaling") {
      autoscaling.alarmed(action.account, action.region, action.action_arn, action.alarm_name);
    } else {
      throw aws::not_implemented("cloudwatch: alarm action " + action.action_arn);
    }
  });
  events.set_metric_sink([&cloudwatch](const services::events::Measured& measured) {
    cloudwatch.record(measured.account, measured.region,
                      {{.metric_namespace = "AWS/Events",
                        .name = measured.name,
                        .dimensions = measured.dimensions,
                        .unit = "Count",
                        .value = 1,
                        .at = measured.at}});
  });
  cloudwatch.on_state_change([&events, &fis](const StateChange& change) {
    fis.notice();
    events.publish(change.account, change.region, "aws.cloudwatch", "CloudWatch Alarm State Change", {change.alarm_arn},
                   change.detail);
  });
}

}  // namespace stratus::daemon
