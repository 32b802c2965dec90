// The rows of ECS.
#pragma once

#include "stratus/models/ecs.h"

namespace stratus::services::ecs {

struct Cluster {
  std::string name, arn, status = "ACTIVE";
  std::vector<aws::ecs::ClusterSetting> settings;
  std::vector<std::string> capacity_providers;
  std::vector<aws::ecs::CapacityProviderStrategyItem> strategy;
  aws::ecs::ClusterConfiguration configuration;
  std::map<std::string, std::string> tags;
  std::optional<Timestamp> inactive_at;
  STRATUS_SHAPE(Cluster, name, arn, status, settings, capacity_providers, strategy, configuration, tags, inactive_at)
};

/// The key's id is "family:revision" with the revision padded to 9 digits.
struct TaskDefinition {
  aws::ecs::TaskDefinition definition;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(TaskDefinition, definition, tags)
};

struct Deployment {
  std::string id, status = "PRIMARY";  ///< PRIMARY, ACTIVE, INACTIVE
  std::string task_definition;
  std::int32_t failed_tasks = 0;  ///< since it began; a healthy task resets the count that the circuit breaker reads
  Timestamp created, updated;
  std::string rollout_state = "IN_PROGRESS", rollout_reason;
  std::vector<aws::ecs::CapacityProviderStrategyItem> strategy;
  std::string launch_type;
  aws::ecs::NetworkConfiguration network;
  std::optional<Timestamp> retry_at;  ///< starts are throttled after failures
  std::string revision;               ///< ARN of the service revision that it leads to
  std::string record;                 ///< ARN of the service deployment that it is part of
  bool watched = false;               ///< by alarms: none of them was in ALARM when it began
  std::optional<Timestamp> baked_at;  ///< everything runs; complete once alarms stayed quiet until then
  STRATUS_SHAPE(Deployment, id, status, task_definition, failed_tasks, created, updated, rollout_state, rollout_reason,
                strategy, launch_type, network, retry_at, revision, record, watched, baked_at)
};

/// The key's id is "cluster/service".
struct ServiceRow {
  std::string name, arn, cluster, status = "ACTIVE";  ///< ACTIVE, DRAINING, INACTIVE
  std::int32_t desired = 0;
  std::string platform_version = "LATEST";
  aws::ecs::DeploymentConfiguration configuration;
  std::vector<aws::ecs::LoadBalancer> load_balancers;
  std::int32_t grace_seconds = 0;
  std::vector<Deployment> deployments;         ///< the primary one first
  std::string last_completed;                  ///< the task definition that a rollback returns to
  std::string last_revision;                   ///< the revision of that
  std::vector<aws::ecs::ServiceEvent> events;  ///< newest first, at most 100
  Timestamp created;
  bool managed_tags = false;
  std::string propagate_tags = "NONE", created_by, zone_rebalancing = "DISABLED";
  std::map<std::string, std::string> tags;
  bool steady = false;  ///< the last steady state was announced
  std::optional<Timestamp> inactive_at;
  STRATUS_SHAPE(ServiceRow, name, arn, cluster, status, desired, platform_version, configuration, load_balancers,
                grace_seconds, deployments, last_completed, last_revision, events, created, managed_tags,
                propagate_tags, created_by, zone_rebalancing, tags, steady, inactive_at)
};

/// What a service was asked to be; the key's id is "cluster/service/revision".
struct ServiceRevision {
  aws::ecs::ServiceRevision revision;
  STRATUS_SHAPE(ServiceRevision, revision)
};

/// The way of a service to a revision, and back from it; the key's id is "cluster/service/deployment".
struct ServiceDeployment {
  aws::ecs::ServiceDeployment deployment;
  STRATUS_SHAPE(ServiceDeployment, deployment)
};

struct ContainerState {
  std::string name, image, digest, runtime_id, status = "PENDING", reason, health = "UNKNOWN";
  std::optional<std::int32_t> exit_code;
  bool essential = true;
  std::string log_group, log_stream;
  std::int64_t log_offset = 0;
  std::int32_t failed_checks = 0;
  std::optional<Timestamp> created, started, finished;
  STRATUS_SHAPE(ContainerState, name, image, digest, runtime_id, status, reason, health, exit_code, essential,
                log_group, log_stream, log_offset, failed_checks, created, started, finished)
};

struct Registration {
  std::string target_group;
  std::int32_t port = 0;
  STRATUS_SHAPE(Registration, target_group, port)
};

/// The key's id is the task's id (32 digits).
struct Task {
  std::string id, arn, cluster, definition_arn, group, started_by, client_token, launch_type = "FARGATE",
                                                                                 capacity_provider;
  std::string deployment;  ///< of a service's task
  std::string last = "PROVISIONING", desired = "RUNNING";
  std::string cpu, memory;  ///< "256", "512"
  aws::ecs::TaskOverride overrides;
  aws::ecs::AwsVpcConfiguration network;
  std::string attachment_id, eni_id, netns, private_ip, public_ip, mac, subnet_id, zone, resolver, subnet_cidr;
  std::string search = "ec2.internal";
  std::string credentials_id;  ///< of the task role's credentials, in their URL
  std::optional<Timestamp> protected_until;
  std::vector<ContainerState> containers;
  std::vector<Registration> registrations;
  bool registered = false;
  std::int64_t uid_base = 0;
  std::map<std::string, std::string> tags;
  Timestamp created;
  std::optional<Timestamp> pull_started, pull_stopped, started, stopping, stopped, connectivity;
  std::string stop_code, stopped_reason;
  std::int64_t version = 1;
  STRATUS_SHAPE(Task, id, arn, cluster, definition_arn, group, started_by, client_token, launch_type, capacity_provider,
                deployment, last, desired, cpu, memory, overrides, network, attachment_id, eni_id, netns, private_ip,
                public_ip, mac, subnet_id, zone, resolver, subnet_cidr, credentials_id, protected_until, containers,
                registrations, registered, uid_base, tags, created, pull_started, pull_stopped, started, stopping,
                stopped, connectivity, stop_code, stopped_reason, version, search)
};

/// A setting that somebody put; the key's id is "<name>|<principal ARN>", the principal "" for the account's default.
struct AccountSetting {
  std::string name, value, principal;
  STRATUS_SHAPE(AccountSetting, name, value, principal)
};

}  // namespace stratus::services::ecs
