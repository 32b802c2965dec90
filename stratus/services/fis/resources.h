// The rows of this room's tables.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/shape.h"
#include "stratus/models/fis.h"

namespace stratus::services::fis {

/// Something that is broken on purpose, until an instant. What it means is written in `faults.h`.
struct Fault {
  std::string id, kind, account, region;
  std::string origin;             ///< the ARN of the experiment that asked for it; "" is a person
  std::string state = "running";  ///< running, ended, failed
  std::string reason;             ///< why it is over, or what of it could not be done
  std::int32_t loss_percent = 100;
  /// Which packets of a place: "" all, "availability-zone" those to and from other zones of the VPC, "vpc" those to and
  /// from outside of the VPC.
  std::string scope;
  bool inside_subnet = false;      ///< packets between two interfaces of one subnet too
  std::vector<std::string> tasks;  ///< ARNs; chosen once, at the start
  std::vector<std::string> interfaces;
  /// Places: whatever is there, also what comes later. Each list that is not empty narrows.
  std::vector<std::string> zones, subnets, vpcs;
  std::vector<std::string> nat_gateways;
  Timestamp started, until;
  std::optional<Timestamp> ended;
  STRATUS_SHAPE(Fault, id, kind, account, region, origin, state, reason, loss_percent, scope, inside_subnet, tasks,
                interfaces, zones, subnets, vpcs, nat_gateways, started, until, ended)
};

struct Template {
  std::string token, asked;  ///< of the call that made it: for calls that are sent again
  aws::fis::ExperimentTemplate is;
  STRATUS_SHAPE(Template, token, asked, is)
};

/// What an action of an experiment has under way.
struct ActionRun {
  std::string fault;  ///< "" where it makes none
  std::optional<Timestamp> until;
  STRATUS_SHAPE(ActionRun, fault, until)
};

struct ResolvedTarget {
  std::string name, resource_type;
  std::vector<std::string> arns;
  STRATUS_SHAPE(ResolvedTarget, name, resource_type, arns)
};

struct Experiment {
  std::string token, asked;
  aws::fis::Experiment is;
  std::vector<ResolvedTarget> targets;
  std::map<std::string, ActionRun> runs;  ///< by action
  STRATUS_SHAPE(Experiment, token, asked, is, targets, runs)
};

/// One for each account and region.
struct SafetyLever {
  std::string status = "disengaged", reason = "Initial safety lever state";
  STRATUS_SHAPE(SafetyLever, status, reason)
};

}  // namespace stratus::services::fis
