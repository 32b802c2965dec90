// What follows a new state: history, events, actions, and the composite alarms that look at it.
#include <algorithm>

#include "stratus/core/log.h"
#include "stratus/services/cloudwatch/service.h"

namespace stratus::services::cloudwatch {
namespace {

/// The actions of one state.
template <class Alarm>
std::vector<std::string> actions_of(const Alarm& alarm, const std::string& state) {
  const auto& list = state == "OK"      ? alarm.ok_actions
                     : state == "ALARM" ? alarm.alarm_actions
                                        : alarm.insufficient_data_actions;
  return list.value_or(std::vector<std::string>{});
}

template <class Alarm>
StateWords words_of(const Alarm& alarm) {
  return {alarm.state_value.value_or(""), alarm.state_reason.value_or(""), alarm.state_reason_data.value_or(""),
          alarm.state_updated_timestamp.value_or(Timestamp{})};
}

template <class Alarm>
void set_state(Alarm& alarm, const std::string& state, const std::string& reason, const std::string& data,
               Timestamp now) {
  if (alarm.state_value != state) alarm.state_transitioned_timestamp = now;
  alarm.state_value = state;
  alarm.state_reason = reason;
  alarm.state_reason_data = data.empty() ? std::nullopt : std::optional(data);
  alarm.state_updated_timestamp = now;
}

}  // namespace

std::string Service::state_of(const std::string& account, const std::string& region,
                              const std::string& name_or_arn) const {
  const state::Key key{account, region, alarm_name_of(name_or_arn)};
  if (const Alarm* row = alarms_.find(key)) return row->alarm.state_value.value_or("");
  if (const Composite* row = composites_.find(key)) return row->alarm.state_value.value_or("");
  return "";
}

Child Service::child_of(const std::string& account, const std::string& region, const std::string& name_or_arn) const {
  const state::Key key{account, region, alarm_name_of(name_or_arn)};
  Child out{alarm_arn(account, region, key.id), state_of(account, region, key.id), {}};
  if (const Alarm* row = alarms_.find(key)) out.at = row->alarm.state_updated_timestamp.value_or(Timestamp{});
  if (const Composite* row = composites_.find(key)) out.at = row->alarm.state_updated_timestamp.value_or(Timestamp{});
  return out;
}

void Service::change_state(const state::Key& key, const std::string& state, const std::string& reason,
                           const std::string& reason_data, Timestamp now) {
  const cw::MetricAlarm before = alarms_.find(key)->alarm;
  const cw::MetricAlarm after =
      alarms_.update(key, [&](Alarm& row) { set_state(row.alarm, state, reason, reason_data, now); }).alarm;
  const std::string old_state = before.state_value.value_or("");
  if (old_state == state) return;
  remember(key, "MetricAlarm", "StateUpdate", "Alarm updated from " + old_state + " to " + state,
           history_of_state(words_of(before), words_of(after)), now);
  const StateChange change{key.account,
                           key.region,
                           key.id,
                           *after.alarm_arn,
                           old_state,
                           state,
                           event_detail(after, words_of(before), words_of(after)),
                           now};
  for (const auto& handler : change_handlers_) handler(change);
  if (after.actions_enabled.value_or(true))
    take_actions(key, *after.alarm_arn, "MetricAlarm", actions_of(after, state), old_state, state,
                 notification(key.account, key.region, after, old_state), now);
  follow(key, now);
}

void Service::take_actions(const state::Key& key, const std::string& arn, const char* type,
                           const std::vector<std::string>& actions, const std::string& old_state,
                           const std::string& new_state, const std::string& message, Timestamp now) {
  for (const std::string& action_arn : actions) {
    const AlarmAction action{.account = key.account,
                             .region = key.region,
                             .alarm_name = key.id,
                             .alarm_arn = arn,
                             .action_arn = action_arn,
                             .old_state = old_state,
                             .new_state = new_state,
                             .subject = new_state + ": \"" + key.id + "\" in " + region_name(key.region),
                             .message = message,
                             .at = now};
    std::string failed = action_handlers_.empty() ? "Nothing here takes actions." : "";
    for (const auto& handler : action_handlers_) {
      try {
        store_.call([&] { handler(action); });
      } catch (const aws::Error& error) {
        failed = error.message;
      }
    }
    remember(key, type, "Action",
             failed.empty() ? "Successfully executed action " + action_arn
                            : "Failed to execute action " + action_arn + ". Received error: \"" + failed + "\"",
             history_of_action(action_arn, failed, now, message), now);
  }
}

void Service::repeat_actions(const state::Key& key, const cw::MetricAlarm& alarm, Timestamp now) {
  if (!alarm.actions_enabled.value_or(true)) return;
  const std::string state = alarm.state_value.value_or("");
  for (const std::string& action_arn : actions_of(alarm, state)) {
    if (action_arn.find(":autoscaling:") == std::string::npos) continue;
    const AlarmAction action{.account = key.account,
                             .region = key.region,
                             .alarm_name = key.id,
                             .alarm_arn = *alarm.alarm_arn,
                             .action_arn = action_arn,
                             .old_state = state,
                             .new_state = state,
                             .subject = "",
                             .message = "",
                             .at = now,
                             .repeated = true};
    for (const auto& handler : action_handlers_) {
      try {
        store_.call([&] { handler(action); });
      } catch (const aws::Error& error) {
        log::warning("cloudwatch.action_failed", {{"alarm", key.id}, {"action", action_arn}, {"error", error.message}});
      }
    }
  }
}

std::string Service::composite_state(const state::Key& key, const cw::CompositeAlarm& alarm) {
  const AlarmRule rule(alarm.alarm_rule.value_or("FALSE"));
  return rule.holds([&](const std::string& name) { return state_of(key.account, key.region, name); }) ? "ALARM" : "OK";
}

void Service::follow(const state::Key& changed, Timestamp now) {
  std::vector<std::string> names;
  for (const Composite* row : composites_.list(changed.account, changed.region))
    names.push_back(*row->alarm.alarm_name);
  for (const std::string& name : names) {
    const state::Key key{changed.account, changed.region, name};
    const Composite* row = composites_.find(key);
    if (row == nullptr || name == changed.id) continue;
    const cw::CompositeAlarm alarm = row->alarm;
    const auto children = AlarmRule(alarm.alarm_rule.value_or("FALSE")).alarms();
    const bool child = std::any_of(children.begin(), children.end(),
                                   [&](const std::string& one) { return alarm_name_of(one) == changed.id; });
    if (child) {
      const std::string state = composite_state(key, alarm);
      if (state != alarm.state_value) {
        const Child cause = child_of(changed.account, changed.region, changed.id);
        change_composite(key, state, cause.arn + " transitioned to " + cause.state + " at " + long_time(cause.at),
                         {cause}, composite_reason_data({cause}), now);
      }
    }
    if (alarm.actions_suppressor && alarm_name_of(*alarm.actions_suppressor) == changed.id)
      suppressor_changed(key, state_of(changed.account, changed.region, changed.id), now);
  }
}

void Service::change_composite(const state::Key& key, const std::string& state, const std::string& reason,
                               const std::vector<Child>& children, const std::string& reason_data, Timestamp now) {
  const Composite before = *composites_.find(key);
  const std::string old_state = before.alarm.state_value.value_or("");
  Composite after = before;
  set_state(after.alarm, state, reason, reason_data, now);
  const bool changed = old_state != state;
  const auto actions = actions_of(after.alarm, state);
  bool take = changed && after.alarm.actions_enabled.value_or(true);
  if (take && after.alarm.actions_suppressor) {
    const std::string suppressor = state_of(key.account, key.region, *after.alarm.actions_suppressor);
    const std::int32_t wait = after.alarm.actions_suppressor_wait_period.value_or(0);
    if (before.held && before.held_from == state) {
      // It is as it was before the actions were held back: there is nothing to tell.
      after.held = false;
      after.wait_until.reset();
      after.alarm.actions_suppressed_by.reset();
      after.alarm.actions_suppressed_reason.reset();
      take = false;
    } else if (suppressor == "ALARM") {
      if (!after.held) after.held_from = old_state;
      after.held = true;
      after.wait_until.reset();
      after.alarm.actions_suppressed_by = "Alarm";
      after.alarm.actions_suppressed_reason = "Actions suppressed by alarm: " + *after.alarm.actions_suppressor;
      take = false;
    } else if (after.extend_until && *after.extend_until > now) {
      if (!after.held) after.held_from = old_state;
      after.held = true;
      after.alarm.actions_suppressed_by = "ExtensionPeriod";
      after.alarm.actions_suppressed_reason = "Actions suppressed by ExtensionPeriod";
      take = false;
    } else if (state == "ALARM" && wait > 0) {
      after.held = true;
      after.held_from = old_state;
      after.wait_until = now + std::chrono::seconds(wait);
      after.alarm.actions_suppressed_by = "WaitPeriod";
      after.alarm.actions_suppressed_reason = "Actions suppressed by WaitPeriod";
      schedule(key, *after.wait_until);
      take = false;
    }
  }
  composites_.put(key, after);
  if (!changed) return;
  remember(key, "CompositeAlarm", "StateUpdate", "Alarm updated from " + old_state + " to " + state,
           history_of_state(words_of(before.alarm), words_of(after.alarm)), now);
  const StateChange change{key.account,
                           key.region,
                           key.id,
                           *after.alarm.alarm_arn,
                           old_state,
                           state,
                           event_detail(after.alarm, words_of(before.alarm), words_of(after.alarm)),
                           now};
  for (const auto& handler : change_handlers_) handler(change);
  if (take)
    take_actions(key, *after.alarm.alarm_arn, "CompositeAlarm", actions, old_state, state,
                 notification(key.account, key.region, after.alarm, old_state, children), now);
  follow(key, now);
}

void Service::suppressor_changed(const state::Key& key, const std::string& suppressor_state, Timestamp now) {
  const Composite* row = composites_.find(key);
  const std::int32_t extension = row->alarm.actions_suppressor_extension_period.value_or(0);
  if (suppressor_state == "ALARM") {
    composites_.update(key, [&](Composite& changed) {
      changed.extend_until.reset();
      changed.wait_until.reset();
      if (!changed.held) return;
      changed.alarm.actions_suppressed_by = "Alarm";
      changed.alarm.actions_suppressed_reason = "Actions suppressed by alarm: " + *changed.alarm.actions_suppressor;
    });
    return;
  }
  if (row->alarm.actions_suppressed_by != "Alarm" && extension == 0) return;
  if (extension > 0) {
    const Timestamp until = now + std::chrono::seconds(extension);
    composites_.update(key, [&](Composite& changed) {
      changed.extend_until = until;
      if (!changed.held) return;
      changed.alarm.actions_suppressed_by = "ExtensionPeriod";
      changed.alarm.actions_suppressed_reason = "Actions suppressed by ExtensionPeriod";
    });
    schedule(key, until);
    return;
  }
  release(key, now);
}

void Service::release(const state::Key& key, Timestamp now) {
  const Composite* row = composites_.find(key);
  if (row == nullptr || !row->held) return;
  if ((row->wait_until && *row->wait_until > now) || (row->extend_until && *row->extend_until > now)) {
    schedule(key, row->wait_until ? *row->wait_until : *row->extend_until);
    return;
  }
  if (row->alarm.actions_suppressor && state_of(key.account, key.region, *row->alarm.actions_suppressor) == "ALARM")
    return;
  const std::string old_state = row->held_from;
  const cw::CompositeAlarm alarm = composites_
                                       .update(key,
                                               [](Composite& changed) {
                                                 changed.held = false;
                                                 changed.wait_until.reset();
                                                 changed.extend_until.reset();
                                                 changed.alarm.actions_suppressed_by.reset();
                                                 changed.alarm.actions_suppressed_reason.reset();
                                               })
                                       .alarm;
  const std::string state = alarm.state_value.value_or("");
  if (!alarm.actions_enabled.value_or(true)) return;
  const AlarmRule rule(alarm.alarm_rule.value_or("FALSE"));
  std::vector<Child> children;
  for (const auto& name : rule.alarms()) {
    const Child child = child_of(key.account, key.region, name);
    if (child.state == state) children.push_back(child);
  }
  take_actions(key, *alarm.alarm_arn, "CompositeAlarm", actions_of(alarm, state), old_state, state,
               notification(key.account, key.region, alarm, old_state, children), now);
}

}  // namespace stratus::services::cloudwatch
