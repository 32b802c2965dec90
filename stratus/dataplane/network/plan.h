// Addresses, routes and rules of a namespace as values: what a model wants, and how what is there differs.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "stratus/dataplane/network/netlink.h"
#include "stratus/dataplane/network/network.h"

namespace stratus::network {

inline constexpr std::uint32_t kInsideMtu = 9001, kInternetMtu = 1500;
inline constexpr std::uint32_t kMainTable = 254;

struct NetnsState {
  std::set<std::pair<std::string, std::string>> addresses;  ///< device, "10.0.0.1/32"
  std::vector<KernelRoute> routes;
  std::vector<KernelRule> rules;
};

/// In the order in which they are done.
struct Changes {
  std::vector<std::pair<std::string, std::string>> remove_addresses, add_addresses;
  std::vector<KernelRoute> remove_routes, put_routes;
  std::vector<KernelRule> add_rules, remove_rules;
  bool empty() const {
    return remove_addresses.empty() && add_addresses.empty() && remove_routes.empty() && put_routes.empty() &&
           add_rules.empty() && remove_rules.empty();
  }
};

/// `links`: the peering links that exist; a route to another one is a blackhole until it does.
NetnsState router_state(const Vpc& vpc, const std::set<std::string>& links);
NetnsState eni_state(const Eni& eni);
/// The `internet` namespace's part for one VPC.
NetnsState internet_state(const Vpc& vpc);
/// The host's part, and that of the `internet` namespace, of the link between the two.
NetnsState host_state(const Settings& settings);
NetnsState internet_host_state(const Settings& settings);
/// The pool's last two addresses: the host's end and the internet's.
std::pair<std::string, std::string> host_ends(const std::string& pool);

Changes difference(const NetnsState& desired, const NetnsState& actual);
/// The ENI addresses whose way these changes take away or lead elsewhere.
std::set<std::string> addresses_that_left(const Changes& changes);
/// The addresses, public ones too, that an ENI of `before` has no longer in `after`.
std::set<std::string> addresses_that_left(const Vpc& before, const Vpc& after);

std::string host_link_name(const Settings& settings);

}  // namespace stratus::network
