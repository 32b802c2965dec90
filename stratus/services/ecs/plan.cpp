#include "stratus/services/ecs/plan.h"

#include <algorithm>
#include <map>

namespace stratus::services::ecs {

std::int32_t failure_threshold(std::int32_t desired) { return std::clamp((desired + 1) / 2, 3, 200); }

std::string next_provider(const std::vector<aws::ecs::CapacityProviderStrategyItem>& strategy,
                          const std::map<std::string, std::int32_t>& count) {
  const auto runs = [&](const auto& item) {
    const auto found = count.find(*item.capacity_provider);
    return found == count.end() ? 0 : found->second;
  };
  for (const auto& item : strategy)
    if (runs(item) < item.base.value_or(0)) return *item.capacity_provider;
  const aws::ecs::CapacityProviderStrategyItem* best = nullptr;
  // What the base holds is no part of the shares.
  const auto above = [&](const auto& item) { return std::max(0, runs(item) - item.base.value_or(0)) + 1; };
  for (const auto& item : strategy) {
    if (item.weight.value_or(0) == 0) continue;
    if (best == nullptr || above(item) * *best->weight < above(*best) * *item.weight) best = &item;
  }
  return best != nullptr ? *best->capacity_provider : *strategy.front().capacity_provider;
}

Plan plan(const ServiceRow& service, const std::vector<TaskView>& tasks, Timestamp now) {
  Plan out;
  const std::int32_t desired = service.status == "ACTIVE" ? service.desired : 0;
  const Deployment* primary = service.deployments.empty() ? nullptr : &service.deployments.front();
  const std::int32_t minimum = (desired * service.configuration.minimum_healthy_percent.value_or(100) + 99) / 100;
  const std::int32_t maximum =
      std::max(desired * service.configuration.maximum_percent.value_or(200) / 100, desired > 0 ? 1 : 0);

  std::vector<const TaskView*> current, old;
  std::int32_t alive = 0, healthy = 0;
  for (const TaskView& task : tasks) {
    if (task.stopping) continue;
    ++alive;
    healthy += task.healthy ? 1 : 0;
    (primary != nullptr && task.deployment == primary->id ? current : old).push_back(&task);
  }

  // The unhealthy ones are replaced: each only once its successor may run beside it, or where nothing healthy is lost.
  for (const TaskView* task : current)
    if (task->failed_checks) {
      out.stop.push_back(task->id);
      out.replace.push_back(task->id);
    }
  std::erase_if(current, [](const TaskView* task) { return task->failed_checks; });

  const auto wanted = static_cast<std::size_t>(desired);
  // Too many of the right kind: the youngest go first, from the fullest zone.
  std::map<std::string, int> zones;
  for (const TaskView* task : current) ++zones[task->zone];
  std::sort(current.begin(), current.end(), [&](const TaskView* a, const TaskView* b) {
    return std::tuple(a->healthy, -zones[a->zone], b->created) < std::tuple(b->healthy, -zones[b->zone], a->created);
  });
  // Protected ones do not count among those that may go.
  std::stable_partition(current.begin(), current.end(), [](const TaskView* task) { return !task->is_protected; });
  while (current.size() > wanted && !current.front()->is_protected) {
    out.stop.push_back(current.front()->id);
    healthy -= current.front()->healthy ? 1 : 0;
    --alive;
    current.erase(current.begin());
  }

  // Old tasks make room: those that do not serve at once, healthy ones as far as the minimum allows.
  std::sort(old.begin(), old.end(), [](const TaskView* a, const TaskView* b) {
    return std::tuple(a->healthy, a->created) < std::tuple(b->healthy, b->created);
  });
  std::vector<const TaskView*> kept;
  for (const TaskView* task : old) {
    const bool spare = (!task->is_protected || task->failed_checks) && (!task->healthy || healthy - 1 >= minimum);
    // A task that does not serve yet but may soon is spared while nothing else runs.
    if (spare && (task->healthy || task->failed_checks || healthy >= minimum || desired == 0)) {
      out.stop.push_back(task->id);
      healthy -= task->healthy ? 1 : 0;
      --alive;
    } else {
      kept.push_back(task);
    }
  }

  if (primary != nullptr && current.size() < wanted) {
    const std::int32_t room = std::max(0, maximum - alive);
    const bool throttled = primary->retry_at && *primary->retry_at > now;
    if (throttled) {
      out.look_again = primary->retry_at;
    } else {
      out.start = std::min(static_cast<std::int32_t>(wanted - current.size()), room);
    }
  }
  if (primary == nullptr) return out;
  const bool breaker = service.configuration.deployment_circuit_breaker &&
                       service.configuration.deployment_circuit_breaker->enable.value_or(false);
  out.failed =
      breaker && primary->rollout_state == "IN_PROGRESS" && primary->failed_tasks >= failure_threshold(desired);
  if (out.failed) out.start = 0;
  out.completed = primary->rollout_state == "IN_PROGRESS" && !out.failed && kept.empty() && out.stop.empty() &&
                  current.size() == wanted &&
                  std::all_of(current.begin(), current.end(), [](const TaskView* task) { return task->healthy; }) &&
                  std::all_of(tasks.begin(), tasks.end(),
                              [&](const TaskView& task) { return task.deployment == primary->id || task.stopping; });
  return out;
}

}  // namespace stratus::services::ecs
