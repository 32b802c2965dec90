// The API: scalable targets, policies, scheduled actions, activities, tags.
#include <algorithm>
#include <cmath>

#include "stratus/core/arn.h"
#include "stratus/core/schedule.h"
#include "stratus/core/text.h"
#include "stratus/services/autoscaling/plan.h"
#include "stratus/services/autoscaling/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::autoscaling {
namespace {

constexpr const char* kDimension = "ecs:service:DesiredCount";
constexpr std::size_t kPage = 50;

/// ECS services are what is scaled here; AWS's other namespaces are refused by name.
void check_namespace(const std::optional<std::string>& name, const std::optional<std::string>& dimension) {
  if (name && *name != "ecs") throw aws::not_implemented("application-autoscaling: ServiceNamespace " + *name);
  if (dimension && *dimension != kDimension)
    throw aas::errors::ValidationException("Unsupported service namespace, resource type or scalable dimension");
}

void check_resource(const std::string& id) {
  const auto parts = text::split(id, '/');
  if (parts.size() != 3 || parts[0] != "service" || parts[1].empty() || parts[2].empty())
    throw aas::errors::ValidationException("Unsupported service namespace, resource type or scalable dimension");
}

/// "scaling policy", "policy name: cpu"
std::string missing(const std::string& what, const std::string& resource_id, const std::string& name = "") {
  return "No " + what + " for service namespace: ecs, resource ID: " + resource_id +
         ", scalable dimension: " + kDimension + (name.empty() ? "" : ", " + name);
}

bool listed(const std::optional<std::vector<std::string>>& wanted, const std::string& value) {
  return !wanted || wanted->empty() || std::find(wanted->begin(), wanted->end(), value) != wanted->end();
}

template <class Item>
std::optional<std::string> cut(std::vector<Item>& items, const char* scope, const std::optional<std::string>& token,
                               const std::optional<std::int32_t>& max,
                               const std::function<std::string(const Item&)>& key) {
  const std::size_t most = max && *max > 0 ? std::min<std::size_t>(static_cast<std::size_t>(*max), kPage) : kPage;
  return wire::page(items, scope, token, most, "InvalidNextTokenException", key);
}

/// Descriptions know ECS only; of the other namespaces nothing can be registered, so there is nothing to tell.
bool elsewhere(const std::optional<std::string>& name) { return name && *name != "ecs"; }

std::string role_arn(const std::string& account) {
  return make_arn("iam", "", account,
                  "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
                  "AWSServiceRoleForApplicationAutoScaling_ECSService");
}

void check_tags(const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags) {
    (void)value;
    if (key.empty() || key.starts_with("aws:"))
      throw aas::errors::ValidationException("Tag keys must not be empty or begin with aws:");
  }
  if (tags.size() > 50) throw aws::Error("TooManyTagsException", 400, "A resource can have at most 50 tags");
}

}  // namespace

const Target& Service::target(const aws::Context& context, const std::string& resource_id) const {
  const Target* found = targets_.find(context.account, context.region, resource_id);
  if (!found) throw aas::errors::ObjectNotFoundException(missing("scalable target registered", resource_id));
  return *found;
}

std::pair<state::Key, const Target*> Service::target_by_arn(const aws::Context& context, const std::string& arn) const {
  for (const Target* row : targets_.list(context.account, context.region))
    if (row->arn == arn) return {{context.account, context.region, row->resource_id}, row};
  throw aas::errors::ResourceNotFoundException("The specified resource doesn't exist: " + arn);
}

