// AWS's VPC on Linux network namespaces: one namespace per VPC is its router, one per ENI; veth pairs between them;
// nftables decides.
//
// Level-triggered: the caller hands over the whole desired model of one VPC, and the kernel is made equal to it. See
// README.md for the way of a packet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/fd.h"
#include "stratus/core/loop.h"
#include "stratus/core/result.h"

namespace stratus::network {

struct Subnet {
  std::string id, cidr, network_acl_id, route_table_id;
  bool operator==(const Subnet&) const = default;
};

struct Route {
  enum class Target { internet_gateway, eni, peering, blackhole };
  std::string destination;  ///< CIDR
  Target target = Target::blackhole;
  std::string target_id;  ///< ENI (a NAT gateway is its ENI) or peering connection
  bool operator==(const Route&) const = default;
};

struct RouteTable {
  std::string id;
  std::vector<Route> routes;  ///< without the local one, which every table has
  bool operator==(const RouteTable&) const = default;
};

struct AclEntry {
  int number = 0;
  bool egress = false;
  bool allow = false;
  std::string protocol;  ///< "-1", "6", "17", "1", …
  std::string cidr;
  int from_port = 0, to_port = 65535;  ///< of TCP and UDP
  int icmp_type = -1, icmp_code = -1;  ///< -1: any
  bool operator==(const AclEntry&) const = default;
};

struct NetworkAcl {
  std::string id;
  std::vector<AclEntry> entries;
  bool operator==(const NetworkAcl&) const = default;
};

struct GroupRule {
  bool egress = false;
  std::string protocol;              ///< as in AclEntry
  int from_port = -1, to_port = -1;  ///< TCP, UDP: a range; ICMP: type and code; -1: any
  std::vector<std::string> cidrs;
  std::vector<std::string> groups;  ///< security group ids
  bool operator==(const GroupRule&) const = default;
};

struct SecurityGroup {
  std::string id;
  std::vector<GroupRule> rules;
  bool operator==(const SecurityGroup&) const = default;
};

/// The addresses behind a group of another VPC.
struct SecurityGroupMembers {
  std::string group_id;
  std::vector<std::string> addresses;
  bool operator==(const SecurityGroupMembers&) const = default;
};

struct Eni {
  std::string id, subnet_id;
  std::vector<std::string> addresses;  ///< the primary one first
  std::vector<std::string> groups;     ///< a NAT gateway has none
  bool source_dest_check = true;
  bool nat_gateway = false;    ///< masquerades to its primary address
  std::string public_address;  ///< 1:1 with the primary address; "" where there is none
  std::string mac;             ///< of eth0, "02:…"; "" leaves it to the kernel. Read when the link is made
  bool operator==(const Eni&) const = default;
};

/// An accepted peering connection, as one of its two VPCs sees it. The link is there once both VPCs have been applied.
struct Peering {
  std::string id, peer_vpc_id;
  std::vector<std::string> peer_cidrs;
  std::vector<SecurityGroupMembers> peer_groups;  ///< the peer's groups that rules here name
  bool operator==(const Peering&) const = default;
};

/// Packets that are lost on purpose, until an instant. The kernel's rule itself ends then, whether or not anybody takes
/// it out.
struct Fault {
  std::vector<std::string> enis;  ///< packets to and from these; ids that the model does not hold mean nothing
  /// Where it is not empty, only packets whose other end lies in these blocks; with `except_peers`, only the others.
  std::vector<std::string> peers;
  bool except_peers = false;
  int loss_percent = 100;
  bool inside_subnet = true;  ///< between two interfaces of one subnet too
  std::int64_t until = 0;     ///< seconds since 1970-01-01T00:00:00Z
  bool operator==(const Fault&) const = default;
};

struct Vpc {
  std::string id;
  std::vector<std::string> cidrs;
  bool internet_gateway = false;
  std::vector<Subnet> subnets;
  std::vector<RouteTable> route_tables;
  std::vector<NetworkAcl> network_acls;
  std::vector<SecurityGroup> security_groups;
  std::vector<Eni> enis;
  std::vector<Peering> peerings;
  std::vector<Fault> faults;
  bool operator==(const Vpc&) const = default;
};

struct Settings {
  /// Begins every namespace's name: at most 10 of [A-Za-z0-9_-]. Two instances differ in tag and in pool.
  std::string tag = "st";
  std::string public_pool = "198.18.0.0/16";  ///< its last addresses are the host's link and the endpoints'
  std::string netns_directory = "/run/netns";
  /// Lets the VPCs out by the host's own routes, masqueraded. Turns the host's forwarding on until `purge`. Off: the
  /// `internet` namespace is closed, and no VPC opens a flow to the host either.
  bool uplink = false;
};

/// What a NAT gateway passed on since its rules were made: from those behind it to the outside, and back.
struct NatTraffic {
  std::uint64_t bytes_out = 0, packets_out = 0, bytes_in = 0, packets_in = 0;
};

using Done = std::function<void(Result<>)>;

/// Called from the loop's thread, never blocking; callbacks come on the loop.
class Network {
 public:
  virtual ~Network() = default;
  /// The `internet` namespace, the host's link to it, the pool's routes. First, once.
  virtual void start(Done done) = 0;
  /// Makes the kernel equal to `desired`. Applies of one VPC that wait are merged: the latest wins, and every `done` is
  /// called. A model that is new is compared with the router and with the ENIs that it changes; one that was applied
  /// before, with everything: applying again repairs what somebody broke inside an ENI's namespace.
  virtual void apply(Vpc desired, Done done) = 0;
  /// Removes the router, the ENIs' namespaces and their links. What runs inside is ended by its owner.
  virtual void remove(const std::string& vpc_id, Done done) = 0;
  /// Ids of the VPCs that have a router in the kernel.
  virtual void list(std::function<void(Result<std::vector<std::string>>)> done) = 0;
  /// Reads the kernel's counters inside a NAT gateway's namespace.
  virtual void nat_traffic(const std::string& eni_id, std::function<void(Result<NatTraffic>)> done) = 0;
  /// Removes everything of this instance, for good: an `apply` after it fails.
  virtual void purge(Done done) = 0;

  virtual std::string netns_path(const std::string& eni_id) const = 0;
  virtual std::string router_netns_path(const std::string& vpc_id) const = 0;
  virtual std::string internet_netns_path() const = 0;
};

std::unique_ptr<Network> make_network(Loop& loop, Settings settings);

/// A bound (and, for TCP, listening) IPv4 socket made inside a namespace. `address` may be one that is not there yet.
/// Blocks shortly.
Result<UniqueFd> open_listener(const std::string& netns, const std::string& address, std::uint16_t port, bool tcp);

/// A listening TCP socket on an address of the namespace itself, which is put on its loopback device: nobody else
/// reaches it, unless a route leads there.
/// Blocks shortly.
Result<UniqueFd> open_local_listener(const std::string& netns, const std::string& address, std::uint16_t port);

/// The address in the `internet` namespace where AWS's own endpoints are: it takes TCP on the ports 80 and 443.
std::string endpoint_address(const std::string& pool);

/// The addresses of a VPC's resolver: base of the first CIDR plus 2, and 169.254.169.253.
std::vector<std::string> resolver_addresses(const Vpc& vpc);

/// What this machine lacks, one sentence each with what mends it. Blocks: for `stratus doctor`.
std::vector<std::string> missing_requirements();

}  // namespace stratus::network
