// Which server line of HAProxy each target has, and what its process must be told so that this holds.
//
// Every target group is a backend "g_<id>" with spare server lines ("slots"), so that targets come and go over the stats
// socket without a reload, and a twin "o_<id>" without health checks that is used while no target is healthy (fail-open).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/dataplane/balancer/balancer.h"

namespace stratus::balancer {

struct Slot {
  std::string target_id;  ///< empty: free
  std::string address;
  std::uint16_t port = 0;
  TargetHealth health;
  Timestamp since;    ///< of the state
  bool used = false;  ///< had a target before: its last check's result is another's, so it is not given out again
};

/// By target group id.
using Slots = std::map<std::string, std::vector<Slot>>;

/// One line of `show stat`, by column name.
using Row = std::map<std::string, std::string>;

/// Gives each target of `model` a slot and takes those of targets that are gone. True where a group ran out of slots and got new
/// ones: the processes must be reloaded.
bool assign(Slots& slots, const LoadBalancer& model, Timestamp now);
/// After a reload every slot is as new.
void renew(Slots& slots);

/// What the checks say, as health: `rows` are those of all nodes. Returns what changed.
std::vector<HealthChange> observe(Slots& slots, const LoadBalancer& model, const std::vector<Row>& rows, Timestamp now);

/// The runtime commands that bring one process, whose `show stat` is `rows`, to what `slots` say.
std::vector<std::string> plan(const Slots& slots, const std::vector<Row>& rows);

std::vector<Row> parse_stat(std::string_view csv);

std::string to_text(const Slots& slots);
Slots slots_from_text(std::string_view text);

}  // namespace stratus::balancer
