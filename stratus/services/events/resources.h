// The rows of EventBridge.
#pragma once

#include "stratus/models/events.h"

namespace stratus::services::events {

namespace ev = aws::events;

/// The key's id is the bus's name. The default bus has a row only once something of it was changed.
struct Bus {
  std::string name, arn;
  std::optional<std::string> description;
  std::string policy;  ///< JSON, or ""
  Timestamp created, modified;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(Bus, name, arn, description, policy, created, modified, tags)
};

/// The key's id is the bus's name, a line feed, the rule's name.
struct Rule {
  std::string name, arn, bus;
  std::optional<std::string> pattern, schedule, description, role_arn;
  std::string state = "ENABLED";
  std::string created_by;  ///< account
  std::map<std::string, std::string> tags;
  std::vector<ev::Target> targets;
  Timestamp fired;  ///< when the schedule fired last, or was set
  STRATUS_SHAPE(Rule, name, arn, bus, pattern, schedule, description, role_arn, state, created_by, tags, targets, fired)
};

/// An event on its way to one target; gone once it arrived or was given up. The key is the rule's account and region.
struct Delivery {
  std::string rule_name, rule_arn, bus;
  ev::Target target;
  std::string event;       ///< JSON
  bool forwarded = false;  ///< it came from another bus
  Timestamp ingested;
  std::int32_t attempts = 0;
  Timestamp next;
  STRATUS_SHAPE(Delivery, rule_name, rule_arn, bus, target, event, forwarded, ingested, attempts, next)
};

}  // namespace stratus::services::events
