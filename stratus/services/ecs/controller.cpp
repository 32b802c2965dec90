// The services' controller: plans become tasks, deployments complete, fail, roll back; what is over is forgotten.
#include "stratus/core/log.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {

TaskView Ecs::view(const ServiceRow& service, const Task& task) const {
  TaskView out{.id = task.id, .deployment = task.deployment, .zone = task.zone, .created = task.created};
  out.stopping = task.desired == "STOPPED";
  out.running = task.last == "RUNNING";
  out.is_protected = task.protected_until > loop_.clock().now();
  if (!out.running) return out;
  const Timestamp now = loop_.clock().now();
  const bool grace = task.started && now - *task.started < std::chrono::seconds(service.grace_seconds);
  bool healthy = true, failed = false;
  for (const auto& container : task.containers) {
    if (container.health == "UNHEALTHY" && container.essential) failed = true;
    if (container.health == "UNHEALTHY") healthy = false;
  }
  const TaskDefinition* definition = definition_by_arn(task.definition_arn);
  if (definition != nullptr && definition->definition.container_definitions)
    for (std::size_t i = 0; i < definition->definition.container_definitions->size(); ++i)
      if ((*definition->definition.container_definitions)[i].health_check && task.containers[i].health != "HEALTHY")
        healthy = false;
  for (const auto& registration : task.registrations) {
    const std::string state = ports_.balancers.health(registration.target_group, task.private_ip, registration.port);
    if (state == "unhealthy" && !grace) failed = true;
    // "unused": no listener leads to the group, so nobody checks.
    if (state != "healthy" && state != "unused") healthy = false;
  }
  out.healthy = healthy && !failed;
  out.failed_checks = failed;
  return out;
}

Deployment Ecs::new_deployment(const ServiceRow& service, const std::string& task_definition, Timestamp now) {
  Deployment out;
  if (!service.deployments.empty()) out = service.deployments.front();
  out.id = "ecs-svc/" + random_.from("0123456789", 19);
  out.status = "PRIMARY";
  out.task_definition = task_definition;
  out.failed_tasks = 0;
  out.created = out.updated = now;
  out.rollout_state = "IN_PROGRESS";
  out.rollout_reason = "ECS deployment " + out.id + " in progress.";
  out.retry_at.reset();
  out.revision.clear();
  out.record.clear();
  out.watched = false;
  out.baked_at.reset();
  return out;
}

void Ecs::reconcile() {
  if (!opened_) return;
  std::vector<state::Key> services, tasks;
  for (const auto& [key, row] : services_.all()) services.push_back(key);
  for (const auto& key : services) store_.call([&] { reconcile_service(key); });
  interrupt_spot_tasks();
  for (const auto& [key, row] : tasks_.all()) tasks.push_back(key);
  for (const auto& key : tasks) store_.call([&] { advance(key); });
  store_.call([this] {
    forget();
    forget_records();
  });
  layers_in_use_.clear();
  for (const auto& [task, images] : pulled_)
    for (const auto& [name, image] : images)
      layers_in_use_.insert(image.config.diff_ids.begin(), image.config.diff_ids.end());
}

/// Deleted clusters after an hour; task definitions that were being deleted, when nothing uses them any more.
void Ecs::forget() {
  const Timestamp now = loop_.clock().now();
  for (const auto& [key, row] : clusters_.all())
    if (row->inactive_at && now - *row->inactive_at > std::chrono::hours(1)) clusters_.erase(key);
  for (const auto& [key, row] : definitions_.all()) {
    if (row->definition.status != "DELETE_IN_PROGRESS") continue;
    const std::string& arn = *row->definition.task_definition_arn;
    bool used = false;
    for (const auto& [task_key, task] : tasks_.all())
      used = used || (task->last != "STOPPED" && task->definition_arn == arn);
    for (const auto& [service_key, service] : services_.all())
      for (const auto& deployment : service->deployments) used = used || deployment.task_definition == arn;
    if (!used) definitions_.erase(key);
  }
}

