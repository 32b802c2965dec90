// How CloudWatch words what happened to an alarm: reasons, reason data, history, the messages of SNS and EventBridge.
#pragma once

#include <string>

#include "stratus/services/cloudwatch/decision.h"
#include "stratus/services/cloudwatch/resources.h"

namespace stratus::services::cloudwatch {

/// "21.5", "2.0", "1.0E10": a double as Java writes it.
std::string java_double(double value);
/// "2026-11-25T21:00:00.000+0000".
std::string alarm_time(Timestamp time);
/// "Friday 20 November, 2026 13:45:00 UTC".
std::string long_time(Timestamp time);
/// "US East (N. Virginia)"; the region itself where it has no name here.
std::string region_name(const std::string& region);

/// "Threshold Crossed: …" or "Insufficient Data: …". `to` is the new state.
std::string state_reason(const aws::cloudwatch::MetricAlarm& alarm, const Verdict& verdict, const std::string& to);
/// The JSON of StateReasonData. `range` is what was looked at, newest first.
std::string state_reason_data(const aws::cloudwatch::MetricAlarm& alarm, const Verdict& verdict,
                              const std::vector<Point>& range, std::int64_t period, Timestamp now);

/// A state and what is said about it.
struct StateWords {
  std::string value, reason, reason_data;
  Timestamp at;
};

/// HistoryData of a StateUpdate.
std::string history_of_state(const StateWords& before, const StateWords& after);
/// HistoryData of a ConfigurationUpdate: `type` is "Create", "Update" or "Delete".
std::string history_of_configuration(const std::string& type, const aws::cloudwatch::MetricAlarm* metric,
                                     const aws::cloudwatch::CompositeAlarm* composite);
/// HistoryData of an Action.
std::string history_of_action(const std::string& arn, const std::string& error, Timestamp state_changed,
                              const std::string& message);

/// An alarm that made a composite alarm change.
struct Child {
  std::string arn, state;
  Timestamp at;
};
/// {"triggeringAlarms":[…]}
std::string composite_reason_data(const std::vector<Child>& children);

/// The Message that SNS gets.
std::string notification(const std::string& account, const std::string& region,
                         const aws::cloudwatch::MetricAlarm& alarm, const std::string& old_state);
std::string notification(const std::string& account, const std::string& region,
                         const aws::cloudwatch::CompositeAlarm& alarm, const std::string& old_state,
                         const std::vector<Child>& children);
/// The detail of "CloudWatch Alarm State Change".
std::string event_detail(const aws::cloudwatch::MetricAlarm& alarm, const StateWords& before, const StateWords& after);
std::string event_detail(const aws::cloudwatch::CompositeAlarm& alarm, const StateWords& before,
                         const StateWords& after);

}  // namespace stratus::services::cloudwatch
