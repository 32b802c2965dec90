// How tasks end: exits, last lines, failures to start, the order of stopping.
#include "stratus/core/log.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

constexpr std::int32_t kImpaired = 3;  // failures in a row after which the service is told to be impaired

}  // namespace

void Ecs::exited(const containers::Exit& exit) {
  const auto [key, index] = owner_of(exit.id);
  if (tasks_.find(key) == nullptr) return;
  store_.call([&, index = index, key = key] {
    const bool stopping = tasks_.find(key)->desired == "STOPPED";
    update(key, [&](Task& t) {
      auto& state = t.containers[index];
      state.status = "STOPPED";
      state.exit_code = exit.code;
      state.finished = exit.at;
      if (exit.oom_killed) state.reason = "OutOfMemoryError: Container killed due to memory usage";
    });
    next_check_.erase(exit.id);
    const Task& task = *tasks_.find(key);
    if (!stopping &&
        (task.containers[index].essential || std::all_of(task.containers.begin(), task.containers.end(),
                                                         [](const auto& s) { return s.status == "STOPPED"; }))) {
      // A task that ends before it served counts against its deployment.
      if (task.last != "RUNNING" || (task.started && loop_.clock().now() - *task.started < std::chrono::seconds(30))) {
        const state::Key service{key.account, key.region,
                                 task.cluster + "/" + (task.group.starts_with("service:") ? task.group.substr(8) : "")};
        if (services_.find(service) != nullptr)
          services_.update(service, [&](ServiceRow& row) {
            for (auto& d : row.deployments)
              if (d.id == task.deployment) {
                ++d.failed_tasks;
                d.retry_at = loop_.clock().now() + std::chrono::seconds(std::min(1 << std::min(d.failed_tasks, 6), 60));
              }
          });
      }
      begin_stop(key, "EssentialContainerExited", "Essential container in task exited");
    }
  });
}

void Ecs::logged(const containers::LogBatch& batch) {
  const auto [key, index] = owner_of(batch.id);
  const Task* task = tasks_.find(key);
  if (task == nullptr) return;
  const ContainerState& state = task->containers[index];
  store_.call([&, index = index, key = key] {
    if (!state.log_group.empty() && !batch.lines.empty()) {
      std::vector<LogEvent> events;
      for (const auto& line : batch.lines)
        if (!line.text.empty()) events.push_back({line.time, line.text});
      try {
        ports_.logs.append(key.account, key.region, state.log_group, state.log_stream, events);
      } catch (const aws::Error& e) {
        log::warning(
            "ecs.logs_lost",
            {{"task", task->id}, {"group", state.log_group}, {"lines", batch.lines.size()}, {"error", e.message}});
      }
    }
    tasks_.update(key, [&](Task& t) { t.containers[index].log_offset = static_cast<std::int64_t>(batch.end_offset); });
    if (batch.finished) finished_logs_.insert(batch.id);
  });
  store_.after_commit([this, id = batch.id, end = batch.end_offset] {
    containers_.acknowledge_log(id, end);
    wake();
  });
}

void Ecs::fail_start(const state::Key& key, const std::string& reason, const std::string& container) {
  if (!container.empty())
    update(key, [&](Task& t) {
      for (auto& state : t.containers)
        if (state.name == container && state.reason.empty()) state.reason = reason;
    });
  const Task task = *tasks_.find(key);  // a copy: rows change below
  const state::Key service{key.account, key.region,
                           task.cluster + "/" + (task.group.starts_with("service:") ? task.group.substr(8) : "")};
  if (const ServiceRow* row = services_.find(service); row != nullptr && task.desired != "STOPPED")
    services_.update(service, [&](ServiceRow& changed) {
      for (auto& d : changed.deployments)
        if (d.id == task.deployment) {
          ++d.failed_tasks;
          d.retry_at = loop_.clock().now() + std::chrono::seconds(std::min(1 << std::min(d.failed_tasks, 6), 60));
        }
      add_event(changed, "was unable to start a task (task " + task.id + "): " + reason);
      for (const auto& d : changed.deployments)
        if (d.id == task.deployment && d.failed_tasks == kImpaired) {
          add_event(changed, "is unable to consistently start tasks successfully.");
          tell_service(changed, "WARN", "SERVICE_TASK_START_IMPAIRED", reason);
        }
    });
  log::warning("ecs.task_failed_to_start", {{"task", task.id}, {"reason", reason}});
  begin_stop(key, "TaskFailedToStart", reason);
}

