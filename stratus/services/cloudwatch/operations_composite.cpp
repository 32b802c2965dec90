#include <algorithm>
#include <set>

#include "stratus/services/cloudwatch/query.h"
#include "stratus/services/cloudwatch/service.h"

namespace stratus::services::cloudwatch {
namespace {

using Strings = std::vector<std::string>;

}  // namespace

cw::PutCompositeAlarmResponse Service::put_composite_alarm(aws::Context& context,
                                                           const cw::PutCompositeAlarmInput& in) {
  const state::Key key{context.account, context.region, *in.alarm_name};
  check_alarm_name_free(key, true);
  std::optional<AlarmRule> rule;
  try {
    rule.emplace(*in.alarm_rule);
  } catch (const ExpressionError& error) {
    throw validation_error(std::string("AlarmRule is invalid: ") + error.what());
  }
  const auto exists = [&](const std::string& name) {
    const state::Key child{context.account, context.region, alarm_name_of(name)};
    return alarms_.find(child) != nullptr || composites_.find(child) != nullptr;
  };
  Strings missing;
  for (const auto& name : rule->alarms())
    if (!exists(name) && alarm_name_of(name) != key.id) missing.push_back(alarm_name_of(name));
  if (!missing.empty()) {
    std::string names;
    for (const auto& name : missing) names += (names.empty() ? "" : ", ") + name;
    throw validation_error("Could not save the composite alarm as alarms [" + names +
                           "] in the alarm rule do not exist");
  }
  // A rule that reaches this alarm again, by whatever way, could never settle.
  std::set<std::string> seen;
  std::vector<std::string> todo;
  for (const auto& name : rule->alarms()) todo.push_back(alarm_name_of(name));
  while (!todo.empty()) {
    const std::string name = todo.back();
    todo.pop_back();
    if (name == key.id) throw validation_error("Could not save the composite alarm as the alarm rule contains a cycle");
    if (!seen.insert(name).second) continue;
    if (const Composite* child = composites_.find(context.account, context.region, name))
      for (const auto& next : AlarmRule(*child->alarm.alarm_rule).alarms()) todo.push_back(alarm_name_of(next));
  }
  if (in.actions_suppressor) {
    if (!in.actions_suppressor_wait_period || !in.actions_suppressor_extension_period)
      throw validation_error(
          "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required if ActionsSuppressor is "
          "specified.");
    if (*in.actions_suppressor_wait_period < 0 || *in.actions_suppressor_extension_period < 0)
      throw validation_error("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must not be negative.");
    if (!exists(*in.actions_suppressor))
      throw validation_error("Could not save the composite alarm as the actions suppressor alarm [" +
                             alarm_name_of(*in.actions_suppressor) + "] does not exist");
  } else if (in.actions_suppressor_wait_period || in.actions_suppressor_extension_period) {
    throw validation_error(
        "ActionsSuppressor is required if ActionsSuppressorWaitPeriod or ActionsSuppressorExtensionPeriod is "
        "specified.");
  }

  const Composite* before = composites_.find(key);
  const bool created = before == nullptr;
  Composite row = created ? Composite{} : *before;
  if (created && in.tags)
    for (const auto& tag : *in.tags) row.tags[*tag.key] = tag.value.value_or("");
  cw::CompositeAlarm& alarm = row.alarm;
  alarm.alarm_name = key.id;
  alarm.alarm_arn = alarm_arn(context.account, context.region, key.id);
  alarm.alarm_rule = in.alarm_rule;
  alarm.alarm_description = in.alarm_description;
  alarm.actions_enabled = in.actions_enabled.value_or(true);
  alarm.ok_actions = in.ok_actions.value_or(Strings{});
  alarm.alarm_actions = in.alarm_actions.value_or(Strings{});
  alarm.insufficient_data_actions = in.insufficient_data_actions.value_or(Strings{});
  alarm.actions_suppressor = in.actions_suppressor;
  alarm.actions_suppressor_wait_period = in.actions_suppressor_wait_period;
  alarm.actions_suppressor_extension_period = in.actions_suppressor_extension_period;
  alarm.alarm_configuration_updated_timestamp = context.now;
  if (created) {
    alarm.state_value = "INSUFFICIENT_DATA";
    alarm.state_reason = "Unchecked: Initial alarm creation";
    alarm.state_updated_timestamp = alarm.state_transitioned_timestamp = context.now;
  }
  if (!in.actions_suppressor) {
    row.held = false;
    row.wait_until.reset();
    row.extend_until.reset();
    alarm.actions_suppressed_by.reset();
    alarm.actions_suppressed_reason.reset();
  }
  composites_.put(key, row);
  remember(key, "CompositeAlarm", "ConfigurationUpdate", "Alarm \"" + key.id + (created ? "\" created" : "\" updated"),
           history_of_configuration(created ? "Create" : "Update", nullptr, &alarm), context.now);
  const std::string state = composite_state(key, alarm);
  if (state != alarm.state_value) {
    std::vector<Child> children;
    for (const auto& name : rule->alarms()) children.push_back(child_of(context.account, context.region, name));
    change_composite(key, state,
                     *alarm.alarm_arn +
                         (created ? " was created and its alarm rule evaluates to "
                                  : " was updated and its new alarm rule evaluates to ") +
                         state,
                     children, composite_reason_data(children), context.now);
  }
  return {};
}

}  // namespace stratus::services::cloudwatch
