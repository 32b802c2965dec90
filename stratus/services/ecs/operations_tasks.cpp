// Tasks: run, stopped, described, protected.
#include "stratus/core/arn.h"
#include "stratus/services/ecs/paging.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

std::string after_slash(const std::string& text) { return text.substr(text.rfind('/') + 1); }

std::map<std::string, std::string> map_of(const std::optional<std::vector<c::Tag>>& tags) {
  std::map<std::string, std::string> out;
  if (tags)
    for (const auto& tag : *tags) out[tag.key.value_or("")] = tag.value.value_or("");
  return out;
}

bool includes_tags(const std::optional<std::vector<std::string>>& include) {
  return include && std::find(include->begin(), include->end(), "TAGS") != include->end();
}

}  // namespace

c::RunTaskResponse Ecs::run_task(aws::Context& context, const c::RunTaskRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  const auto no = [&](bool given, const char* what) {
    if (given) throw aws::not_implemented(std::string("RunTask: ") + what);
  };
  no(request.placement_constraints && !request.placement_constraints->empty(), "placementConstraints");
  no(request.placement_strategy && !request.placement_strategy->empty(), "placementStrategy");
  no(request.enable_execute_command.value_or(false), "enableExecuteCommand");
  no(request.volume_configurations && !request.volume_configurations->empty(), "volumeConfigurations");
  no(request.overrides && request.overrides->ephemeral_storage, "overrides.ephemeralStorage");
  const TaskDefinition& what = definition(context, *request.task_definition);
  if (what.definition.status != "ACTIVE") throw c::errors::ClientException("TaskDefinition is inactive");
  const std::int32_t count = request.count.value_or(1);
  if (count < 1 || count > 10) throw c::errors::InvalidParameterException("count should be between 1 and 10");
  check_network(context, request.network_configuration);
  if (request.overrides && request.overrides->container_overrides)
    for (const auto& o : *request.overrides->container_overrides) {
      const auto& all = *what.definition.container_definitions;
      if (std::none_of(all.begin(), all.end(), [&](const auto& d) { return d.name == o.name; }))
        throw c::errors::InvalidParameterException("Override for container named " + o.name.value_or("") +
                                                   " is not a container in the TaskDefinition.");
    }
  if (request.client_token && !request.client_token->empty()) {
    // The same call again: the same tasks.
    c::RunTaskResponse again{.tasks = std::vector<c::Task>{}, .failures = std::vector<c::Failure>{}};
    for (const Task* task : tasks_.list(context.account, context.region))
      if (task->client_token == *request.client_token && task->cluster == owner.name)
        again.tasks->push_back(describe(context, *task, true));
    if (!again.tasks->empty()) return again;
  }
  std::string launch;
  const auto strategy = strategy_of(owner, request.capacity_provider_strategy, request.launch_type, launch);
  check_launch(what.definition, launch, strategy);
  std::map<std::string, std::int32_t> placed;
  c::RunTaskResponse out{.tasks = std::vector<c::Task>{}, .failures = std::vector<c::Failure>{}};
  for (std::int32_t i = 0; i < count; ++i) {
    Task task;
    task.cluster = owner.name;
    task.group = request.group.value_or("family:" + *what.definition.family);
    task.started_by = request.started_by.value_or("");
    if (!strategy.empty()) {
      task.capacity_provider = next_provider(strategy, placed);
      ++placed[task.capacity_provider];
    }
    task.client_token = request.client_token.value_or("");
    task.overrides = request.overrides.value_or(c::TaskOverride{});
    task.network = *request.network_configuration->awsvpc_configuration;
    task.tags = map_of(request.tags);
    if (request.enable_ecs_managed_tags.value_or(false)) task.tags["aws:ecs:clusterName"] = owner.name;
    if (request.propagate_tags == "TASK_DEFINITION") task.tags.insert(what.tags.begin(), what.tags.end());
    const std::string id = create_task(context.account, context.region, std::move(task), what);
    out.tasks->push_back(describe(context, *tasks_.find(context.account, context.region, id), true));
  }
  return out;
}

c::StopTaskResponse Ecs::stop_task(aws::Context& context, const c::StopTaskRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  const Task* task = find_task(context, owner.name, *request.task);
  if (task == nullptr) throw c::errors::InvalidParameterException("The referenced task was not found.");
  const state::Key key = task_key(context.account, context.region, task->id);
  begin_stop(key, "UserInitiated", request.reason.value_or("Task stopped by user"));
  return {.task = describe(context, *tasks_.find(key), true)};
}

