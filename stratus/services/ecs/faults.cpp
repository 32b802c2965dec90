// What is done to tasks on purpose, to see what becomes of what they serve.
#include <csignal>
#include <memory>

#include "stratus/core/log.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

std::string after_slash(const std::string& name) { return name.substr(name.rfind('/') + 1); }

Failure not_running(const std::string& arn) { return failure("task " + arn + " does not run", ENOENT); }

}  // namespace

std::vector<RunningTask> Ecs::running_tasks() const {
  std::vector<RunningTask> out;
  for (const auto& [key, task] : tasks_.all()) {
    if (task->last != "RUNNING" || task->desired == "STOPPED") continue;
    const std::string revision = after_slash(task->definition_arn);
    out.push_back({.account = key.account,
                   .region = key.region,
                   .arn = task->arn,
                   .cluster = task->cluster,
                   .service = task->group.starts_with("service:") ? task->group.substr(8) : "",
                   .family = revision.substr(0, revision.rfind(':')),
                   .launch_type = task->launch_type,
                   .zone = task->zone,
                   .subnet_id = task->subnet_id,
                   .interface_id = task->eni_id,
                   .tags = task->tags});
  }
  return out;
}

std::optional<state::Key> Ecs::running_task(const std::string& task_arn) const {
  for (const auto& [key, task] : tasks_.all())
    if (task->arn == task_arn && task->last == "RUNNING" && task->desired != "STOPPED") return key;
  return std::nullopt;
}

Result<> Ecs::stop_running_task(const std::string& task_arn, const std::string& reason) {
  const auto key = running_task(task_arn);
  if (!key) return not_running(task_arn);
  store_.call([&] { begin_stop(*key, "UserInitiated", reason); });
  return {};
}

void Ecs::kill_task(const std::string& task_arn, std::function<void(Result<>)> done) {
  const auto key = running_task(task_arn);
  if (!key) return loop_.post([task_arn, done = std::move(done)] { done(not_running(task_arn)); });
  struct Left {
    std::size_t count = 1;
    Result<> result;
    std::function<void(Result<>)> done;
  };
  const auto left = std::make_shared<Left>();
  left->done = std::move(done);
  const auto step = [left](const Result<>& one) {
    // One that ended by itself meanwhile is as dead.
    if (!one && one.error().error != ESRCH) left->result = one;
    if (--left->count == 0) left->done(left->result);
  };
  for (const auto& container : tasks_.find(*key)->containers) {
    if (container.runtime_id.empty() || container.status == "STOPPED") continue;
    ++left->count;
    log::info("ecs.container_killed", {{"task", key->id}, {"container", container.name}});
    containers_.signal(container.runtime_id, SIGKILL, step);
  }
  loop_.post([step] { step({}); });
}

void Ecs::freeze_task(const std::string& task_arn, Timestamp until, std::function<void(Result<>)> done) {
  const auto key = running_task(task_arn);
  if (!key) return loop_.post([task_arn, done = std::move(done)] { done(not_running(task_arn)); });
  containers_.freeze(key->id, until, std::move(done));
}

void Ecs::thaw_task(const std::string& task_arn, std::function<void(Result<>)> done) {
  containers_.thaw(after_slash(task_arn), std::move(done));
}

}  // namespace stratus::services::ecs
