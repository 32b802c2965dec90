#include "stratus/services/ecs/figures.h"

#include <cstdlib>

#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

std::string last_part(const std::string& name) { return name.substr(name.rfind('/') + 1); }

/// "family" out of "arn:…:task-definition/family:3".
std::string family_of(const std::string& arn) {
  const std::string name = last_part(arn);
  return name.substr(0, name.find(':'));
}

}  // namespace

Figures Ecs::figures() const {
  Figures out;
  std::map<state::Key, std::pair<std::int32_t, std::int32_t>> of_cluster, of_service;  // running, pending
  for (const auto& [key, task] : tasks_.all()) {
    if (task->last == "STOPPED" || task->last == "DEPROVISIONING") continue;
    const std::string cluster = last_part(task->cluster);
    const std::string service = task->group.starts_with("service:") ? task->group.substr(8) : "";
    const bool running = task->last == "RUNNING";
    for (auto* counts : {&of_cluster[{key.account, key.region, cluster}],
                         &of_service[{key.account, key.region, cluster + "/" + service}]})
      (running ? counts->first : counts->second) += 1;
    if (!running) continue;
    TaskFigures figures{.account = key.account,
                        .region = key.region,
                        .cluster = cluster,
                        .service = service,
                        .family = family_of(task->definition_arn),
                        .id = task->id,
                        .cpu_units = std::strtod(task->cpu.c_str(), nullptr),
                        .memory_mib = std::strtod(task->memory.c_str(), nullptr),
                        .containers = {}};
    for (const auto& container : task->containers)
      if (!container.runtime_id.empty() && container.status == "RUNNING")
        figures.containers.push_back(container.runtime_id);
    out.tasks.push_back(std::move(figures));
  }
  std::map<state::Key, std::int32_t> services;
  for (const auto& [key, service] : services_.all()) {
    if (service->status != "ACTIVE") continue;
    const std::string cluster = last_part(service->cluster);
    services[{key.account, key.region, cluster}] += 1;
    const auto& counts = of_service[{key.account, key.region, cluster + "/" + service->name}];
    out.services.push_back({key.account, key.region, cluster, service->name, service->desired, counts.first,
                            counts.second, static_cast<std::int32_t>(service->deployments.size())});
  }
  for (const auto& [key, cluster] : clusters_.all()) {
    if (cluster->status != "ACTIVE") continue;
    const state::Key named{key.account, key.region, cluster->name};
    ClusterFigures figures{.account = key.account, .region = key.region, .name = cluster->name};
    for (const auto& setting : cluster->settings)
      if (setting.name == "containerInsights")
        figures.container_insights = setting.value == "enabled" || setting.value == "enhanced";
    figures.running = of_cluster[named].first;
    figures.pending = of_cluster[named].second;
    figures.services = services[named];
    out.clusters.push_back(std::move(figures));
  }
  return out;
}

}  // namespace stratus::services::ecs
