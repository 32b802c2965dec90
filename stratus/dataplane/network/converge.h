// Brings a namespace's addresses, routes and rules to what is wanted, touching only what differs.
#pragma once

#include <set>
#include <string>

#include "stratus/dataplane/network/plan.h"

namespace stratus::network {

/// What of a namespace is ours to change.
struct Extent {
  std::set<std::string> address_devices;  ///< empty: all; loopback's own 127.0.0.0/8 never
  std::set<std::string> route_devices;  ///< empty: all, and those without one; else main-table routes of these devices
  bool rules = false;
  std::string pool;  ///< routes to it are ours too, where it is not empty
};

/// Reads back, and does the difference. Returns what was done.
Result<Changes> converge(Netlink& netlink, const NetnsState& desired, const Extent& extent);

/// Deletes all links but `lo` of the namespace pinned at `path`. On a thread that may change its namespace.
Result<> delete_links(const std::string& path);

}  // namespace stratus::network
