// What ECS tells to those who measure: tasks with their containers, services and clusters with their counts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace stratus::services::ecs {

struct TaskFigures {
  std::string account, region, cluster, service, family;  ///< `service` is "" for a task of its own
  std::string id;
  double cpu_units = 0, memory_mib = 0;  ///< the task's size
  std::vector<std::string> containers;   ///< of the running ones, the ids of `containers::Containers`
};

struct ServiceFigures {
  std::string account, region, cluster, name;
  std::int32_t desired = 0, running = 0, pending = 0, deployments = 0;
};

struct ClusterFigures {
  std::string account, region, name;
  bool container_insights = false;
  std::int32_t running = 0, pending = 0, services = 0;  ///< tasks, tasks, active services
};

struct Figures {
  std::vector<TaskFigures> tasks;  ///< those that run
  std::vector<ServiceFigures> services;
  std::vector<ClusterFigures> clusters;
};

/// A task that runs, by everything that one may choose it by.
struct RunningTask {
  std::string account, region, arn, cluster, service, family, launch_type, zone, subnet_id, interface_id;
  std::map<std::string, std::string> tags;
};

}  // namespace stratus::services::ecs
