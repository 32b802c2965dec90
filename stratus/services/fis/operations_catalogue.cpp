// What there is to do, and to do it to.
#include "stratus/core/arn.h"
#include "stratus/services/fis/catalogue.h"
#include "stratus/services/fis/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::fis {
namespace {

constexpr std::size_t kPage = 100;
using Tags = std::map<std::string, std::string>;
using ActionTargets = std::map<std::string, f::ActionTarget>;

ActionTargets targets_as_told(const ActionKind& kind) {
  if (kind.target.empty()) return {};
  return {{kind.target, {.resource_type = kind.resource_type}}};
}

std::string arn_of(const aws::Context& context, const ActionKind& kind) {
  return make_arn("fis", context.region, context.account, "action/" + kind.id);
}

}  // namespace

f::GetActionResponse Service::get_action(aws::Context& context, const f::GetActionRequest& request) {
  const ActionKind* kind = find_action(*request.id);
  if (kind == nullptr && find_action_not_done(*request.id) != nullptr)
    throw aws::not_implemented("GetAction: " + *request.id);
  if (kind == nullptr) throw f::errors::ResourceNotFoundException("Action " + *request.id + " does not exist");
  std::map<std::string, f::ActionParameter> parameters;
  for (const auto& one : kind->parameters)
    parameters[one.name] = {.description = one.description, .required = one.required};
  return {.action = f::Action{.id = kind->id,
                              .arn = arn_of(context, *kind),
                              .description = kind->description,
                              .parameters = parameters,
                              .targets = targets_as_told(*kind),
                              .tags = Tags{}}};
}

f::ListActionsResponse Service::list_actions(aws::Context& context, const f::ListActionsRequest& request) {
  f::ListActionsResponse out{.actions = std::vector<f::ActionSummary>{}};
  for (const auto& kind : actions_done())
    out.actions->push_back({.id = kind.id,
                            .arn = arn_of(context, kind),
                            .description = kind.description,
                            .targets = targets_as_told(kind),
                            .tags = Tags{}});
  out.next_token = wire::page(*out.actions, "ListActions", request.next_token,
                              static_cast<std::size_t>(request.max_results.value_or(kPage)), "ValidationException",
                              [](const f::ActionSummary& one) { return *one.id; });
  return out;
}

f::GetTargetResourceTypeResponse Service::get_target_resource_type(aws::Context&,
                                                                   const f::GetTargetResourceTypeRequest& request) {
  const ResourceKind* kind = find_resource_type(*request.resource_type);
  if (kind == nullptr && presence_of(*request.resource_type) != Presence::unknown)
    throw aws::not_implemented("GetTargetResourceType: " + *request.resource_type);
  if (kind == nullptr)
    throw f::errors::ResourceNotFoundException("Target resource type " + *request.resource_type + " does not exist");
  std::map<std::string, f::TargetResourceTypeParameter> parameters;
  for (const auto& one : kind->parameters)
    parameters[one.name] = {.description = one.description, .required = one.required};
  return {.target_resource_type = f::TargetResourceType{
              .resource_type = kind->type, .description = kind->description, .parameters = parameters}};
}

f::ListTargetResourceTypesResponse Service::list_target_resource_types(
    aws::Context&, const f::ListTargetResourceTypesRequest& request) {
  f::ListTargetResourceTypesResponse out{.target_resource_types = std::vector<f::TargetResourceTypeSummary>{}};
  for (const auto& kind : resource_types())
    out.target_resource_types->push_back({.resource_type = kind.type, .description = kind.description});
  out.next_token = wire::page(*out.target_resource_types, "ListTargetResourceTypes", request.next_token,
                              static_cast<std::size_t>(request.max_results.value_or(kPage)), "ValidationException",
                              [](const f::TargetResourceTypeSummary& one) { return *one.resource_type; });
  return out;
}

}  // namespace stratus::services::fis
