// Experiment templates, tags, the safety lever.
#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/shape_json.h"
#include "stratus/services/fis/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::fis {
namespace {

constexpr std::size_t kPage = 100;

/// The model has a shape of its own for what is asked and for what is told of the same thing; as JSON they are one.
template <class To, class From>
std::optional<To> as(const std::optional<From>& from) {
  if (!from) return std::nullopt;
  return from_json<To>(to_json(*from));
}
template <class To, class From>
std::optional<std::map<std::string, To>> map_as(const std::optional<std::map<std::string, From>>& from) {
  if (!from) return std::nullopt;
  std::map<std::string, To> out;
  for (const auto& [name, one] : *from) out[name] = from_json<To>(to_json(one));
  return out;
}
template <class To, class From>
std::optional<std::vector<To>> list_as(const std::optional<std::vector<From>>& from) {
  if (!from) return std::nullopt;
  std::vector<To> out;
  for (const auto& one : *from) out.push_back(from_json<To>(to_json(one)));
  return out;
}

aws::Error no_template(const std::string& id) {
  return f::errors::ResourceNotFoundException("Experiment template " + id + " does not exist");
}

}  // namespace

void check_tags(const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags)
    if (key.empty() || key.starts_with("aws:") || value.starts_with("aws:"))
      throw f::errors::ValidationException("Tags must not begin with aws:");
  if (tags.size() > 50) throw f::errors::ValidationException("A resource can have at most 50 tags.");
}

Service::Service(Loop& loop, state::Store& store, Random& random, Faults& faults, Ports ports)
    : Reconciler(loop, "experiments", std::chrono::seconds(5)),
      loop_(loop),
      store_(store),
      random_(random),
      faults_(faults),
      ports_(ports),
      templates_(store, "fis_templates"),
      experiments_(store, "fis_experiments"),
      levers_(store, "fis_safety_levers") {}

void Service::start() { Reconciler::start(); }

const Template& Service::find_template(const aws::Context& context, const std::string& id) const {
  const Template* found = templates_.find(context.account, context.region, id);
  if (found == nullptr) throw no_template(id);
  return *found;
}

f::CreateExperimentTemplateResponse Service::create_experiment_template(
    aws::Context& context, const f::CreateExperimentTemplateRequest& request) {
  const std::string asked = to_json(request);
  for (const Template* row : templates_.list(context.account, context.region))
    if (row->token == *request.client_token) {
      if (row->asked != asked)
        throw f::errors::ConflictException("The client token was used before with other parameters.");
      return {.experiment_template = row->is};
    }
  Template row{.token = *request.client_token, .asked = asked};
  auto& is = row.is;
  is.id = "EXT" + random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 15);
  is.arn = make_arn("fis", context.region, context.account, "experiment-template/" + *is.id);
  is.description = request.description;
  is.targets = map_as<f::ExperimentTemplateTarget>(request.targets)
                   .value_or(std::map<std::string, f::ExperimentTemplateTarget>{});
  is.actions = map_as<f::ExperimentTemplateAction>(request.actions);
  is.stop_conditions = list_as<f::ExperimentTemplateStopCondition>(request.stop_conditions);
  is.creation_time = is.last_update_time = context.now;
  is.role_arn = request.role_arn;
  is.tags = request.tags.value_or(std::map<std::string, std::string>{});
  check_tags(*is.tags);
  is.log_configuration = as<f::ExperimentTemplateLogConfiguration>(request.log_configuration);
  is.experiment_options = as<f::ExperimentTemplateExperimentOptions>(request.experiment_options)
                              .value_or(f::ExperimentTemplateExperimentOptions{});
  if (!is.experiment_options->account_targeting) is.experiment_options->account_targeting = "single-account";
  if (!is.experiment_options->empty_target_resolution_mode)
    is.experiment_options->empty_target_resolution_mode = "fail";
  is.target_account_configurations_count = 0;
  is.experiment_report_configuration =
      as<f::ExperimentTemplateReportConfiguration>(request.experiment_report_configuration);
  check_template(is, "CreateExperimentTemplate");
  ports_.roles.check_pass(context, *is.role_arn);
  return {.experiment_template = templates_.put({context.account, context.region, *row.is.id}, row).is};
}

