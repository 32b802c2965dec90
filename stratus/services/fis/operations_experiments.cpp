// Experiments as their callers see them.
#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/shape_json.h"
#include "stratus/services/fis/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::fis {
namespace {

constexpr std::size_t kPage = 100;

/// It is written as the experiment's own account and region: another's log group of that name is not what was meant.
void check_log_group(const aws::Context& context, const f::ExperimentTemplate& wanted) {
  if (!wanted.log_configuration || !wanted.log_configuration->cloud_watch_logs_configuration) return;
  const auto& text = *wanted.log_configuration->cloud_watch_logs_configuration->log_group_arn;
  const auto arn = Arn::parse(text);
  if (!arn || arn->account != context.account || arn->region != context.region)
    throw f::errors::ValidationException("The log group must be in account " + context.account + " and region " +
                                         context.region + ": " + text);
}

}  // namespace

bool is_over(const std::string& status) {
  return status == "completed" || status == "stopped" || status == "failed" || status == "cancelled";
}

const Experiment& Service::find_experiment(const aws::Context& context, const std::string& id) const {
  const Experiment* found = experiments_.find(context.account, context.region, id);
  if (found == nullptr) throw f::errors::ResourceNotFoundException("Experiment " + id + " does not exist");
  return *found;
}

f::StartExperimentResponse Service::start_experiment(aws::Context& context, const f::StartExperimentRequest& request) {
  const std::string asked = to_json(request);
  for (const Experiment* row : experiments_.list(context.account, context.region))
    if (row->token == *request.client_token) {
      if (row->asked != asked)
        throw f::errors::ConflictException("The client token was used before with other parameters.");
      return {.experiment = row->is};
    }
  const f::ExperimentTemplate wanted = find_template(context, *request.experiment_template_id).is;
  check_tags(request.tags.value_or(std::map<std::string, std::string>{}));
  check_log_group(context, wanted);
  if (describe_lever(context, "default").state->status != "disengaged")
    throw f::errors::ConflictException("The safety lever is engaged: no experiment can start.");
  Experiment row{.token = *request.client_token, .asked = asked};
  // Targets, actions and the rest are the template's as they are now; what it does not have is added below.
  row.is = from_json<f::Experiment>(to_json(wanted));
  auto& is = row.is;
  is.id = "EXP" + random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 15);
  is.arn = make_arn("fis", context.region, context.account, "experiment/" + *is.id);
  is.experiment_template_id = wanted.id;
  is.state = f::ExperimentState{.status = "pending", .reason = "Experiment is pending."};
  for (auto& [name, action] : *is.actions)
    action.state = f::ExperimentActionState{.status = "pending", .reason = "Initial state"};
  is.creation_time = is.start_time = context.now;
  is.tags = request.tags.value_or(std::map<std::string, std::string>{});
  is.experiment_options->actions_mode = "run-all";
  if (request.experiment_options && request.experiment_options->actions_mode)
    is.experiment_options->actions_mode = request.experiment_options->actions_mode;
  const auto& stored = experiments_.put({context.account, context.region, *row.is.id}, row);
  store_.after_commit([this] { wake(); });
  return {.experiment = stored.is};
}

f::StopExperimentResponse Service::stop_experiment(aws::Context& context, const f::StopExperimentRequest& request) {
  Experiment row = find_experiment(context, *request.id);
  const state::Key key{context.account, context.region, *request.id};
  if (!is_over(*row.is.state->status) && *row.is.state->status != "stopping") {
    begin_stop(key, row, "Experiment is stopping.");
    experiments_.put(key, row);
    store_.after_commit([this] { wake(); });
  }
  return {.experiment = row.is};
}

f::GetExperimentResponse Service::get_experiment(aws::Context& context, const f::GetExperimentRequest& request) {
  return {.experiment = find_experiment(context, *request.id).is};
}

f::ListExperimentsResponse Service::list_experiments(aws::Context& context, const f::ListExperimentsRequest& request) {
  f::ListExperimentsResponse out{.experiments = std::vector<f::ExperimentSummary>{}};
  for (const Experiment* row : experiments_.list(context.account, context.region))
    if (!request.experiment_template_id || request.experiment_template_id == row->is.experiment_template_id)
      out.experiments->push_back({.id = row->is.id,
                                  .arn = row->is.arn,
                                  .experiment_template_id = row->is.experiment_template_id,
                                  .state = row->is.state,
                                  .creation_time = row->is.creation_time,
                                  .tags = row->is.tags,
                                  .experiment_options = row->is.experiment_options});
  out.next_token = wire::page(*out.experiments, "ListExperiments", request.next_token,
                              static_cast<std::size_t>(request.max_results.value_or(kPage)), "ValidationException",
                              [](const f::ExperimentSummary& one) { return *one.id; });
  return out;
}

f::ListExperimentResolvedTargetsResponse Service::list_experiment_resolved_targets(
    aws::Context& context, const f::ListExperimentResolvedTargetsRequest& request) {
  const Experiment& row = find_experiment(context, *request.experiment_id);
  f::ListExperimentResolvedTargetsResponse out{.resolved_targets = std::vector<f::ResolvedTarget>{}};
  for (const auto& target : row.targets)
    for (const auto& arn : target.arns)
      if (!request.target_name || *request.target_name == target.name)
        out.resolved_targets->push_back({.resource_type = target.resource_type,
                                         .target_name = target.name,
                                         .target_information = std::map<std::string, std::string>{{"arn", arn}}});
  const auto key_of = [](const f::ResolvedTarget& one) {
    return *one.target_name + "|" + one.target_information->at("arn");
  };
  std::sort(out.resolved_targets->begin(), out.resolved_targets->end(),
            [&](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  out.next_token =
      wire::page(*out.resolved_targets, "ListExperimentResolvedTargets|" + *request.experiment_id, request.next_token,
                 static_cast<std::size_t>(request.max_results.value_or(kPage)), "ValidationException", key_of);
  return out;
}

}  // namespace stratus::services::fis
