// Targets as HAProxy servers: their names, their options, what must change at run time, and what AWS calls their state.
//
// Each target group has two backends. `g.<id>` holds the targets with the group's health check. `o.<id>` holds them
// again and takes over when no target of `g.<id>` is usable: ELB fails open. In `o.` a target is checked once a second
// until it is decided whether it is healthy, so that a new target need not wait out the check's interval (the first
// success makes it healthy, whatever the threshold); after that its check there is off. That check being on is what
// "initial" means.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/dataplane/balancer/runtime_api.h"

namespace stratus::balancer {

std::string checked_backend(std::string_view group_id);  ///< "g.<id>"
std::string open_backend(std::string_view group_id);     ///< "o.<id>"
/// Stable for a target's id, address and port; opaque, since clients see it in the stickiness cookie.
std::string server_name(const Target& target);
/// What follows "server <name> " in the configuration and "add server <backend>/<name> " at run time, without the
/// weight.
std::string checked_options(const TargetGroup& group, const Target& target);
std::string open_options(const TargetGroup& group, const Target& target);

/// What a node remembers of a target between two looks.
struct Memory {
  Timestamp first_failure{};  ///< of the probing check while initial; 0: none seen
  std::string last_failure;   ///< HAProxy's check status: "L7STS", "L4TOUT", …
  std::string last_code;
};
using Memories = std::map<std::string, Memory>;  // by "g.<id>/<server>"

/// The commands that bring HAProxy's servers to what the groups say. Idempotent: what could not be done yet comes
/// again.
std::vector<std::string> plan(const std::vector<TargetGroup>& groups, const Rows& rows, Memories& memories,
                              Timestamp now);

/// Per group id, in the order of the targets.
using Health = std::map<std::string, std::vector<TargetHealth>>;
Health observe(const std::vector<TargetGroup>& groups, const Rows& rows, const Memories& memories);
/// What several nodes saw, as one: a target is healthy when every node says so.
Health merge(const std::vector<Health>& nodes);

/// The lines that a new process reads to start with the states of the old one; a target that the old one does not know
/// starts down, undecided. `old_state` is the answer to "show servers state", or empty.
std::string server_state(const std::vector<TargetGroup>& groups, std::string_view old_state);

}  // namespace stratus::balancer
