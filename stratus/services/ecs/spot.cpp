// Fargate Spot: capacity that is taken away with a warning.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
#include <cmath>

#include "stratus/core/log.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {

bool Ecs::interrupt_spot(const std::string& task_arn) {
  for (const auto& [key, task] : tasks_.all()) {
    if (task->arn != task_arn || task->capacity_provider != "FARGATE_SPOT" || task->desired == "STOPPED") continue;
    log::info("ecs.spot_interruption", {{"task", task->id}});
    // The warning (a state change event), the targets' removal and SIGTERM come at once; SIGKILL after the containers'
    // stopTimeout, of at most two minutes.
    store_.call([&, key = key] { begin_stop(key, "SpotInterruption", "Your Spot Task was interrupted."); });
    return true;
  }
  return false;
}

void Ecs::interrupt_spot_tasks() {
  if (spot_rate_ <= 0) return;
  const Timestamp now = loop_.clock().now();
  constexpr double kHour = 3'600'000;
  for (const auto& [key, task] : tasks_.all()) {
    if (task->capacity_provider != "FARGATE_SPOT" || task->last != "RUNNING" || task->desired == "STOPPED") continue;
    // Exponential times have no memory: after a restart they are drawn again.
    const double uniform = (static_cast<double>(random_.below(1'000'000)) + 1) / 1'000'001;
    const auto [at, fresh] = interrupt_at_.try_emplace(key.id, now);
    if (fresh)
      at->second = now + Duration(static_cast<std::int64_t>(-std::log(uniform) / spot_rate_ * kHour));
    else if (at->second <= now)
      interrupt_spot(task->arn);
  }
}

}  // namespace stratus::services::ecs
