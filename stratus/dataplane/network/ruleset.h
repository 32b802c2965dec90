// An nftables table as a value: what a VPC's model means, and the script that leads from one to another.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "stratus/dataplane/network/network.h"

namespace stratus::network {

struct NftSet {
  std::string type;  ///< "ifname . ipv4_addr"; a map's is "ipv4_addr : ipv4_addr"
  bool map = false;
  std::set<std::string> elements;  ///< "key", or "key : value"
  bool operator==(const NftSet&) const = default;
};

struct NftChain {
  std::string hook;  ///< "type filter hook forward priority 0; policy drop;", or "" where others jump to it
  std::vector<std::string> rules;
  bool operator==(const NftChain&) const = default;
};

struct Ruleset {
  std::string table;  ///< "inet stratus"
  std::set<std::string> counters;
  std::map<std::string, NftSet> sets;
  std::map<std::string, NftChain> chains;
  bool operator==(const Ruleset&) const = default;
};

/// `table inet stratus` of a VPC's router. The model is valid (validate.h).
Ruleset router_ruleset(const Vpc& vpc);
/// The masquerading inside a NAT gateway's namespace.
Ruleset nat_gateway_ruleset(const std::string& address);

/// A script that makes the table anew; the kernel switches in one step.
std::string replacement(const Ruleset& ruleset);
/// A script that changes only what differs: the elements, the rules of the chains concerned. "" where nothing does.
std::string update(const Ruleset& from, const Ruleset& to);

}  // namespace stratus::network
