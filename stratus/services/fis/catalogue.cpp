#include "stratus/services/fis/catalogue.h"

#include <algorithm>
#include <array>

namespace stratus::services::fis {
namespace {

const ParameterKind kDuration{"duration", "The duration, from one minute to 12 hours (ISO 8601 format)."};

constexpr std::array kNotDone = std::to_array<ActionNotDone>({
    {"aws:arc:start-zonal-autoshift", "ManagedResources", "aws:arc:zonal-shift-managed-resource"},
    {"aws:directconnect:virtual-interface-disconnect", "VirtualInterfaces", "aws:directconnect:virtual-interface"},
    {"aws:dsql:cluster-connection-failure", "Clusters", "aws:dsql:cluster"},
    {"aws:dynamodb:global-table-pause-replication", "Tables", "aws:dynamodb:global-table"},
    {"aws:ebs:pause-volume-io", "Volumes", "aws:ec2:ebs-volume"},
    {"aws:ebs:volume-io-latency", "Volumes", "aws:ec2:ebs-volume"},
    {"aws:ec2:api-insufficient-instance-capacity-error", "Roles", "aws:iam:role"},
    {"aws:ec2:asg-insufficient-instance-capacity-error", "AutoScalingGroups", "aws:ec2:autoscaling-group"},
    {"aws:ec2:reboot-instances", "Instances", "aws:ec2:instance"},
    {"aws:ec2:send-spot-instance-interruptions", "SpotInstances", "aws:ec2:spot-instance"},
    {"aws:ec2:stop-instances", "Instances", "aws:ec2:instance"},
    {"aws:ec2:terminate-instances", "Instances", "aws:ec2:instance"},
    {"aws:ecs:drain-container-instances", "Clusters", "aws:ecs:cluster"},
    {"aws:ecs:task-cpu-stress", "Tasks", "aws:ecs:task"},
    {"aws:ecs:task-io-stress", "Tasks", "aws:ecs:task"},
    {"aws:ecs:task-kill-process", "Tasks", "aws:ecs:task"},
    {"aws:ecs:task-network-blackhole-port", "Tasks", "aws:ecs:task"},
    {"aws:ecs:task-network-latency", "Tasks", "aws:ecs:task"},
    {"aws:ecs:task-network-packet-loss", "Tasks", "aws:ecs:task"},
    {"aws:eks:inject-kubernetes-custom-resource", "Cluster", "aws:eks:cluster"},
    {"aws:eks:pod-cpu-stress", "Pods", "aws:eks:pod"},
    {"aws:eks:pod-delete", "Pods", "aws:eks:pod"},
    {"aws:eks:pod-io-stress", "Pods", "aws:eks:pod"},
    {"aws:eks:pod-memory-stress", "Pods", "aws:eks:pod"},
    {"aws:eks:pod-network-blackhole-port", "Pods", "aws:eks:pod"},
    {"aws:eks:pod-network-latency", "Pods", "aws:eks:pod"},
    {"aws:eks:pod-network-packet-loss", "Pods", "aws:eks:pod"},
    {"aws:eks:terminate-nodegroup-instances", "Nodegroups", "aws:eks:nodegroup"},
    {"aws:elasticache:replicationgroup-interrupt-az-power", "ReplicationGroups", "aws:elasticache:replicationgroup"},
    {"aws:fis:inject-api-internal-error", "Roles", "aws:iam:role"},
    {"aws:fis:inject-api-throttle-error", "Roles", "aws:iam:role"},
    {"aws:fis:inject-api-unavailable-error", "Roles", "aws:iam:role"},
    {"aws:kinesis:stream-expired-iterator-exception", "KinesisStreams", "aws:kinesis:stream"},
    {"aws:kinesis:stream-provisioned-throughput-exception", "KinesisStreams", "aws:kinesis:stream"},
    {"aws:lambda:invocation-add-delay", "Functions", "aws:lambda:function"},
    {"aws:lambda:invocation-error", "Functions", "aws:lambda:function"},
    {"aws:lambda:invocation-http-integration-response", "Functions", "aws:lambda:function"},
    {"aws:memorydb:multi-region-cluster-pause-replication", "MultiRegionClusters", "aws:memorydb:multi-region-cluster"},
    {"aws:network:disrupt-vpc-endpoint", "VPCEndpoints", "aws:ec2:vpc-endpoint"},
    {"aws:network:route-table-disrupt-cross-region-connectivity", "Subnets", "aws:ec2:subnet"},
    {"aws:network:transit-gateway-disrupt-cross-region-connectivity", "TransitGateways", "aws:ec2:transit-gateway"},
    {"aws:rds:failover-db-cluster", "Clusters", "aws:rds:cluster"},
    {"aws:rds:reboot-db-instances", "DBInstances", "aws:rds:db"},
    {"aws:s3:bucket-pause-replication", "Buckets", "aws:s3:bucket"},
    {"aws:ssm:send-command", "Instances", "aws:ec2:instance"},
    {"aws:ssm:start-automation-execution", "", ""},
});

/// Resources that Stratus has, while no action on them is done.
constexpr std::array<std::string_view, 3> kHere = {"aws:ecs:cluster", "aws:iam:role", "aws:s3:bucket"};

}  // namespace

const std::vector<ActionKind>& actions_done() {
  static const std::vector<ActionKind> all = {
      {"aws:cloudwatch:assert-alarm-state",
       "Verify that the specified alarms are in one of the specified alarm states.",
       "",
       "",
       {{"alarmArns", "The ARNs of the alarms, separated by commas."},
        {"alarmStates", "The alarm states (OK, ALARM, INSUFFICIENT_DATA), separated by commas."}}},
      {"aws:ecs:stop-task", "Stop the target ECS tasks.", "Tasks", "aws:ecs:task", {}},
      {"aws:fis:wait", "Wait for the specified duration.", "", "", {kDuration}},
      {"aws:network:disrupt-connectivity",
       "Deny the specified type of traffic entering and leaving the target subnets.",
       "Subnets",
       "aws:ec2:subnet",
       {kDuration, {"scope", "The type of traffic to deny: all, availability-zone, vpc."}}},
  };
  return all;
}

const std::vector<ResourceKind>& resource_types() {
  static const std::vector<ResourceKind> all = {
      {"aws:ec2:subnet",
       "An Amazon EC2 subnet",
       {{"availabilityZoneIdentifier", "The Availability Zone of the subnets, by name or id.", false},
        {"vpc", "The VPC of the subnets.", false}}},
      {"aws:ecs:task",
       "An Amazon ECS task",
       {{"cluster", "The cluster of the tasks, by name or ARN.", false},
        {"service", "The service of the tasks, by name or ARN.", false}}},
  };
  return all;
}

const ActionKind* find_action(std::string_view id) {
  const auto& all = actions_done();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& action) { return action.id == id; });
  return found == all.end() ? nullptr : &*found;
}

