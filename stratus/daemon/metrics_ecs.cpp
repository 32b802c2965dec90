#include "stratus/daemon/metrics_ecs.h"

#include <algorithm>

namespace stratus::daemon {
namespace {

using services::cloudwatch::Aggregate;
using services::cloudwatch::Datum;

constexpr double kMiB = 1024.0 * 1024.0;
constexpr double kUnitsOfCpu = 1024;  // CPU units of one vCPU

}  // namespace

void EcsMetrics::sample() {
  std::set<std::string> alive;
  for (const auto& task : ecs_.figures().tasks)
    for (const auto& id : task.containers) {
      alive.insert(id);
      if (!asked_.insert(id).second) continue;
      containers_.stats(id, [this, id](const Result<containers::Stats>& stats) {
        asked_.erase(id);
        if (stats) seen(id, *stats);
      });
    }
  std::erase_if(seen_, [&](const auto& pair) { return alive.count(pair.first) == 0; });
}

void EcsMetrics::seen(const std::string& id, const containers::Stats& stats) {
  const Timestamp now = loop_.clock().now();
  Container& container = seen_[id];
  if (container.first.ms == 0) {
    container.first = now;
    container.first_cpu_ns = stats.cpu_ns;
  }
  container.last = now;
  container.last_cpu_ns = std::max(container.last_cpu_ns, stats.cpu_ns);
  container.memory_sum += static_cast<double>(stats.memory_bytes);
  container.samples += 1;
}

EcsMetrics::Used EcsMetrics::used_by(const services::ecs::TaskFigures& task) const {
  Used out;
  for (const auto& id : task.containers) {
    const auto found = seen_.find(id);
    if (found == seen_.end() || found->second.samples == 0 || found->second.last <= found->second.first) continue;
    const Container& container = found->second;
    const auto elapsed = static_cast<double>((container.last - container.first).count()) * 1e6;  // ns
    out.cpu += static_cast<double>(container.last_cpu_ns - container.first_cpu_ns) / elapsed * kUnitsOfCpu;
    out.memory += container.memory_sum / container.samples / kMiB;
    out.known = true;
  }
  return out;
}

void EcsMetrics::publish(Timestamp minute) {
  const services::ecs::Figures figures = ecs_.figures();
  struct Sums {
    Aggregate cpu, memory;  ///< percent of the task's size; one value a task, so SampleCount counts the tasks
  };
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Sums> services;
  for (const auto& task : figures.tasks) {
    if (task.service.empty() || task.cpu_units <= 0 || task.memory_mib <= 0) continue;
    const Used used = used_by(task);
    if (!used.known) continue;
    Sums& sums = services[{task.account, task.region, task.cluster, task.service}];
    sums.cpu.add(used.cpu / task.cpu_units * 100);
    sums.memory.add(used.memory / task.memory_mib * 100);
  }
  for (const auto& [key, sums] : services) {
    const auto& [account, region, cluster, service] = key;
    const std::map<std::string, std::string> dimensions{{"ClusterName", cluster}, {"ServiceName", service}};
    cloudwatch_.record(account, region,
                       {{"AWS/ECS", "CPUUtilization", dimensions, "Percent", 0, minute, sums.cpu},
                        {"AWS/ECS", "MemoryUtilization", dimensions, "Percent", 0, minute, sums.memory}});
  }
  insights(figures, minute);
  // The last sample of this minute is the first of the next one.
  for (auto& [id, container] : seen_) {
    container.first = container.last;
    container.first_cpu_ns = container.last_cpu_ns;
    container.memory_sum = 0;
    container.samples = 0;
  }
}

void EcsMetrics::insights(const services::ecs::Figures& figures, Timestamp minute) {
  constexpr const char* kNamespace = "ECS/ContainerInsights";
  using Dimensions = std::map<std::string, std::string>;
  struct Sums {
    double cpu_used = 0, cpu_reserved = 0, memory_used = 0, memory_reserved = 0;
  };
  for (const auto& cluster : figures.clusters) {
    if (!cluster.container_insights) continue;
    const auto here = [&](const auto& other) {
      return other.account == cluster.account && other.region == cluster.region && other.cluster == cluster.name;
    };
    std::map<Dimensions, Sums> used;
    for (const auto& task : figures.tasks) {
      if (!here(task)) continue;
      const Used one = used_by(task);
      std::vector<Dimensions> of{{{"ClusterName", cluster.name}},
                                 {{"ClusterName", cluster.name}, {"TaskDefinitionFamily", task.family}}};
      if (!task.service.empty()) of.push_back({{"ClusterName", cluster.name}, {"ServiceName", task.service}});
      for (const auto& dimensions : of) {
        Sums& sums = used[dimensions];
        sums.cpu_used += one.cpu;
        sums.memory_used += one.memory;
        sums.cpu_reserved += task.cpu_units;
        sums.memory_reserved += task.memory_mib;
      }
    }
    std::vector<Datum> data;
    const auto count = [&](const Dimensions& dimensions, const char* name, std::int32_t value) {
      data.push_back({kNamespace, name, dimensions, "Count", static_cast<double>(value), minute});
    };
    const Dimensions whole{{"ClusterName", cluster.name}};
    count(whole, "TaskCount", cluster.running + cluster.pending);
    count(whole, "ServiceCount", cluster.services);
    for (const auto& service : figures.services) {
      if (!here(service)) continue;
      const Dimensions dimensions{{"ClusterName", cluster.name}, {"ServiceName", service.name}};
      count(dimensions, "RunningTaskCount", service.running);
      count(dimensions, "PendingTaskCount", service.pending);
      count(dimensions, "DesiredTaskCount", service.desired);
      count(dimensions, "DeploymentCount", service.deployments);
    }
    for (const auto& [dimensions, sums] : used) {
      data.push_back({kNamespace, "CpuUtilized", dimensions, "None", sums.cpu_used, minute});
      data.push_back({kNamespace, "CpuReserved", dimensions, "None", sums.cpu_reserved, minute});
      data.push_back({kNamespace, "MemoryUtilized", dimensions, "Megabytes", sums.memory_used, minute});
      data.push_back({kNamespace, "MemoryReserved", dimensions, "Megabytes", sums.memory_reserved, minute});
    }
    cloudwatch_.record(cluster.account, cluster.region, data);
  }
}

}  // namespace stratus::daemon