aas::RegisterScalableTargetResponse Service::register_scalable_target(
    aws::Context& context, const aas::RegisterScalableTargetRequest& request) {
  check_namespace(request.service_namespace, request.scalable_dimension);
  check_resource(*request.resource_id);
  if (!scalables_.capacity(context.account, context.region, *request.resource_id))
    throw aas::errors::ValidationException("ECS service doesn't exist: " + *request.resource_id);
  const state::Key key{context.account, context.region, *request.resource_id};
  const Target* existing = targets_.find(key);
  Target row = existing ? *existing : Target{};
  if (!existing) {
    scalables_.prepare(context.account);
    if (!request.min_capacity || !request.max_capacity)
      throw aas::errors::ValidationException("MinCapacity and MaxCapacity are required to register a scalable target");
    row.resource_id = *request.resource_id;
    row.arn =
        make_arn("application-autoscaling", context.region, context.account, "scalable-target/0ec5" + random_.hex(32));
    row.role_arn = role_arn(context.account);
    row.suspended = {.dynamic_scaling_in_suspended = false,
                     .dynamic_scaling_out_suspended = false,
                     .scheduled_scaling_suspended = false};
    row.created = context.now;
    if (request.tags) {
      check_tags(*request.tags);
      row.tags = *request.tags;
    }
  } else if (request.tags && !request.tags->empty()) {
    throw aas::errors::ValidationException(
        "Tags can be given only when a scalable target is registered for the first time; use TagResource");
  }
  const Target before = row;
  row.min = request.min_capacity.value_or(row.min);
  row.max = request.max_capacity.value_or(row.max);
  if (row.min < 0 || row.max < 0) throw aas::errors::ValidationException("Capacities cannot be negative");
  if (row.max < row.min)
    throw aas::errors::ValidationException("Maximum capacity cannot be less than minimum capacity");
  if (request.role_arn) row.role_arn = *request.role_arn;
  if (request.suspended_state) {
    const auto take = [](std::optional<bool>& to, const std::optional<bool>& from) {
      if (from) to = from;
    };
    take(row.suspended.dynamic_scaling_in_suspended, request.suspended_state->dynamic_scaling_in_suspended);
    take(row.suspended.dynamic_scaling_out_suspended, request.suspended_state->dynamic_scaling_out_suspended);
    take(row.suspended.scheduled_scaling_suspended, request.suspended_state->scheduled_scaling_suspended);
  }
  row.bounds_changed = row.bounds_changed || row.min != before.min || row.max != before.max;
  const std::string arn = row.arn;
  targets_.put(key, std::move(row));
  store_.after_commit([this] { wake(); });
  return {.scalable_target_arn = arn};
}

aas::DeregisterScalableTargetResponse Service::deregister_scalable_target(
    aws::Context& context, const aas::DeregisterScalableTargetRequest& request) {
  check_namespace(request.service_namespace, request.scalable_dimension);
  const state::Key key{context.account, context.region, *request.resource_id};
  if (!targets_.find(key))
    throw aas::errors::ObjectNotFoundException(missing("scalable target found", *request.resource_id));
  for (const auto& [policy, row] : policies_of(key)) remove_policy(policy);
  for (const auto& [action, row] : actions_.all())
    if (action.account == key.account && action.region == key.region && row->resource_id == key.id)
      actions_.erase(action);
  targets_.erase(key);
  return {};
}

aas::DescribeScalableTargetsResponse Service::describe_scalable_targets(
    aws::Context& context, const aas::DescribeScalableTargetsRequest& request) {
  aas::DescribeScalableTargetsResponse response{.scalable_targets = std::vector<aas::ScalableTarget>{}};
  if (elsewhere(request.service_namespace)) return response;
  check_namespace(request.service_namespace, request.scalable_dimension);
  for (const Target* row : targets_.list(context.account, context.region)) {
    if (!listed(request.resource_ids, row->resource_id)) continue;
    response.scalable_targets->push_back({.service_namespace = "ecs",
                                          .resource_id = row->resource_id,
                                          .scalable_dimension = kDimension,
                                          .min_capacity = row->min,
                                          .max_capacity = row->max,
                                          .role_arn = row->role_arn,
                                          .creation_time = row->created,
                                          .suspended_state = row->suspended,
                                          .scalable_target_arn = row->arn});
  }
  response.next_token = cut<aas::ScalableTarget>(*response.scalable_targets, "targets", request.next_token,
                                                 request.max_results, [](const auto& t) { return *t.resource_id; });
  return response;
}

