// How experiments go on: pending, initiating, running, and one of the ends. Each step is one call of the store, so that
// a process that is killed between two of them leaves an experiment that the next one takes up.
#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/fis/catalogue.h"
#include "stratus/services/fis/service.h"
#include "stratus/services/fis/targets.h"

namespace stratus::services::fis {
namespace {

constexpr Duration kKept = std::chrono::hours(24 * 120);
constexpr Duration kLook{1'000};  ///< how often stop conditions are looked at

/// Thrown inside of an action; its text becomes the action's reason.
struct ActionFailed {
  std::string reason;
};

std::string parameter(const f::ExperimentAction& action, const std::string& name) {
  if (!action.parameters) return "";
  const auto found = action.parameters->find(name);
  return found == action.parameters->end() ? "" : found->second;
}

std::string member(const std::string& name, const std::string& value) {
  return text::json_quote(name) + ":" + text::json_quote(value);
}

const std::string& status_of(const Experiment& row) { return *row.is.state->status; }

}  // namespace

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  bool any = false;
  for (const auto& [key, row] : experiments_.all()) {
    if (is_over(status_of(*row))) {
      if (row->is.end_time && now - *row->is.end_time > kKept) store_.call([&, key = key] { experiments_.erase(key); });
      continue;
    }
    any = true;
    while (advance(key)) continue;
  }
  if (any) wake_in(kLook);
}

bool Service::advance(const state::Key& key) {
  bool more = false;
  store_.call([&] {
    Experiment row = *experiments_.find(key);
    const std::string status = status_of(row);
    if (is_over(status)) return;
    const SafetyLever* lever = levers_.find(key.account, key.region, "default");
    const std::string alarm = status == "stopping" ? "" : halted_by(row);
    if (status != "stopping" && lever != nullptr && lever->status == "engaged") {
      begin_stop(key, row, "Experiment halted by the safety lever.");
      more = true;
    } else if (!alarm.empty()) {
      begin_stop(key, row, "Experiment halted by stop condition: " + alarm);
      more = true;
    } else if (status == "pending") {
      set_state(key, row, "initiating", "Experiment is initiating.");
      more = true;
    } else if (status == "initiating") {
      more = initiate(key, row);
    } else if (status == "running") {
      more = run(key, row);
    } else {
      more = end_stopping(key, row);
    }
    if (more) experiments_.put(key, row);
  });
  return more;
}

std::string Service::halted_by(const Experiment& row) {
  if (row.is.stop_conditions)
    for (const auto& condition : *row.is.stop_conditions)
      if (condition.source == "aws:cloudwatch:alarm" && ports_.alarms.state(*condition.value) == "ALARM")
        return *condition.value;
  return "";
}

bool Service::initiate(const state::Key& key, Experiment& row) {
  if (!ports_.roles.trusts(*row.is.role_arn)) {
    fail(key, row,
         "Unable to assume role. Verify that the role exists and has the required trust policy: " + *row.is.role_arn);
    return true;
  }
  for (const auto& condition : row.is.stop_conditions.value_or(std::vector<f::ExperimentStopCondition>{}))
    if (condition.source == "aws:cloudwatch:alarm" && !ports_.alarms.state(*condition.value)) {
      fail(key, row, "The alarm of a stop condition does not exist: " + *condition.value);
      return true;
    }
  if (row.is.log_configuration && row.is.log_configuration->cloud_watch_logs_configuration) {
    const auto& arn = *row.is.log_configuration->cloud_watch_logs_configuration->log_group_arn;
    if (!ports_.journal.group_exists(key.account, key.region, log_group_in(arn))) {
      row.is.log_configuration.reset();  // there is nothing to write to
      fail(key, row, "The log group does not exist: " + arn);
      return true;
    }
  }
  write_journal(key, row, "experiment-start",
                member("experiment_template_id", *row.is.experiment_template_id) + "," +
                    member("experiment_start_time", to_rfc3339(*row.is.start_time)));
  row.targets.clear();
  for (const auto& [name, target] : *row.is.targets)
    row.targets.push_back({name, *target.resource_type,
                           resolve_target(target, key.account, key.region, ports_.tasks, ports_.network, random_)});
  const bool skip_empty = row.is.experiment_options->empty_target_resolution_mode == "skip";
  for (const auto& target : row.targets) {
    write_journal(
        key, row, "target-resolution-end",
        member("target_name", target.name) + "," + member("target_information", text::join(target.arns, ",")));
    if (!target.arns.empty() || skip_empty) continue;
    fail(key, row, "Target resolution returned empty set for target: " + target.name);
    return true;
  }
  const bool skip_all = row.is.experiment_options->actions_mode == "skip-all";
  for (auto& [name, action] : *row.is.actions) {
    const bool empty = action.targets && !action.targets->empty() && targets_of(row, action).empty();
    if (skip_all)
      set_state(key, row, name, "skipped", "Actions mode is skip-all.");
    else if (empty)
      set_state(key, row, name, "skipped", "Target resolution returned empty set.");
  }
  set_state(key, row, "running", "Experiment is running.");
  return true;
}

std::vector<std::string> Service::targets_of(const Experiment& row, const f::ExperimentAction& action) const {
  std::vector<std::string> out;
  if (!action.targets) return out;
  for (const auto& [kind, name] : *action.targets)
    for (const auto& target : row.targets)
      if (target.name == name) out.insert(out.end(), target.arns.begin(), target.arns.end());
  return out;
}

bool Service::run(const state::Key& key, Experiment& row) {
  bool changed = false, all = true;
  const auto status = [&](const std::string& name) { return *row.is.actions->at(name).state->status; };
  for (const auto& [name, action] : *row.is.actions) {
    const std::string before = status(name);
    if (before == "pending") {
      const auto after = action.start_after.value_or(std::vector<std::string>{});
      const bool due = std::all_of(after.begin(), after.end(), [&](const std::string& one) {
        return status(one) == "completed" || status(one) == "skipped";
      });
      if (due) start_action(key, row, name);
    } else if (before == "running") {
      follow_action(key, row, name);
    }
    changed = changed || status(name) != before;
    all = all && (status(name) == "completed" || status(name) == "skipped");
    if (status(name) == "failed") {
      fail(key, row, "Action " + name + " failed: " + *row.is.actions->at(name).state->reason);
      return true;
    }
  }
  if (all) {
    set_state(key, row, "completed", "Experiment completed.");
    changed = true;
  }
  return changed;
}

void Service::start_action(const state::Key& key, Experiment& row, const std::string& name) {
  const f::ExperimentAction action = row.is.actions->at(name);  // a copy: its state changes below
  set_state(key, row, name, "running", "Action is running.");
  try {
    ActionRun& mine = row.runs[name];
    const std::string& id = *action.action_id;
    if (id == "aws:fis:wait")
      mine.until = loop_.clock().now() + *parse_duration(parameter(action, "duration"));
    else if (id == "aws:cloudwatch:assert-alarm-state")
      assert_alarms(row, action);
    else if (id == "aws:ecs:stop-task")
      stop_tasks(row, action, mine);
    else if (id == "aws:network:disrupt-connectivity")
      disrupt(row, action, mine);
    else
      throw ActionFailed{"Action " + id + " is not implemented by Stratus."};
    if (mine.fault.empty() && !mine.until) set_state(key, row, name, "completed", "Action was completed.");
  } catch (const ActionFailed& failed) {
    set_state(key, row, name, "failed", failed.reason);
  } catch (const aws::Error& error) {
    set_state(key, row, name, "failed", error.message);
  }
}

void Service::check_role(const Experiment& row, const std::string& action, const std::string& resource) {
  if (!ports_.roles.allows(*row.is.role_arn, action, resource))
    throw ActionFailed{*row.is.role_arn + " is not authorized to perform: " + action + " on resource: " + resource};
}

void Service::assert_alarms(const Experiment& row, const f::ExperimentAction& action) {
  check_role(row, "cloudwatch:DescribeAlarms", "*");
  const auto wanted = text::split(parameter(action, "alarmStates"), ',');
  for (const auto& arn : text::split(parameter(action, "alarmArns"), ',')) {
    const auto state = ports_.alarms.state(arn);
    if (!state) throw ActionFailed{"The alarm does not exist: " + arn};
    if (std::find(wanted.begin(), wanted.end(), *state) == wanted.end())
      throw ActionFailed{"The alarm " + arn + " is in state " + *state + "."};
  }
}

void Service::stop_tasks(const Experiment& row, const f::ExperimentAction& action, ActionRun& mine) {
  const auto arns = targets_of(row, action);
  for (const auto& arn : arns) check_role(row, "ecs:StopTask", arn);
  FaultRequest request{.kind = "stop-task", .origin = *row.is.arn};
  const auto arn = Arn::parse(*row.is.arn);
  request.account = arn->account;
  request.region = arn->region;
  // One that ended since the targets were resolved needs no stopping.
  for (const auto& task : ports_.tasks.running(request.account, request.region))
    if (std::find(arns.begin(), arns.end(), task.arn) != arns.end()) request.tasks.push_back(task.arn);
  if (!request.tasks.empty()) mine.fault = faults_.begin(request);
}

void Service::disrupt(const Experiment& row, const f::ExperimentAction& action, ActionRun& mine) {
  check_role(row, "ec2:CreateNetworkAcl", "*");
  const auto arn = Arn::parse(*row.is.arn);
  FaultRequest request{.kind = "network-cut", .account = arn->account, .region = arn->region, .origin = *row.is.arn};
  request.lasts = parse_duration(parameter(action, "duration"));
  if (const auto scope = parameter(action, "scope"); scope != "all") request.scope = scope;
  for (const auto& subnet : targets_of(row, action)) request.subnets.push_back(subnet.substr(subnet.rfind('/') + 1));
  mine.fault = faults_.begin(request);
}

void Service::follow_action(const state::Key& key, Experiment& row, const std::string& name) {
  const ActionRun& mine = row.runs[name];
  if (mine.until && loop_.clock().now() < *mine.until) return;
  if (!mine.fault.empty()) {
    const Fault* fault = faults_.find(mine.fault);
    if (fault != nullptr && fault->state == "running") return;
    if (fault != nullptr && fault->state == "failed") return set_state(key, row, name, "failed", fault->reason);
  }
  set_state(key, row, name, "completed", "Action was completed.");
}

void Service::begin_stop(const state::Key& key, Experiment& row, const std::string& reason) {
  for (const auto& [name, action] : *row.is.actions) {
    const std::string status = *action.state->status;
    if (status == "pending") set_state(key, row, name, "cancelled", "Action was cancelled.");
    if (status == "running") set_state(key, row, name, "stopping", "Action is stopping.");
  }
  for (const auto& [name, mine] : row.runs)
    if (!mine.fault.empty()) faults_.end(mine.fault, "the experiment was stopped");
  set_state(key, row, "stopping", reason);
}

bool Service::end_stopping(const state::Key& key, Experiment& row) {
  for (const auto& [name, mine] : row.runs) {
    const Fault* fault = mine.fault.empty() ? nullptr : faults_.find(mine.fault);
    if (fault == nullptr) continue;
    if (fault->state == "running") faults_.end(mine.fault, "the experiment was stopped");
    if (!faults_.settled(mine.fault)) {
      faults_.when_settled(mine.fault, [this] { wake(); });
      return false;
    }
  }
  for (const auto& [name, action] : *row.is.actions)
    if (*action.state->status == "stopping") set_state(key, row, name, "stopped", "Action was stopped.");
  const std::string why = *row.is.state->reason;
  set_state(key, row, "stopped", why == "Experiment is stopping." ? "Experiment stopped." : why);
  return true;
}

void Service::fail(const state::Key& key, Experiment& row, const std::string& reason) {
  for (const auto& [name, action] : *row.is.actions) {
    const std::string status = *action.state->status;
    if (status == "pending") set_state(key, row, name, "cancelled", "Action was cancelled.");
    if (status == "running") set_state(key, row, name, "stopped", "Action was stopped.");
  }
  for (const auto& [name, mine] : row.runs)
    if (!mine.fault.empty()) faults_.end(mine.fault, "the experiment failed");
  set_state(key, row, "failed", "Experiment failed. " + reason);
}

void Service::set_state(const state::Key& key, Experiment& row, const std::string& status, const std::string& reason) {
  const std::string before = status_of(row);
  row.is.state = f::ExperimentState{.status = status, .reason = reason.substr(0, 512)};
  if (is_over(status)) row.is.end_time = loop_.clock().now();
  log::info("fis.experiment", {{"experiment", key.id}, {"state", status}, {"reason", reason}});
  if (is_over(status))
    write_journal(key, row, "experiment-end",
                  member("experiment_end_time", to_rfc3339(*row.is.end_time)) + ",\"experiment_state\":{" +
                      member("status", status) + "," + member("reason", reason) + "}");
  ports_.events.publish(key.account, key.region, *row.is.arn,
                        "{" + member("experiment-id", key.id) + "," +
                            member("experiment-template-id", *row.is.experiment_template_id) + ",\"new-state\":{" +
                            member("status", status) + "," + member("reason", reason) + "},\"old-state\":{" +
                            member("status", before) + "}}");
}

void Service::set_state(const state::Key& key, Experiment& row, const std::string& name, const std::string& status,
                        const std::string& reason) {
  auto& action = row.is.actions->at(name);
  action.state = f::ExperimentActionState{.status = status, .reason = reason.substr(0, 512)};
  const bool begins = status == "running", ends = is_over(status) && action.start_time;
  const Timestamp now = loop_.clock().now();
  if (begins) action.start_time = now;
  if (ends) action.end_time = now;
  if (!begins && !ends) return;
  write_journal(key, row,
                status == "failed" ? "action-error"
                : begins           ? "action-start"
                                   : "action-end",
                member("action_name", name) + "," + member("action_id", *action.action_id) + "," +
                    member(begins ? "action_start_time" : "action_end_time", to_rfc3339(now)) + ",\"action_state\":{" +
                    member("status", status) + "," + member("reason", reason) + "}");
}

void Service::write_journal(const state::Key& key, const Experiment& row, const std::string& type,
                            const std::string& details_json) {
  if (!row.is.log_configuration || !row.is.log_configuration->cloud_watch_logs_configuration) return;
  const Timestamp now = loop_.clock().now();
  const std::string group = log_group_in(*row.is.log_configuration->cloud_watch_logs_configuration->log_group_arn);
  const auto version = std::to_string(row.is.log_configuration->log_schema_version.value_or(2));
  try {
    ports_.journal.append(key.account, key.region, group, "/aws/fis/experiment/" + key.id, now,
                          "{" + member("id", key.id) + "," + member("log_type", type) + "," +
                              member("event_timestamp", to_rfc3339(now)) + "," + member("version", version) +
                              ",\"details\":{" + details_json + "}}");
  } catch (const aws::Error& error) {
    log::warning("fis.not_logged", {{"experiment", key.id}, {"group", group}, {"error", error.message}});
  }
}

}  // namespace stratus::services::fis
