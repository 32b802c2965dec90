// What an experiment template must be, before it is stored.
#include <algorithm>
#include <set>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/fis/catalogue.h"
#include "stratus/services/fis/service.h"
#include "stratus/services/fis/targets.h"

namespace stratus::services::fis {
namespace {

using f::errors::ValidationException;
using Actions = std::map<std::string, f::ExperimentTemplateAction>;
using Targets = std::map<std::string, f::ExperimentTemplateTarget>;

const std::set<std::string> kScopes = {"all", "availability-zone", "vpc"};
const std::set<std::string> kScopesNotDone = {"dynamodb", "prefix-list", "s3"};

void check_stop_conditions(const std::vector<f::ExperimentTemplateStopCondition>& conditions) {
  for (const auto& condition : conditions) {
    const std::string& source = *condition.source;
    if (source == "none") {
      if (condition.value) throw ValidationException("A stop condition of source none takes no value.");
      continue;
    }
    if (source != "aws:cloudwatch:alarm") throw ValidationException("Invalid stop condition source: " + source);
    const auto arn = Arn::parse(condition.value.value_or(""));
    if (!arn || arn->service != "cloudwatch" || !arn->resource.starts_with("alarm:"))
      throw ValidationException(
          "The value of a stop condition of source aws:cloudwatch:alarm must be the ARN of an alarm.");
  }
}

void check_target(const std::string& name, const f::ExperimentTemplateTarget& target, const std::string& operation) {
  const std::string& type = *target.resource_type;
  if (presence_of(type) == Presence::unknown)
    throw ValidationException("Target " + name + ": invalid resource type: " + type);
  if (presence_of(type) == Presence::here) throw aws::not_implemented(operation + ": resource type " + type);
  const bool arns = target.resource_arns && !target.resource_arns->empty();
  const bool tags = target.resource_tags && !target.resource_tags->empty();
  const bool parameters = target.parameters && !target.parameters->empty();
  const bool filters = target.filters && !target.filters->empty();
  if (!valid_selection(*target.selection_mode))
    throw ValidationException("Invalid selection mode of target " + name + ": " + *target.selection_mode);
  if (arns && (tags || filters))
    throw ValidationException("Target " + name + " cannot have both resource ARNs and resource tags or filters.");
  if (!arns && !tags && !parameters && !filters)
    throw ValidationException("Target " + name + " must have resource ARNs, resource tags, filters or parameters.");
  if (const auto* kind = find_resource_type(*target.resource_type); kind != nullptr && parameters)
    for (const auto& [parameter, value] : *target.parameters)
      if (std::none_of(kind->parameters.begin(), kind->parameters.end(),
                       [&, parameter = parameter](const auto& known) { return known.name == parameter; }))
        throw ValidationException("Target " + name + ": " + *target.resource_type + " has no parameter " + parameter +
                                  " (" + value + ").");
}

void check_parameters(const std::string& name, const ActionKind& kind, const f::ExperimentTemplateAction& action,
                      const std::string& operation) {
  const auto given = action.parameters.value_or(std::map<std::string, std::string>{});
  for (const auto& known : kind.parameters)
    if (known.required && given.count(known.name) == 0)
      throw ValidationException("Action " + name + " must have the parameter " + known.name + ".");
  for (const auto& [parameter, value] : given) {
    if (kind.id == "aws:network:disrupt-connectivity" && parameter == "prefixListIdentifier")
      throw aws::not_implemented(operation + ": " + kind.id + ": prefixListIdentifier");
    if (std::none_of(kind.parameters.begin(), kind.parameters.end(),
                     [&, parameter = parameter](const auto& known) { return known.name == parameter; }))
      throw ValidationException("Action " + name + ": " + kind.id + " has no parameter " + parameter + ".");
    if (parameter == "duration") {
      const auto lasts = parse_duration(value);
      if (!lasts || *lasts < std::chrono::minutes(1) || *lasts > std::chrono::hours(12))
        throw ValidationException("Action " + name +
                                  ": duration must be from one minute to 12 hours (ISO 8601): " + value);
    }
    if (parameter == "scope" && kScopes.count(value) == 0) {
      if (kScopesNotDone.count(value) != 0) throw aws::not_implemented(operation + ": " + kind.id + ": scope " + value);
      throw ValidationException("Action " + name + ": invalid scope: " + value);
    }
    if (parameter == "alarmStates")
      for (const auto& state : text::split(value, ','))
        if (state != "OK" && state != "ALARM" && state != "INSUFFICIENT_DATA")
          throw ValidationException("Action " + name + ": invalid alarm state: " + state);
  }
}

void check_action(const std::string& name, const f::ExperimentTemplateAction& action, const Actions& actions,
                  const Targets& targets, const std::string& operation) {
  const std::string& id = *action.action_id;
  for (const auto& before : action.start_after.value_or(std::vector<std::string>{}))
    if (actions.count(before) == 0 || before == name)
      throw ValidationException("Action " + name + " cannot start after " + before + ".");
  const auto given = action.targets.value_or(std::map<std::string, std::string>{});
  for (const auto& [key, target] : given)
    if (targets.count(target) == 0)
      throw ValidationException("Action " + name + ": there is no target " + target + ".");
  const ActionKind* kind = find_action(id);
  const ActionNotDone* not_done = find_action_not_done(id);
  if (kind == nullptr && not_done == nullptr) throw ValidationException("Invalid action ID: " + id);
  // What finds no target is never done: it may stand.
  if (not_done != nullptr && presence_of(not_done->resource_type) != Presence::absent)
    throw aws::not_implemented(operation + ": action " + id);
  const std::string wanted(kind != nullptr ? kind->target : not_done->target);
  const std::string wanted_type(kind != nullptr ? kind->resource_type : not_done->resource_type);
  if (wanted.empty() && !given.empty()) throw ValidationException("Action " + name + ": " + id + " takes no targets.");
  if (!wanted.empty()) {
    const auto target = given.find(wanted);
    if (given.size() != 1 || target == given.end())
      throw ValidationException("Action " + name + ": " + id + " takes one target: " + wanted + ".");
    if (const auto& type = *targets.at(target->second).resource_type; type != wanted_type)
      throw ValidationException("Action " + name + ": target " + target->second + " is of type " + type + ", not " +
                                wanted_type + ".");
  }
  if (kind != nullptr) check_parameters(name, *kind, action, operation);
}

/// An order of the actions in which each comes after those that it starts after must exist.
void check_no_circle(const Actions& actions) {
  std::set<std::string> done;
  for (bool more = true; more && done.size() < actions.size();) {
    more = false;
    for (const auto& [name, action] : actions) {
      const auto after = action.start_after.value_or(std::vector<std::string>{});
      if (done.count(name) == 0 &&
          std::all_of(after.begin(), after.end(), [&](const auto& one) { return done.count(one) != 0; }))
        more = done.insert(name).second;
    }
  }
  if (done.size() < actions.size()) throw ValidationException("The actions start after each other in a circle.");
}

}  // namespace

std::string log_group_in(const std::string& text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "logs" || !arn->resource.starts_with("log-group:")) return "";
  const std::string rest = arn->resource.substr(10);
  return rest.substr(0, rest.find(':'));
}

