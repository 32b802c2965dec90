// What this room acts on and asks: tasks, packets, alarms, roles, logs, events. The daemon adapts the services that
// have them, tests fake them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/context.h"
#include "stratus/core/result.h"

namespace stratus::services::fis {

/// A task that runs.
struct TaskTarget {
  std::string account, region, arn, cluster, service, family, launch_type, zone, subnet_id, vpc_id, interface_id;
  std::map<std::string, std::string> tags;
};

class Tasks {
 public:
  virtual ~Tasks() = default;
  virtual std::vector<TaskTarget> running(const std::string& account, const std::string& region) = 0;
  /// What DescribeTasks tells of it, as JSON; "" where it is gone.
  virtual std::string describe(const TaskTarget& task) = 0;
  virtual Result<> stop(const std::string& arn, const std::string& reason) = 0;
  virtual void kill(const std::string& arn, std::function<void(Result<>)> done) = 0;
  /// Ends at `until`, also where nobody is left to end it.
  virtual void freeze(const std::string& arn, Timestamp until, std::function<void(Result<>)> done) = 0;
  virtual void thaw(const std::string& arn, std::function<void(Result<>)> done) = 0;
};

struct InterfaceTarget {
  std::string id, vpc_id, subnet_id, zone;
};

struct SubnetTarget {
  std::string arn, id, vpc_id, zone, zone_id, cidr;
  std::map<std::string, std::string> tags;
  std::string json;  ///< what DescribeSubnets tells of it
};

struct NatGatewayTarget {
  std::string id, interface_id, vpc_id, subnet_id, zone;
};

class Network {
 public:
  virtual ~Network() = default;
  virtual std::vector<InterfaceTarget> interfaces(const std::string& account, const std::string& region) = 0;
  /// Those that carry packets.
  virtual std::vector<NatGatewayTarget> nat_gateways(const std::string& account, const std::string& region) = 0;
  virtual std::vector<SubnetTarget> subnets(const std::string& account, const std::string& region) = 0;
  virtual bool subnet_exists(const std::string& account, const std::string& region, const std::string& id) = 0;
  virtual bool vpc_exists(const std::string& account, const std::string& region, const std::string& id) = 0;
  /// The blocks of a VPC.
  virtual std::vector<std::string> cidrs(const std::string& account, const std::string& region,
                                         const std::string& vpc_id) = 0;
  virtual std::vector<std::string> zones(const std::string& account, const std::string& region) = 0;
  /// The faults of this VPC are to be asked for again; `done` once the kernel obeys them.
  virtual void changed(const std::string& account, const std::string& region, const std::string& vpc_id,
                       std::function<void()> done) = 0;
};

class Alarms {
 public:
  virtual ~Alarms() = default;
  /// "OK", "ALARM", "INSUFFICIENT_DATA"; nothing where there is no such alarm.
  virtual std::optional<std::string> state(const std::string& arn) = 0;
};

class Roles {
 public:
  virtual ~Roles() = default;
  /// Throws where the caller may not hand the role to FIS.
  virtual void check_pass(const aws::Context& context, const std::string& role_arn) = 0;
  /// Whether the role is there and lets FIS assume it.
  virtual bool trusts(const std::string& role_arn) = 0;
  virtual bool allows(const std::string& role_arn, const std::string& action, const std::string& resource) = 0;
};

/// CloudWatch Logs.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual bool group_exists(const std::string& account, const std::string& region, const std::string& group) = 0;
  virtual void append(const std::string& account, const std::string& region, const std::string& group,
                      const std::string& stream, Timestamp time, const std::string& message) = 0;
};

/// EventBridge.
class Events {
 public:
  virtual ~Events() = default;
  virtual void publish(const std::string& account, const std::string& region, const std::string& experiment_arn,
                       const std::string& detail_json) = 0;
};

struct Ports {
  Tasks& tasks;
  Network& network;
  Alarms& alarms;
  Roles& roles;
  Journal& journal;
  Events& events;
};

}  // namespace stratus::services::fis
