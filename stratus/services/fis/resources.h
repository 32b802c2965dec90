// The rows of this room's tables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stratus/core/shape.h"

namespace stratus::services::fis {

/// Something that is broken on purpose, until an instant. What it means is written in `faults.h`.
struct Fault {
  std::string id, kind, account, region;
  std::string origin;             ///< the ARN of the experiment that asked for it; "" is a person
  std::string state = "running";  ///< running, ended, failed
  std::string reason;             ///< why it is over, or what of it could not be done
  std::int32_t loss_percent = 100;
  bool inside_subnet = false;      ///< packets between two interfaces of one subnet too
  std::vector<std::string> tasks;  ///< ARNs; chosen once, at the start
  std::vector<std::string> interfaces;
  /// Places: whatever is there, also what comes later. Each list that is not empty narrows.
  std::vector<std::string> zones, subnets, vpcs;
  std::vector<std::string> nat_gateways;
  Timestamp started, until;
  std::optional<Timestamp> ended;
  STRATUS_SHAPE(Fault, id, kind, account, region, origin, state, reason, loss_percent, inside_subnet, tasks, interfaces,
                zones, subnets, vpcs, nat_gateways, started, until, ended)
};

}  // namespace stratus::services::fis