c::DescribeTasksResponse Ecs::describe_tasks(aws::Context& context, const c::DescribeTasksRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  if (request.tasks->empty()) throw c::errors::InvalidParameterException("Tasks cannot be empty.");
  if (request.tasks->size() > 100)
    throw c::errors::InvalidParameterException("Tasks cannot have more than 100 elements.");
  c::DescribeTasksResponse out{.tasks = std::vector<c::Task>{}, .failures = std::vector<c::Failure>{}};
  for (const auto& name : *request.tasks) {
    const Task* row = find_task(context, owner.name, name);
    if (row == nullptr)
      out.failures->push_back({.arn = name.starts_with("arn:") ? name
                                                               : make_arn("ecs", context.region, context.account,
                                                                          "task/" + owner.name + "/" + name),
                               .reason = "MISSING"});
    else
      out.tasks->push_back(describe(context, *row, includes_tags(request.include)));
  }
  return out;
}

c::ListTasksResponse Ecs::list_tasks(aws::Context& context, const c::ListTasksRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  if (request.service_name && find_service(context, owner.name, *request.service_name) == nullptr)
    throw c::errors::ServiceNotFoundException("Service not found.");
  const std::string desired = request.desired_status.value_or("RUNNING");
  std::vector<std::string> arns;
  for (const Task* row : tasks_.list(context.account, context.region)) {
    if (row->cluster != owner.name || row->desired != desired) continue;
    if (request.service_name && row->group != "service:" + after_slash(*request.service_name)) continue;
    if (request.family &&
        after_slash(row->definition_arn).substr(0, after_slash(row->definition_arn).rfind(':')) != *request.family)
      continue;
    if (request.started_by && row->started_by != *request.started_by) continue;
    if (request.launch_type && *request.launch_type != row->launch_type) continue;
    if (request.container_instance) continue;  // tasks of Fargate have none
    arns.push_back(row->arn);
  }
  auto next = page(arns, request.next_token, request.max_results, 100);
  return {.task_arns = std::move(arns), .next_token = std::move(next)};
}

std::vector<const Task*> Ecs::service_tasks(const aws::Context& context, const std::string& cluster_name,
                                            const std::optional<std::vector<std::string>>& names,
                                            std::vector<c::Failure>& failures) const {
  std::vector<const Task*> out;
  if (!names || names->empty()) {
    for (const Task* task : tasks_.list(context.account, context.region))
      if (task->cluster == cluster_name && task->last != "STOPPED" && !task->deployment.empty()) out.push_back(task);
    return out;
  }
  for (const auto& name : *names) {
    const Task* task = find_task(context, cluster_name, name);
    const std::string arn = name.starts_with("arn:")
                                ? name
                                : make_arn("ecs", context.region, context.account, "task/" + cluster_name + "/" + name);
    if (task == nullptr)
      failures.push_back({.arn = arn, .reason = "MISSING"});
    else if (task->deployment.empty() || task->desired == "STOPPED")
      failures.push_back({.arn = task->arn, .reason = "TASK_NOT_VALID"});
    else
      out.push_back(task);
  }
  return out;
}

c::ProtectedTask Ecs::protect(const state::Key& key, bool on, std::int32_t minutes) {
  update(key, [&](Task& task) {
    task.protected_until.reset();
    if (on) task.protected_until = loop_.clock().now() + std::chrono::minutes(minutes);
  });
  const Task& task = *tasks_.find(key);
  return {.task_arn = task.arn, .protection_enabled = on, .expiration_date = task.protected_until};
}

c::UpdateTaskProtectionResponse Ecs::update_task_protection(aws::Context& context,
                                                            const c::UpdateTaskProtectionRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  if (request.tasks->empty() || request.tasks->size() > 10)
    throw c::errors::InvalidParameterException("Tasks must have between 1 and 10 elements.");
  const std::int32_t minutes = request.expires_in_minutes.value_or(120);
  if (minutes < 1 || minutes > 2880)
    throw c::errors::InvalidParameterException("expiresInMinutes must be between 1 and 2880.");
  c::UpdateTaskProtectionResponse out{.protected_tasks = std::vector<c::ProtectedTask>{},
                                      .failures = std::vector<c::Failure>{}};
  std::vector<std::string> ids;
  for (const Task* task : service_tasks(context, owner.name, request.tasks, *out.failures)) ids.push_back(task->id);
  for (const auto& id : ids)
    out.protected_tasks->push_back(
        protect(task_key(context.account, context.region, id), *request.protection_enabled, minutes));
  return out;
}

c::GetTaskProtectionResponse Ecs::get_task_protection(aws::Context& context,
                                                      const c::GetTaskProtectionRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  c::GetTaskProtectionResponse out{.protected_tasks = std::vector<c::ProtectedTask>{},
                                   .failures = std::vector<c::Failure>{}};
  for (const Task* task : service_tasks(context, owner.name, request.tasks, *out.failures)) {
    const bool on = task->protected_until > context.now;
    out.protected_tasks->push_back({.task_arn = task->arn, .protection_enabled = on});
    if (on) out.protected_tasks->back().expiration_date = task->protected_until;
  }
  return out;
}

}  // namespace stratus::services::ecs