aas::PutScalingPolicyResponse Service::put_scaling_policy(aws::Context& context,
                                                          const aas::PutScalingPolicyRequest& request) {
  check_namespace(request.service_namespace, request.scalable_dimension);
  (void)target(context, *request.resource_id);
  const state::Key key{context.account, context.region, *request.resource_id + "|" + *request.policy_name};
  const Policy* existing = policies_.find(key);
  const std::string type = request.policy_type.value_or(existing ? existing->type : "StepScaling");
  if (existing && existing->type != type)
    throw aas::errors::ValidationException("Policy type can't be changed: delete the policy and create it again");
  if (type == "PredictiveScaling" || request.predictive_scaling_policy_configuration)
    throw aws::not_implemented("PutScalingPolicy: PolicyType PredictiveScaling");
  Policy row = existing ? *existing : Policy{};
  if (!existing) {
    row.name = *request.policy_name;
    row.resource_id = *request.resource_id;
    row.type = type;
    row.created = context.now;
    row.arn =
        make_arn("autoscaling", context.region, context.account,
                 "scalingPolicy:" + random_.uuid() + ":resource/ecs/" + row.resource_id + ":policyName/" + row.name);
  }
  if (type == "StepScaling") {
    if (request.target_tracking_scaling_policy_configuration)
      throw aas::errors::ValidationException(
          "TargetTrackingScalingPolicyConfiguration can't be specified for policy type StepScaling");
    if (!request.step_scaling_policy_configuration)
      throw aas::errors::ValidationException("StepScalingPolicyConfiguration is required for policy type StepScaling");
    if (const std::string problem = problem_of(*request.step_scaling_policy_configuration); !problem.empty())
      throw aas::errors::ValidationException(problem);
    row.step = *request.step_scaling_policy_configuration;
    const auto answer_alarms = alarms_of(key, row);
    const std::string arn = policies_.put(key, std::move(row)).arn;
    return {.policy_arn = arn, .alarms = answer_alarms};
  }
  if (request.step_scaling_policy_configuration)
    throw aas::errors::ValidationException(
        "StepScalingPolicyConfiguration can't be specified for policy type TargetTrackingScaling");
  if (!request.target_tracking_scaling_policy_configuration)
    throw aas::errors::ValidationException(
        "TargetTrackingScalingPolicyConfiguration is required for policy type TargetTrackingScaling");
  row.tracking = *request.target_tracking_scaling_policy_configuration;
  set_tracking_alarms(key, row, random_.uuid());
  const Policy& saved = policies_.put(key, std::move(row));
  return {.policy_arn = saved.arn, .alarms = alarms_of(key, saved)};
}

std::vector<aas::Alarm> Service::alarms_of(const state::Key& key, const Policy& policy) {
  std::vector<aas::Alarm> out;
  if (policy.type == "StepScaling") {
    for (const auto& [name, arn] : alarms_.with_action(key.account, key.region, policy.arn))
      out.push_back({.alarm_name = name, .alarm_arn = arn});
    return out;
  }
  out.push_back({.alarm_name = policy.high_alarm, .alarm_arn = policy.high_arn});
  if (!policy.low_alarm.empty()) out.push_back({.alarm_name = policy.low_alarm, .alarm_arn = policy.low_arn});
  return out;
}

aas::DescribeScalingPoliciesResponse Service::describe_scaling_policies(
    aws::Context& context, const aas::DescribeScalingPoliciesRequest& request) {
  aas::DescribeScalingPoliciesResponse response{.scaling_policies = std::vector<aas::ScalingPolicy>{}};
  if (elsewhere(request.service_namespace)) return response;
  check_namespace(request.service_namespace, request.scalable_dimension);
  for (const Policy* row : policies_.list(context.account, context.region)) {
    if (request.resource_id && *request.resource_id != row->resource_id) continue;
    // A name may be a name or an ARN.
    if (!listed(request.policy_names, row->name) && !listed(request.policy_names, row->arn)) continue;
    aas::ScalingPolicy policy{.policy_arn = row->arn,
                              .policy_name = row->name,
                              .service_namespace = "ecs",
                              .resource_id = row->resource_id,
                              .scalable_dimension = kDimension,
                              .policy_type = row->type,
                              .creation_time = row->created};
    if (row->type == "StepScaling")
      policy.step_scaling_policy_configuration = row->step;
    else
      policy.target_tracking_scaling_policy_configuration = row->tracking;
    policy.alarms = alarms_of({context.account, context.region, ""}, *row);
    response.scaling_policies->push_back(std::move(policy));
  }
  response.next_token =
      cut<aas::ScalingPolicy>(*response.scaling_policies, "policies", request.next_token, request.max_results,
                              [](const auto& p) { return *p.resource_id + "|" + *p.policy_name; });
  return response;
}

aas::DeleteScalingPolicyResponse Service::delete_scaling_policy(aws::Context& context,
                                                                const aas::DeleteScalingPolicyRequest& request) {
  check_namespace(request.service_namespace, request.scalable_dimension);
  const state::Key key{context.account, context.region, *request.resource_id + "|" + *request.policy_name};
  if (!policies_.find(key))
    throw aas::errors::ObjectNotFoundException(
        missing("scaling policy found", *request.resource_id, "policy name: " + *request.policy_name));
  remove_policy(key);
  return {};
}