void Ecs::reconcile_service(const state::Key& key) {
  const ServiceRow* found = services_.find(key);
  if (found == nullptr) return;
  const Timestamp now = loop_.clock().now();
  if (found->status == "INACTIVE") {
    if (found->inactive_at && now - *found->inactive_at > std::chrono::hours(1)) services_.erase(key);
    return;
  }
  ServiceRow service = *found;
  const std::string before = service.status;
  bool changed = false;
  auto tasks = tasks_of(key, service);
  std::vector<TaskView> views;
  for (const auto& [task_key, task] : tasks) views.push_back(view(service, *task));
  const Plan todo = plan(service, views, now);

  for (const auto& id : todo.stop) {
    const bool unhealthy = std::find(todo.replace.begin(), todo.replace.end(), id) != todo.replace.end();
    const Task task = *tasks_.find(task_key(key.account, key.region, id));  // a copy: the row changes below
    std::string why = "Scaling activity initiated by (deployment " + task.deployment + ")";
    if (unhealthy) {
      why = "Task failed container health checks";
      std::string said = "(task " + id + ") failed container health checks.";
      for (const auto& registration : task.registrations)
        if (ports_.balancers.health(registration.target_group, task.private_ip, registration.port) == "unhealthy") {
          why = "Task failed ELB health checks in (target-group " + registration.target_group + ")";
          said = "(task " + id + ") (port " + std::to_string(registration.port) + ") is unhealthy in (target-group " +
                 registration.target_group + ") due to (reason Health checks failed)";
        }
      add_event(service, said);
      for (auto& d : service.deployments)
        if (d.id == task.deployment) ++d.failed_tasks;
    }
    begin_stop(task_key(key.account, key.region, id), "ServiceSchedulerInitiated", why);
    add_event(service, "has stopped 1 running tasks: (task " + id + ").");
    if (task.registered && !task.registrations.empty()) {
      add_event(service, "has begun draining connections on 1 tasks.");
      for (const auto& registration : task.registrations)
        add_event(service, "deregistered 1 targets in (target-group " + registration.target_group + ")");
    }
    changed = true;
  }
  for (std::int32_t i = 0; i < todo.start; ++i) {
    try {
      const std::string id = start_service_task(key, service);
      add_event(service, "has started 1 tasks: (task " + id + ").");
    } catch (const aws::Error& e) {
      add_event(service, "was unable to place a task. Reason: " + e.message);
      tell_service(service, "ERROR", "SERVICE_TASK_PLACEMENT_FAILURE", e.message);
      ++service.deployments.front().failed_tasks;
      service.deployments.front().retry_at = now + std::chrono::seconds(10);
      changed = true;
      break;
    }
    changed = true;
  }
  if (todo.look_again) wake_in(*todo.look_again - now);

  // Alarms watch a deployment until it is done, and then as long as they look back.
  const std::vector<std::string> alarms = todo.failed ? std::vector<std::string>{} : alarmed(key, service);
  bool completed = todo.completed && alarms.empty();
  if (completed && service.deployments.front().watched) {
    Deployment& primary = service.deployments.front();
    if (!primary.baked_at) {
      Duration window{0};
      for (const auto& name : *service.configuration.alarms->alarm_names)
        if (const auto look = ports_.alarms.look(key.account, key.region, name))
          window = std::max(window, look->window);
      primary.baked_at = now + window;
      changed = true;
    }
    completed = *primary.baked_at <= now;
    if (!completed) wake_in(*primary.baked_at - now);
  }
  if (completed) {
    Deployment& primary = service.deployments.front();
    primary.rollout_state = "COMPLETED";
    primary.rollout_reason = "ECS deployment " + primary.id + " completed.";
    primary.updated = now;
    primary.failed_tasks = 0;
    service.last_completed = primary.task_definition;
    service.last_revision = primary.revision;
    service.deployments.resize(1);
    add_event(service, "(deployment " + primary.id + ") deployment completed.");
    tell_deployment(service, "INFO", "SERVICE_DEPLOYMENT_COMPLETED", primary);
    end_record(key, primary, "SUCCESSFUL", "");
    changed = true;
  }
  const bool everything_fits =
      !service.deployments.empty() && service.deployments.front().rollout_state == "COMPLETED" && todo.start == 0 &&
      todo.stop.empty() && static_cast<std::int32_t>(views.size()) == service.desired &&
      std::all_of(views.begin(), views.end(), [](const TaskView& v) { return v.healthy && !v.stopping; });
  if (everything_fits != service.steady) {
    service.steady = everything_fits;
    if (everything_fits) {
      add_event(service, "has reached a steady state.");
      tell_service(service, "INFO", "SERVICE_STEADY_STATE");
    }
    changed = true;
  }
  if (todo.failed) {
    fail_deployment(key, service, "ECS deployment circuit breaker: tasks failed to start.",
                    service.configuration.deployment_circuit_breaker->rollback.value_or(false));
    changed = true;
  } else if (!alarms.empty()) {
    change_record(service.deployments.front().record, [&](c::ServiceDeployment& record) {
      if (record.alarms) record.alarms->triggered_alarm_names = alarms;
    });
    fail_deployment(key, service, "ECS deployment failed: alarm detected.",
                    service.configuration.alarms->rollback.value_or(false));
    changed = true;
  }
  // Deployments that hold no task any more are history.
  const auto had = service.deployments.size();
  std::erase_if(service.deployments, [&](const Deployment& d) {
    return d.status != "PRIMARY" &&
           std::none_of(tasks.begin(), tasks.end(), [&](const auto& t) { return t.second->deployment == d.id; });
  });
  changed = changed || had != service.deployments.size();
  if (service.status == "DRAINING" && tasks.empty()) {
    service.status = "INACTIVE";
    service.inactive_at = now;
    service.deployments.clear();
    changed = true;
  }
  if (changed) {
    services_.put(key, std::move(service));
    store_.after_commit([this] { wake(); });
  }
}

