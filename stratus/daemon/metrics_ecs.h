// AWS/ECS and ECS/ContainerInsights out of the containers' counters.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "stratus/core/loop.h"
#include "stratus/dataplane/containers/containers.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/ecs/service.h"

namespace stratus::daemon {

class EcsMetrics final {
 public:
  EcsMetrics(Loop& loop, services::cloudwatch::Service& cloudwatch, services::ecs::Ecs& ecs,
             containers::Containers& containers)
      : loop_(loop), cloudwatch_(cloudwatch), ecs_(ecs), containers_(containers) {}

  /// Asks every running container what it uses.
  void sample();
  /// Records what the tasks used in the minute that began at `minute`.
  void publish(Timestamp minute);

 private:
  struct Container {
    std::uint64_t first_cpu_ns = 0, last_cpu_ns = 0;  ///< of the samples since the last minute was told
    Timestamp first, last;
    double memory_sum = 0;  ///< bytes
    int samples = 0;
    bool alive = true;
  };
  /// What a task used on average: CPU units, MiB.
  struct Used {
    double cpu = 0, memory = 0;
    bool known = false;
  };
  void seen(const std::string& id, const containers::Stats& stats);
  Used used_by(const services::ecs::TaskFigures& task) const;
  void insights(const services::ecs::Figures& figures, Timestamp minute);

  Loop& loop_;
  services::cloudwatch::Service& cloudwatch_;
  services::ecs::Ecs& ecs_;
  containers::Containers& containers_;
  std::map<std::string, Container> seen_;
  std::set<std::string> asked_;  ///< whose answer is still to come
};

}  // namespace stratus::daemon
