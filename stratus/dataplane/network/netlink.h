// rtnetlink, as far as a VPC needs it: links, addresses, routes, rules of the network namespace of the calling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "stratus/core/result.h"

struct mnl_socket;
struct nlmsghdr;

namespace stratus::network {

struct KernelRoute {
  std::string destination;  ///< "10.0.1.10/32"; "0.0.0.0/0" is the default
  std::uint32_t table = 254;
  std::string gateway;  ///< "" where there is none
  std::string device;   ///< "" for unreachable and blackhole
  bool unreachable = false;
  std::uint32_t metric = 0;
  bool link_scope = false;
  bool operator==(const KernelRoute&) const = default;
};

struct KernelRule {
  std::uint32_t preference = 0;
  std::string in_device;    ///< "" for all
  std::uint32_t table = 0;  ///< 0 with `unreachable`
  bool unreachable = false;
  bool operator==(const KernelRule&) const = default;
};

class Netlink {
 public:
  static Result<Netlink> open();
  Netlink(Netlink&& other) noexcept;
  Netlink& operator=(Netlink&&) = delete;
  ~Netlink();

  /// A veth pair; the peer is made in the namespace behind `peer_netns` (an open fd). EEXIST is a Failure.
  Result<> add_veth(const std::string& name, const std::string& peer, int peer_netns, std::uint32_t mtu);
  Result<> set_up(const std::string& device);
  Result<> delete_link(const std::string& name);
  Result<std::vector<std::string>> links();
  /// 0 where there is no such device.
  unsigned index_of(const std::string& device);

  /// What is there already is success.
  Result<> add_address(const std::string& device, const std::string& cidr);
  Result<> delete_address(const std::string& device, const std::string& cidr);
  /// "10.0.1.10/32" of one device.
  Result<std::vector<std::string>> addresses(const std::string& device);
  Result<> put_route(const KernelRoute& route);
  Result<> delete_route(const KernelRoute& route);
  /// Unicast and unreachable IPv4 routes of every table but `local`.
  Result<std::vector<KernelRoute>> routes();
  Result<> add_rule(const KernelRule& rule);
  Result<> delete_rule(const KernelRule& rule);
  Result<std::vector<KernelRule>> rules();

 private:
  explicit Netlink(mnl_socket* socket) : socket_(socket) {}
  Result<> talk(nlmsghdr* message, const std::string& what);
  Result<> dump(nlmsghdr* message, const std::string& what, const std::function<void(const nlmsghdr*)>& each);
  mnl_socket* socket_;
  std::uint32_t sequence_ = 1;
};

}  // namespace stratus::network