aas::PutScheduledActionResponse Service::put_scheduled_action(aws::Context& context,
                                                              const aas::PutScheduledActionRequest& request) {
  check_namespace(request.service_namespace, request.scalable_dimension);
  (void)target(context, *request.resource_id);
  const state::Key key{context.account, context.region, *request.resource_id + "|" + *request.scheduled_action_name};
  const Action* existing = actions_.find(key);
  Action row = existing ? *existing : Action{};
  if (!existing) {
    row.name = *request.scheduled_action_name;
    row.resource_id = *request.resource_id;
    row.created = context.now;
    row.arn = make_arn(
        "autoscaling", context.region, context.account,
        "scheduledAction:" + random_.uuid() + ":resource/ecs/" + row.resource_id + ":scheduledActionName/" + row.name);
    if (!request.schedule) throw aas::errors::ValidationException("Schedule is required to create a scheduled action");
  }
  if (request.schedule) row.schedule = *request.schedule;
  if (request.timezone) row.timezone = *request.timezone;
  if (request.start_time) row.start = request.start_time;
  if (request.end_time) row.end = request.end_time;
  if (request.scalable_target_action) {
    row.min = request.scalable_target_action->min_capacity;
    row.max = request.scalable_target_action->max_capacity;
  }
  if (!row.min && !row.max)
    throw aas::errors::ValidationException("At least one of MinCapacity and MaxCapacity must be specified");
  if (row.min && row.max && *row.max < *row.min)
    throw aas::errors::ValidationException("Maximum capacity cannot be less than minimum capacity");
  if (row.start && row.end && *row.end <= *row.start)
    throw aas::errors::ValidationException("EndTime must be later than StartTime");
  const auto schedule = parse_schedule(row.schedule);
  if (!schedule) throw aas::errors::ValidationException("Invalid schedule expression: " + row.schedule);
  if (!known_time_zone(row.timezone)) throw aas::errors::ValidationException("Invalid timezone: " + row.timezone);
  const Timestamp from = row.start ? std::max(context.now, *row.start - Duration(1)) : context.now;
  row.next = next_after(*schedule, from, row.timezone);
  if (row.next && row.end && *row.next > *row.end) row.next.reset();
  if (!row.next && row.schedule.starts_with("at("))
    throw aas::errors::ValidationException("The at expression lies in the past: " + row.schedule);
  actions_.put(key, std::move(row));
  store_.after_commit([this] { wake(); });
  return {};
}

aas::DescribeScheduledActionsResponse Service::describe_scheduled_actions(
    aws::Context& context, const aas::DescribeScheduledActionsRequest& request) {
  aas::DescribeScheduledActionsResponse response{.scheduled_actions = std::vector<aas::ScheduledAction>{}};
  if (elsewhere(request.service_namespace)) return response;
  check_namespace(request.service_namespace, request.scalable_dimension);
  for (const Action* row : actions_.list(context.account, context.region)) {
    if (request.resource_id && *request.resource_id != row->resource_id) continue;
    if (!listed(request.scheduled_action_names, row->name)) continue;
    response.scheduled_actions->push_back(
        {.scheduled_action_name = row->name,
         .scheduled_action_arn = row->arn,
         .service_namespace = "ecs",
         .schedule = row->schedule,
         .timezone = row->timezone,
         .resource_id = row->resource_id,
         .scalable_dimension = kDimension,
         .start_time = row->start,
         .end_time = row->end,
         .scalable_target_action = aas::ScalableTargetAction{.min_capacity = row->min, .max_capacity = row->max},
         .creation_time = row->created});
  }
  response.next_token =
      cut<aas::ScheduledAction>(*response.scheduled_actions, "actions", request.next_token, request.max_results,
                                [](const auto& a) { return *a.resource_id + "|" + *a.scheduled_action_name; });
  return response;
}

aas::DeleteScheduledActionResponse Service::delete_scheduled_action(aws::Context& context,
                                                                    const aas::DeleteScheduledActionRequest& request) {
  check_namespace(request.service_namespace, request.scalable_dimension);
  const state::Key key{context.account, context.region, *request.resource_id + "|" + *request.scheduled_action_name};
  if (!actions_.find(key))
    throw aas::errors::ObjectNotFoundException(missing("scheduled action found", *request.resource_id,
                                                       "scheduled action name: " + *request.scheduled_action_name));
  actions_.erase(key);
  return {};
}