std::vector<std::string> Ecs::alarmed(const state::Key& key, const ServiceRow& service) const {
  std::vector<std::string> out;
  const auto& alarms = service.configuration.alarms;
  if (service.deployments.empty() || !service.deployments.front().watched || !alarms ||
      service.deployments.front().rollout_state != "IN_PROGRESS")
    return out;
  for (const auto& name : alarms->alarm_names.value_or(std::vector<std::string>{}))
    if (const auto look = ports_.alarms.look(key.account, key.region, name); look && look->alarmed) out.push_back(name);
  return out;
}

void Ecs::fail_deployment(const state::Key& key, ServiceRow& service, const std::string& why, bool rollback) {
  const Timestamp now = loop_.clock().now();
  const std::string by = why.substr(0, why.find(": ") + 2);
  Deployment& primary = service.deployments.front();
  primary.rollout_state = "FAILED";
  primary.updated = now;
  primary.rollout_reason = why;
  add_event(service, "(deployment " + primary.id + ") deployment failed: " + why.substr(by.size()));
  tell_deployment(service, "ERROR", "SERVICE_DEPLOYMENT_FAILED", primary);
  const bool there = service.last_revision.empty() ? service.last_completed == primary.task_definition
                                                   : service.last_revision == primary.revision;
  if (!rollback || service.last_completed.empty() || there) {
    end_record(key, primary, "STOPPED", why);
    return;
  }
  Deployment back = new_deployment(service, service.last_completed, now);
  back.rollout_reason = by + "rolling back to deploymentId " + back.id + ".";
  back.revision = service.last_revision;
  back.record = primary.record;
  // What the service was is what it is again.
  if (const auto* revision = revision_row(service.last_revision)) {
    back.network = revision->network_configuration.value_or(back.network);
    back.strategy = revision->capacity_provider_strategy.value_or(std::vector<c::CapacityProviderStrategyItem>{});
    back.launch_type = revision->launch_type.value_or("");
  }
  primary.status = "ACTIVE";
  service.deployments.insert(service.deployments.begin(), back);
  add_event(service, "rolling back to deployment " + back.id + ".");
  tell_deployment(service, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", back);
  roll_record_back(back, why);
}

std::optional<Ecs::ServiceCount> Ecs::service_count(const std::string& account, const std::string& region,
                                                    const std::string& cluster_name, const std::string& service) const {
  const state::Key key{account, region, cluster_name + "/" + service};
  const ServiceRow* row = services_.find(key);
  if (row == nullptr || row->status != "ACTIVE") return std::nullopt;
  ServiceCount out{.desired = row->desired};
  for (const auto& [task_key, task] : tasks_of(key, *row)) out.running += task->last == "RUNNING" ? 1 : 0;
  return out;
}

void Ecs::set_desired_count(const std::string& account, const std::string& region, const std::string& cluster_name,
                            const std::string& service, std::int32_t desired) {
  const state::Key key{account, region, cluster_name + "/" + service};
  const ServiceRow* row = services_.find(key);
  if (row == nullptr || row->status != "ACTIVE") throw c::errors::ServiceNotFoundException("Service not found.");
  if (row->desired == desired) return;
  services_.update(key, [&](ServiceRow& changed) {
    changed.desired = desired;
    changed.steady = false;
  });
  store_.after_commit([this] { wake(); });
}

std::string Ecs::start_service_task(const state::Key& key, const ServiceRow& service) {
  const Deployment& primary = service.deployments.front();
  const TaskDefinition* definition = definition_by_arn(primary.task_definition);
  if (definition == nullptr) throw c::errors::ClientException("TaskDefinition is inactive");
  Task task;
  task.cluster = service.cluster;
  task.group = "service:" + service.name;
  task.started_by = primary.id;
  task.deployment = primary.id;
  task.network = primary.network.awsvpc_configuration.value_or(c::AwsVpcConfiguration{});
  if (!primary.strategy.empty()) {
    std::map<std::string, std::int32_t> count;
    for (const auto& [other_key, other] : tasks_of(key, service))
      if (other->deployment == primary.id && other->desired == "RUNNING") ++count[other->capacity_provider];
    task.capacity_provider = next_provider(primary.strategy, count);
  }
  for (const auto& balancer : service.load_balancers)
    task.registrations.push_back({*balancer.target_group_arn, *balancer.container_port});
  // The subnet with the fewest tasks of this deployment: tasks spread over the zones.
  std::map<std::string, int> load;
  for (const auto& [other_key, other] : tasks_of(key, service))
    if (other->desired == "RUNNING") ++load[other->subnet_id];
  const auto& subnets = task.network.subnets.value_or(std::vector<std::string>{});
  if (subnets.empty()) throw c::errors::InvalidParameterException("subnets can not be empty.");
  task.subnet_id = *std::min_element(subnets.begin(), subnets.end(),
                                     [&](const std::string& a, const std::string& b) { return load[a] < load[b]; });
  if (service.propagate_tags == "SERVICE") task.tags = service.tags;
  if (service.propagate_tags == "TASK_DEFINITION") task.tags = definition->tags;
  if (service.managed_tags) {
    task.tags["aws:ecs:clusterName"] = service.cluster;
    task.tags["aws:ecs:serviceName"] = service.name;
  }
  return create_task(key.account, key.region, std::move(task), *definition);
}

}  // namespace stratus::services::ecs