void check_template(const f::ExperimentTemplate& wanted, const std::string& operation) {
  const Actions actions = wanted.actions.value_or(Actions{});
  const Targets targets = wanted.targets.value_or(Targets{});
  if (actions.empty()) throw ValidationException("An experiment template must have at least one action.");
  const auto role = Arn::parse(wanted.role_arn.value_or(""));
  if (!role || role->service != "iam" || !role->resource.starts_with("role/"))
    throw ValidationException("Invalid role ARN: " + wanted.role_arn.value_or(""));
  check_stop_conditions(wanted.stop_conditions.value_or(std::vector<f::ExperimentTemplateStopCondition>{}));
  for (const auto& [name, target] : targets) check_target(name, target, operation);
  for (const auto& [name, action] : actions) check_action(name, action, actions, targets, operation);
  check_no_circle(actions);
  if (wanted.experiment_report_configuration) throw aws::not_implemented(operation + ": experimentReportConfiguration");
  if (wanted.experiment_options && wanted.experiment_options->account_targeting == "multi-account")
    throw aws::not_implemented(operation + ": accountTargeting multi-account");
  if (!wanted.log_configuration) return;
  if (wanted.log_configuration->s3_configuration)
    throw aws::not_implemented(operation + ": logConfiguration.s3Configuration");
  const auto& logs = wanted.log_configuration->cloud_watch_logs_configuration;
  if (logs && log_group_in(*logs->log_group_arn).empty())
    throw ValidationException("Invalid log group ARN: " + *logs->log_group_arn);
  if (*wanted.log_configuration->log_schema_version != 1 && *wanted.log_configuration->log_schema_version != 2)
    throw ValidationException("The log schema version must be 1 or 2.");
}

}  // namespace stratus::services::fis