void Ecs::begin_stop(const state::Key& key, const std::string& code, const std::string& reason) {
  const Task& task = *tasks_.find(key);
  if (task.desired == "STOPPED") return;
  if (task.registered)
    for (const auto& registration : task.registrations)
      ports_.balancers.remove(registration.target_group, task.private_ip, registration.port);
  // Told first as what still runs and is wanted no more: the warning of a Spot interruption.
  update(key, [&](Task& t) {
    t.desired = "STOPPED";
    t.stop_code = code;
    t.stopped_reason = reason;
    t.stopping = loop_.clock().now();
  });
  update(key, [](Task& t) { t.last = t.registered ? "DEACTIVATING" : "STOPPING"; });
}

void Ecs::stop_containers(const state::Key& key) {
  const Task task = *tasks_.find(key);  // a copy: the row changes below
  const TaskDefinition* definition = definition_by_arn(task.definition_arn);
  bool all = true;
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    const ContainerState& state = task.containers[i];
    if (state.runtime_id.empty()) {
      if (state.status != "STOPPED") update(key, [i](Task& t) { t.containers[i].status = "STOPPED"; });
      continue;
    }
    if (state.status != "STOPPED") {
      all = false;
      if (!busy_.insert("stop " + state.runtime_id).second) continue;
      const auto& all_definitions = definition != nullptr ? definition->definition.container_definitions : std::nullopt;
      const auto timeout = std::chrono::seconds(all_definitions ? (*all_definitions)[i].stop_timeout.value_or(30) : 30);
      containers_.stop(state.runtime_id, timeout, [this, id = state.runtime_id](Result<containers::Exit> exit) {
        busy_.erase("stop " + id);
        if (exit) exited(*exit);
        wake();
      });
      continue;
    }
    // Its last lines first, then the container; a log that never ends is given up after a while.
    const bool waited = task.stopping && loop_.clock().now() - *task.stopping > std::chrono::seconds(60);
    if (finished_logs_.count(state.runtime_id) == 0 && !waited) {
      all = false;
      continue;
    }
    if (removing_.insert(state.runtime_id).second)
      containers_.remove(state.runtime_id, [this, id = state.runtime_id](const Result<>& removed) {
        if (!removed)
          log::warning("ecs.container_not_removed", {{"container", id}, {"error", removed.error().message()}});
        removing_.erase(id);
        last_stats_.erase(id);
        finished_logs_.erase(id);
        const auto [owner, index] = owner_of(id);
        if (tasks_.find(owner) == nullptr) return;
        store_.call([&, owner = owner, index = index] {
          update(owner, [&](Task& t) { t.containers[index].runtime_id.clear(); });
        });
      });
    all = false;
  }
  if (all) update(key, [](Task& t) { t.last = "DEPROVISIONING"; });
}

void Ecs::deprovision(const state::Key& key) {
  const Task& task = *tasks_.find(key);
  ports_.endpoints.close(key.id);
  if (!task.eni_id.empty()) ports_.network.destroy(key.account, key.region, task.eni_id);
  pulled_.erase(key.id);
  busy_.erase(key.id);
  issued_.erase(key.id);
  interrupt_at_.erase(key.id);
  update(key, [&](Task& t) {
    t.last = "STOPPED";
    t.stopped = loop_.clock().now();
  });
}

}  // namespace stratus::services::ecs
