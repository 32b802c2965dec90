// What a service needs next: a pure function of what it wants and what it has.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/services/ecs/resources.h"

namespace stratus::services::ecs {

/// A task of the service that is not stopped, as the plan sees it.
struct TaskView {
  std::string id, deployment, zone;
  Timestamp created;
  bool stopping = false;
  bool running = false;
  bool healthy = false;        ///< running, its container checks and its targets pass
  bool failed_checks = false;  ///< unhealthy beyond the grace period: to be replaced
  bool is_protected = false;   ///< from scale-in and deployments, not from failing
};

struct Plan {
  std::int32_t start = 0;  ///< tasks of the primary deployment
  std::vector<std::string> stop;
  std::vector<std::string> replace;     ///< of `stop`: because they are unhealthy
  bool completed = false;               ///< the primary deployment has all it wants, and others have nothing
  bool failed = false;                  ///< the circuit breaker opens
  std::optional<Timestamp> look_again;  ///< nothing before then, unless something changes
};

/// `minimum` and `maximum` percent bound what runs during a rollout, as AWS rounds them: minimum up, maximum down.
Plan plan(const ServiceRow& service, const std::vector<TaskView>& tasks, Timestamp now);

/// The capacity provider of the next task: the base first, then whoever is furthest below its share of the weights.
/// `count` is what runs of each; the strategy is not empty.
std::string next_provider(const std::vector<aws::ecs::CapacityProviderStrategyItem>& strategy,
                          const std::map<std::string, std::int32_t>& count);

/// Failures in a row at which the circuit breaker opens: half of the desired count, at least 3, at most 200.
std::int32_t failure_threshold(std::int32_t desired);

}  // namespace stratus::services::ecs
