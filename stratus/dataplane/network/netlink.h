// rtnetlink, as far as a VPC needs it: links, addresses, routes and rules of one network namespace.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "stratus/dataplane/network/netlink_socket.h"

namespace stratus::network {

struct KernelRoute {
  std::string destination;  ///< "10.0.1.10/32"; "0.0.0.0/0" is the default
  std::uint32_t table = 254;
  std::uint32_t metric = 0;
  std::string gateway;  ///< "" where there is none
  std::string device;   ///< "" for unreachable
  bool unreachable = false;
  auto operator<=>(const KernelRoute&) const = default;
};

struct KernelRule {
  std::uint32_t preference = 0;
  std::string in_device;    ///< "" for all
  std::uint32_t table = 0;  ///< 0 with `unreachable`
  bool unreachable = false;
  auto operator<=>(const KernelRule&) const = default;
};

struct KernelLink {
  unsigned index = 0;
  bool up = false;
  std::uint32_t mtu = 0;
  std::string alias;
};

/// Two ends of a new veth pair. The first is up; the peer is for its own namespace to bring up.
struct VethPair {
  std::string name, peer;
  int peer_netns = -1;  ///< an open fd; -1: the same namespace
  std::uint32_t mtu = 1500;
  std::string peer_mac;  ///< "" leaves it to the kernel
};

class Netlink {
 public:
  /// Speaks for the namespace of the calling thread, from whatever thread it is used later.
  static Result<Netlink> open();

  Result<> add_veth(const VethPair& pair);
  Result<> set_up(const std::string& device, std::uint32_t mtu = 0);
  Result<> set_alias(const std::string& device, const std::string& alias);
  /// What is gone already is success, here and below.
  Result<> delete_link(const std::string& name);
  Result<std::map<std::string, KernelLink>> links();
  /// 0 where there is no such device.
  unsigned index_of(const std::string& device);

  /// What is there already is success.
  Result<> add_address(const std::string& device, const std::string& cidr);
  Result<> delete_address(const std::string& device, const std::string& cidr);
  /// Device → "10.0.1.10/32".
  Result<std::multimap<std::string, std::string>> addresses();

  Result<> put_route(const KernelRoute& route);
  Result<> delete_route(const KernelRoute& route);
  /// Unicast and unreachable IPv4 routes of every table but `local`.
  Result<std::vector<KernelRoute>> routes();

  Result<> add_rule(const KernelRule& rule);
  Result<> delete_rule(const KernelRule& rule);
  Result<std::vector<KernelRule>> rules();

 private:
  explicit Netlink(NetlinkSocket socket) : socket_(std::move(socket)) {}
  Result<std::map<unsigned, std::string>> names();
  NetlinkSocket socket_;
};

}  // namespace stratus::network