f::UpdateExperimentTemplateResponse Service::update_experiment_template(
    aws::Context& context, const f::UpdateExperimentTemplateRequest& request) {
  Template row = find_template(context, *request.id);
  auto& is = row.is;
  if (request.description) is.description = request.description;
  if (request.stop_conditions)
    is.stop_conditions = list_as<f::ExperimentTemplateStopCondition>(request.stop_conditions);
  if (request.targets) is.targets = map_as<f::ExperimentTemplateTarget>(request.targets);
  if (request.actions) {
    for (const auto& [name, action] : *request.actions)
      if (!action.action_id) throw f::errors::ValidationException("Action " + name + " must have an action ID.");
    is.actions = map_as<f::ExperimentTemplateAction>(request.actions);
  }
  if (request.role_arn) is.role_arn = request.role_arn;
  if (request.log_configuration) {
    const auto& logs = *request.log_configuration;
    const bool any = logs.cloud_watch_logs_configuration || logs.s3_configuration;
    is.log_configuration = any ? as<f::ExperimentTemplateLogConfiguration>(request.log_configuration) : std::nullopt;
    if (is.log_configuration && !is.log_configuration->log_schema_version)
      throw f::errors::ValidationException("The log schema version must be 1 or 2.");
  }
  if (request.experiment_options && request.experiment_options->empty_target_resolution_mode)
    is.experiment_options->empty_target_resolution_mode = request.experiment_options->empty_target_resolution_mode;
  if (request.experiment_report_configuration)
    is.experiment_report_configuration =
        as<f::ExperimentTemplateReportConfiguration>(request.experiment_report_configuration);
  check_template(is, "UpdateExperimentTemplate");
  if (request.role_arn) ports_.roles.check_pass(context, *is.role_arn);
  is.last_update_time = context.now;
  return {.experiment_template = templates_.put({context.account, context.region, *request.id}, row).is};
}

f::GetExperimentTemplateResponse Service::get_experiment_template(aws::Context& context,
                                                                  const f::GetExperimentTemplateRequest& request) {
  return {.experiment_template = find_template(context, *request.id).is};
}

f::DeleteExperimentTemplateResponse Service::delete_experiment_template(
    aws::Context& context, const f::DeleteExperimentTemplateRequest& request) {
  const Template row = find_template(context, *request.id);
  templates_.erase({context.account, context.region, *request.id});
  return {.experiment_template = row.is};
}

f::ListExperimentTemplatesResponse Service::list_experiment_templates(
    aws::Context& context, const f::ListExperimentTemplatesRequest& request) {
  f::ListExperimentTemplatesResponse out{.experiment_templates = std::vector<f::ExperimentTemplateSummary>{}};
  for (const Template* row : templates_.list(context.account, context.region))
    out.experiment_templates->push_back({.id = row->is.id,
                                         .arn = row->is.arn,
                                         .description = row->is.description,
                                         .creation_time = row->is.creation_time,
                                         .last_update_time = row->is.last_update_time,
                                         .tags = row->is.tags});
  out.next_token = wire::page(*out.experiment_templates, "ListExperimentTemplates", request.next_token,
                              static_cast<std::size_t>(request.max_results.value_or(kPage)), "ValidationException",
                              [](const f::ExperimentTemplateSummary& one) { return *one.id; });
  return out;
}

Service::Tagged Service::find_tagged(const aws::Context& context, const std::string& text) const {
  const auto arn = Arn::parse(text);
  const auto slash = arn ? arn->resource.find('/') : std::string::npos;
  if (!arn || arn->service != "fis" || slash == std::string::npos)
    throw f::errors::ValidationException("Invalid resource ARN: " + text);
  const std::string type = arn->resource.substr(0, slash);
  const state::Key key{context.account, context.region, arn->resource.substr(slash + 1)};
  Tagged out{.key = key};
  if (arn->account == context.account && arn->region == context.region) {
    if (type == "experiment-template") out.of_template = templates_.find(key);
    if (type == "experiment") out.of_experiment = experiments_.find(key);
  }
  if (out.of_template == nullptr && out.of_experiment == nullptr)
    throw f::errors::ResourceNotFoundException("Resource " + text + " does not exist");
  return out;
}