const ResourceKind* find_resource_type(std::string_view type) {
  const auto& all = resource_types();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.type == type; });
  return found == all.end() ? nullptr : &*found;
}

const ActionNotDone* find_action_not_done(std::string_view id) {
  const auto* found =
      std::find_if(kNotDone.begin(), kNotDone.end(), [&](const ActionNotDone& action) { return action.id == id; });
  return found == kNotDone.end() ? nullptr : found;
}

Presence presence_of(std::string_view resource_type) {
  if (find_resource_type(resource_type) != nullptr) return Presence::target;
  if (std::find(kHere.begin(), kHere.end(), resource_type) != kHere.end()) return Presence::here;
  const bool known = !resource_type.empty() && std::any_of(kNotDone.begin(), kNotDone.end(), [&](const auto& action) {
    return action.resource_type == resource_type;
  });
  return known ? Presence::absent : Presence::unknown;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (!text.starts_with("P")) return std::nullopt;
  text.remove_prefix(1);
  std::int64_t seconds = 0, number = 0;
  bool time = false, digits = false, any = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      digits = true;
      if (number > 1'000'000) return std::nullopt;
      continue;
    }
    if (c == 'T' && !time && !digits) {
      time = true;
      continue;
    }
    const std::int64_t unit = c == 'D' && !time  ? 86'400
                              : c == 'H' && time ? 3'600
                              : c == 'M' && time ? 60
                              : c == 'S' && time ? 1
                                                 : 0;
    if (unit == 0 || !digits) return std::nullopt;
    seconds += number * unit;
    number = 0;
    digits = false;
    any = true;
  }
  if (digits || !any) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace stratus::services::fis