aas::DescribeScalingActivitiesResponse Service::describe_scaling_activities(
    aws::Context& context, const aas::DescribeScalingActivitiesRequest& request) {
  aas::DescribeScalingActivitiesResponse response{.scaling_activities = std::vector<aas::ScalingActivity>{}};
  if (elsewhere(request.service_namespace)) return response;
  check_namespace(request.service_namespace, request.scalable_dimension);
  if (request.include_not_scaled_activities.value_or(false))
    throw aws::not_implemented("DescribeScalingActivities: IncludeNotScaledActivities");
  auto rows = activities_.list(context.account, context.region);
  std::reverse(rows.begin(), rows.end());  // newest first
  for (const Activity* row : rows) {
    if (request.resource_id && *request.resource_id != row->resource_id) continue;
    response.scaling_activities->push_back(
        {.activity_id = row->id,
         .service_namespace = "ecs",
         .resource_id = row->resource_id,
         .scalable_dimension = kDimension,
         .description = "Setting desired count to " + std::to_string(row->desired) + ".",
         .cause = row->cause,
         .start_time = row->started,
         .end_time = row->ended,
         .status_code = row->status,
         .status_message = row->message});
  }
  std::size_t rank = 0;
  std::map<std::string, std::string> place;  // the page's key must rise with the order of the list
  for (const auto& activity : *response.scaling_activities) {
    const std::string digits = std::to_string(rank++);
    place[*activity.activity_id] = std::string(9 - digits.size(), '0') + digits;
  }
  response.next_token =
      cut<aas::ScalingActivity>(*response.scaling_activities, "activities", request.next_token, request.max_results,
                                [&](const auto& a) { return place.at(*a.activity_id); });
  return response;
}

aas::ListTagsForResourceResponse Service::list_tags_for_resource(aws::Context& context,
                                                                 const aas::ListTagsForResourceRequest& request) {
  return {.tags = target_by_arn(context, *request.resource_arn).second->tags};
}

aas::TagResourceResponse Service::tag_resource(aws::Context& context, const aas::TagResourceRequest& request) {
  const auto [key, row] = target_by_arn(context, *request.resource_arn);
  auto tags = row->tags;
  for (const auto& [name, value] : *request.tags) tags[name] = value;
  check_tags(tags);
  targets_.update(key, [&](Target& target) { target.tags = tags; });
  return {};
}

aas::UntagResourceResponse Service::untag_resource(aws::Context& context, const aas::UntagResourceRequest& request) {
  const auto [key, row] = target_by_arn(context, *request.resource_arn);
  targets_.update(key, [&](Target& target) {
    for (const std::string& name : *request.tag_keys) target.tags.erase(name);
  });
  return {};
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  // Calls about one target are decided on its ARN where it exists.
  const auto of = [&](const std::optional<std::string>& resource_id) -> std::vector<std::string> {
    const Target* row = resource_id ? targets_.find(context.account, context.region, *resource_id) : nullptr;
    return {row ? row->arn : make_arn("application-autoscaling", context.region, context.account, "scalable-target/*")};
  };
  const std::string_view name = operation.name;
  if (name == "RegisterScalableTarget")
    return of(static_cast<const aas::RegisterScalableTargetRequest*>(request)->resource_id);
  if (name == "DeregisterScalableTarget")
    return of(static_cast<const aas::DeregisterScalableTargetRequest*>(request)->resource_id);
  if (name == "PutScalingPolicy") return of(static_cast<const aas::PutScalingPolicyRequest*>(request)->resource_id);
  if (name == "DeleteScalingPolicy")
    return of(static_cast<const aas::DeleteScalingPolicyRequest*>(request)->resource_id);
  if (name == "PutScheduledAction") return of(static_cast<const aas::PutScheduledActionRequest*>(request)->resource_id);
  if (name == "DeleteScheduledAction")
    return of(static_cast<const aas::DeleteScheduledActionRequest*>(request)->resource_id);
  if (name == "TagResource") return {*static_cast<const aas::TagResourceRequest*>(request)->resource_arn};
  if (name == "UntagResource") return {*static_cast<const aas::UntagResourceRequest*>(request)->resource_arn};
  if (name == "ListTagsForResource")
    return {*static_cast<const aas::ListTagsForResourceRequest*>(request)->resource_arn};
  return {"*"};
}

}  // namespace stratus::services::autoscaling