void Service::change_tags(const aws::Context& context, const std::string& text,
                          const std::function<void(std::map<std::string, std::string>&)>& change) {
  const Tagged found = find_tagged(context, text);
  if (found.of_experiment != nullptr) {
    experiments_.update(found.key, [&](Experiment& row) { change(*row.is.tags); });
    return;
  }
  templates_.update(found.key, [&](Template& row) {
    change(*row.is.tags);
    row.is.last_update_time = context.now;
  });
}

f::TagResourceResponse Service::tag_resource(aws::Context& context, const f::TagResourceRequest& request) {
  change_tags(context, *request.resource_arn, [&](auto& tags) {
    for (const auto& [key, value] : *request.tags) tags[key] = value;
    check_tags(tags);
  });
  return {};
}

f::UntagResourceResponse Service::untag_resource(aws::Context& context, const f::UntagResourceRequest& request) {
  change_tags(context, *request.resource_arn, [&](auto& tags) {
    for (const auto& key : request.tag_keys.value_or(std::vector<std::string>{})) tags.erase(key);
  });
  return {};
}

f::ListTagsForResourceResponse Service::list_tags_for_resource(aws::Context& context,
                                                               const f::ListTagsForResourceRequest& request) {
  const Tagged found = find_tagged(context, *request.resource_arn);
  return {.tags = found.of_template != nullptr ? found.of_template->is.tags : found.of_experiment->is.tags};
}

f::SafetyLever Service::describe_lever(const aws::Context& context, const std::string& id) const {
  if (id != "default") throw f::errors::ResourceNotFoundException("Safety lever " + id + " does not exist");
  const SafetyLever* row = levers_.find(context.account, context.region, id);
  const SafetyLever lever = row != nullptr ? *row : SafetyLever{};
  return {.id = id,
          .arn = make_arn("fis", context.region, context.account, "safety-lever/" + id),
          .state = f::SafetyLeverState{.status = lever.status, .reason = lever.reason}};
}

f::GetSafetyLeverResponse Service::get_safety_lever(aws::Context& context, const f::GetSafetyLeverRequest& request) {
  return {.safety_lever = describe_lever(context, *request.id)};
}

f::UpdateSafetyLeverStateResponse Service::update_safety_lever_state(aws::Context& context,
                                                                     const f::UpdateSafetyLeverStateRequest& request) {
  const auto before = describe_lever(context, *request.id);
  const std::string status = *request.state->status;
  if (before.state->status == status) throw f::errors::ConflictException("The safety lever is already " + status + ".");
  levers_.put({context.account, context.region, *request.id}, {.status = status, .reason = *request.state->reason});
  // Experiments that run see it and stop.
  store_.after_commit([this] { wake(); });
  return {.safety_lever = describe_lever(context, *request.id)};
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  const std::string_view op = operation.name;
  const auto arn = [&](const std::string& resource) {
    return make_arn("fis", context.region, context.account, resource);
  };
  if (op == "CreateExperimentTemplate") return {arn("experiment-template/*")};
  if (op == "StartExperiment") {
    const auto& template_id = *static_cast<const f::StartExperimentRequest*>(request)->experiment_template_id;
    return {arn("experiment-template/" + template_id), arn("experiment/*")};
  }
  for (const Member& member : operation.input().members) {
    if (member.location != Location::uri || member.shape().kind != Kind::string) continue;
    const auto* value = static_cast<const std::string*>(member_value(member, request));
    if (value == nullptr) continue;
    if (std::string_view(member.name) == "resourceArn") return {*value};
    if (op.ends_with("ExperimentTemplate")) return {arn("experiment-template/" + *value)};
    if (op.find("Experiment") != std::string_view::npos) return {arn("experiment/" + *value)};
    if (op == "GetAction") return {arn("action/" + *value)};
    if (op.find("SafetyLever") != std::string_view::npos) return {arn("safety-lever/" + *value)};
  }
  return {"*"};
}

}  // namespace stratus::services::fis
