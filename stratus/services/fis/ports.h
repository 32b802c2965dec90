// What faults act on: tasks and packets. The daemon adapts ECS and EC2, tests fake them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "stratus/core/clock.h"
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
  virtual Result<> stop(const std::string& arn, const std::string& reason) = 0;
  virtual void kill(const std::string& arn, std::function<void(Result<>)> done) = 0;
  /// Ends at `until`, also where nobody is left to end it.
  virtual void freeze(const std::string& arn, Timestamp until, std::function<void(Result<>)> done) = 0;
  virtual void thaw(const std::string& arn, std::function<void(Result<>)> done) = 0;
};

struct InterfaceTarget {
  std::string id, vpc_id, subnet_id, zone;
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
  virtual bool subnet_exists(const std::string& account, const std::string& region, const std::string& id) = 0;
  virtual bool vpc_exists(const std::string& account, const std::string& region, const std::string& id) = 0;
  virtual std::vector<std::string> zones(const std::string& account, const std::string& region) = 0;
  /// The faults of this VPC are to be asked for again; `done` once the kernel obeys them.
  virtual void changed(const std::string& account, const std::string& region, const std::string& vpc_id,
                       std::function<void()> done) = 0;
};

}  // namespace stratus::services::fis
