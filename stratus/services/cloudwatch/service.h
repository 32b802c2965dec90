// Amazon CloudWatch: metrics, alarms, dashboards.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "stratus/core/loop.h"
#include "stratus/models/cloudwatch.h"
#include "stratus/services/cloudwatch/aggregate.h"
#include "stratus/services/cloudwatch/decision.h"
#include "stratus/services/cloudwatch/metric_store.h"
#include "stratus/services/cloudwatch/resources.h"
#include "stratus/services/cloudwatch/rule.h"
#include "stratus/services/cloudwatch/words.h"
#include "stratus/state/store.h"

namespace stratus::services::cloudwatch {

namespace cw = aws::cloudwatch;

/// What another service measured.
struct Datum {
  std::string metric_namespace, name;
  std::map<std::string, std::string> dimensions;
  std::string unit;  ///< "Count", "Percent", …; "" is "None"
  double value = 0;
  Timestamp at;
  std::optional<Aggregate> values{};  ///< many values instead of the one
  bool high_resolution = false;       ///< kept by the second
};

/// An action that an alarm takes: one for each ARN of the new state's list.
struct AlarmAction {
  std::string account, region, alarm_name, alarm_arn, action_arn;
  std::string old_state, new_state;
  std::string subject, message;  ///< as SNS sends them
  Timestamp at;
  bool repeated =
      false;  ///< an Auto Scaling action of an alarm that stays in its state: taken again at each evaluation
};

/// For EventBridge: source "aws.cloudwatch", detail type "CloudWatch Alarm State Change", the alarm as resource.
struct StateChange {
  std::string account, region, alarm_name, alarm_arn, old_state, new_state, detail;
  Timestamp at;
};

struct AlarmLook {
  std::string arn, state;
  double threshold = 0;
  std::optional<double> value;  ///< of the newest period that has data
  Duration window{0};           ///< that it looks at: its period times its evaluation periods; of a composite one none
};

class Service final : public cw::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store);

  /// Begins to evaluate alarms and to roll up what is old.
  void start();

  /// Stores what a service measured. Namespaces that begin with "AWS/" are for this call only.
  void record(const std::string& account, const std::string& region, const std::vector<Datum>& data);

  // Alarms for services (Application Auto Scaling); refusals as aws::Error.
  /// Creates or replaces; the result is the ARN.
  std::string put_alarm(const std::string& account, const std::string& region, const cw::PutMetricAlarmInput& input);
  /// Unknown names are success.
  void remove_alarms(const std::string& account, const std::string& region, const std::vector<std::string>& names);
  std::optional<AlarmLook> look(const std::string& account, const std::string& region, const std::string& name);
  /// Names and ARNs of the alarms that have `action_arn` among their actions.
  std::vector<std::pair<std::string, std::string>> alarms_with_action(const std::string& account,
                                                                      const std::string& region,
                                                                      const std::string& action_arn) const;

  /// Called inside the call that changes the state, so that what the handler stores is durable with it. What the
  /// handler throws is the action's failure, and stands in the alarm's history.
  void on_alarm_action(std::function<void(const AlarmAction&)> handler) {
    action_handlers_.push_back(std::move(handler));
  }
  void on_state_change(std::function<void(const StateChange&)> handler) {
    change_handlers_.push_back(std::move(handler));
  }

  /// Forgets what lies outside of the typed tables: data points and history of an account ("" is all).
  void clear(const std::string& account);
  std::size_t alarm_count(const std::string& account) const;

  cw::DeleteAlarmsResponse delete_alarms(aws::Context&, const cw::DeleteAlarmsInput&) override;
  cw::DeleteDashboardsOutput delete_dashboards(aws::Context&, const cw::DeleteDashboardsInput&) override;
  cw::DescribeAlarmHistoryOutput describe_alarm_history(aws::Context&, const cw::DescribeAlarmHistoryInput&) override;
  cw::DescribeAlarmsOutput describe_alarms(aws::Context&, const cw::DescribeAlarmsInput&) override;
  cw::DescribeAlarmsForMetricOutput describe_alarms_for_metric(aws::Context&,
                                                               const cw::DescribeAlarmsForMetricInput&) override;
  cw::DisableAlarmActionsResponse disable_alarm_actions(aws::Context&, const cw::DisableAlarmActionsInput&) override;
  cw::EnableAlarmActionsResponse enable_alarm_actions(aws::Context&, const cw::EnableAlarmActionsInput&) override;
  cw::GetDashboardOutput get_dashboard(aws::Context&, const cw::GetDashboardInput&) override;
  cw::GetMetricDataOutput get_metric_data(aws::Context&, const cw::GetMetricDataInput&) override;
  cw::GetMetricStatisticsOutput get_metric_statistics(aws::Context&, const cw::GetMetricStatisticsInput&) override;
  cw::ListDashboardsOutput list_dashboards(aws::Context&, const cw::ListDashboardsInput&) override;
  cw::ListMetricsOutput list_metrics(aws::Context&, const cw::ListMetricsInput&) override;
  cw::ListTagsForResourceOutput list_tags_for_resource(aws::Context&, const cw::ListTagsForResourceInput&) override;
  cw::PutCompositeAlarmResponse put_composite_alarm(aws::Context&, const cw::PutCompositeAlarmInput&) override;
  cw::PutDashboardOutput put_dashboard(aws::Context&, const cw::PutDashboardInput&) override;
  cw::PutMetricAlarmResponse put_metric_alarm(aws::Context&, const cw::PutMetricAlarmInput&) override;
  cw::PutMetricDataResponse put_metric_data(aws::Context&, const cw::PutMetricDataInput&) override;
  cw::SetAlarmStateResponse set_alarm_state(aws::Context&, const cw::SetAlarmStateInput&) override;
  cw::TagResourceOutput tag_resource(aws::Context&, const cw::TagResourceInput&) override;
  cw::UntagResourceOutput untag_resource(aws::Context&, const cw::UntagResourceInput&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  // On the clock.
  void reconcile() override;
  void schedule(const state::Key& key, Timestamp at);
  Timestamp next_evaluation(const Alarm& row, Timestamp now) const;
  void evaluate(const state::Key& key);
  /// What an alarm looks at now: its evaluation range, newest first.
  std::vector<Point> points_of(const state::Key& key, const cw::MetricAlarm& alarm, Timestamp now);
  void keep_house(Timestamp now);

  // What a new state does.
  void change_state(const state::Key& key, const std::string& state, const std::string& reason,
                    const std::string& reason_data, Timestamp now);
  void change_composite(const state::Key& key, const std::string& state, const std::string& reason,
                        const std::vector<Child>& children, const std::string& reason_data, Timestamp now);
  /// Composite alarms that look at `changed`, and those that it suppresses.
  void follow(const state::Key& changed, Timestamp now);
  void suppressor_changed(const state::Key& composite, const std::string& suppressor_state, Timestamp now);
  void release(const state::Key& composite, Timestamp now);
  void take_actions(const state::Key& key, const std::string& alarm_arn, const char* type,
                    const std::vector<std::string>& actions, const std::string& old_state, const std::string& new_state,
                    const std::string& message, Timestamp now);
  void repeat_actions(const state::Key& key, const cw::MetricAlarm& alarm, Timestamp now);
  std::string state_of(const std::string& account, const std::string& region, const std::string& name_or_arn) const;
  Child child_of(const std::string& account, const std::string& region, const std::string& name_or_arn) const;
  std::string composite_state(const state::Key& key, const cw::CompositeAlarm& alarm);
  void remember(const state::Key& key, const char* type, const char* item, const std::string& summary,
                const std::string& data, Timestamp now);

  void set_actions_enabled(const aws::Context& context, const std::vector<std::string>& names, bool enabled);
  void check_alarm_name_free(const state::Key& key, bool composite) const;
  std::map<std::string, std::string> tags_of(const aws::Context& context, const std::string& arn, bool& found) const;
  void set_tags(const aws::Context& context, const std::string& arn, std::map<std::string, std::string> tags);

  Loop& loop_;
  state::Store& store_;
  MetricStore metrics_;
  state::Table<Alarm> alarms_;
  state::Table<Composite> composites_;
  state::Table<Dashboard> dashboards_;
  std::vector<std::function<void(const AlarmAction&)>> action_handlers_;
  std::vector<std::function<void(const StateChange&)>> change_handlers_;
  /// When an alarm is next looked at. An entry whose alarm is gone is dropped when its time comes.
  std::map<state::Key, Timestamp> due_;
  std::set<std::pair<Timestamp, state::Key>> queue_;
  Timestamp house_kept_{};
};

std::string alarm_arn(const std::string& account, const std::string& region, const std::string& name);
aws::Error invalid_value(std::string message);

}  // namespace stratus::services::cloudwatch
