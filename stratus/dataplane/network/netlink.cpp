#include "stratus/dataplane/network/netlink.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <array>
#include <cstdio>

#include "stratus/dataplane/network/address.h"

namespace stratus::network {
namespace {

void put_address(Message& m, std::uint16_t type, Ipv4 address) { mnl_attr_put_u32(m.header, type, htonl(address)); }

Ipv4 get_address(const nlattr* attribute) { return ntohl(mnl_attr_get_u32(attribute)); }

std::string prefix_text(const Attributes& attributes, unsigned type, unsigned length) {
  const auto found = attributes.find(type);
  return to_text(Cidr{found == attributes.end() ? 0 : get_address(found->second), length});
}

}  // namespace

Result<Netlink> Netlink::open() {
  auto socket = NetlinkSocket::open(NETLINK_ROUTE);
  if (!socket) return socket.error();
  return Netlink(std::move(*socket));
}

Result<> Netlink::add_veth(const VethPair& pair) {
  Message m(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  const auto describe = [&](ifinfomsg* link, const std::string& name, unsigned flags) {
    link->ifi_family = AF_UNSPEC;
    link->ifi_flags = flags;
    link->ifi_change = flags;
    mnl_attr_put_strz(m.header, IFLA_IFNAME, name.c_str());
    mnl_attr_put_u32(m.header, IFLA_MTU, pair.mtu);
  };
  describe(m.extra<ifinfomsg>(), pair.name, IFF_UP);
  nlattr* const info = mnl_attr_nest_start(m.header, IFLA_LINKINFO);
  mnl_attr_put_strz(m.header, IFLA_INFO_KIND, "veth");
  nlattr* const data = mnl_attr_nest_start(m.header, IFLA_INFO_DATA);
  nlattr* const peer = mnl_attr_nest_start(m.header, VETH_INFO_PEER);
  describe(m.extra<ifinfomsg>(), pair.peer, 0);
  std::array<unsigned char, 6> mac{};
  if (!pair.peer_mac.empty()) {
    if (std::sscanf(pair.peer_mac.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2], &mac[3],
                    &mac[4], &mac[5]) != 6)
      return failure("add link " + pair.name + " with MAC address '" + pair.peer_mac + "'", EINVAL);
    mnl_attr_put(m.header, IFLA_ADDRESS, mac.size(), mac.data());
  }
  if (pair.peer_netns >= 0) mnl_attr_put_u32(m.header, IFLA_NET_NS_FD, static_cast<std::uint32_t>(pair.peer_netns));
  mnl_attr_nest_end(m.header, peer);
  mnl_attr_nest_end(m.header, data);
  mnl_attr_nest_end(m.header, info);
  return socket_.talk(m, "add link " + pair.name);
}

Result<> Netlink::set_up(const std::string& device, std::uint32_t mtu) {
  Message m(RTM_NEWLINK, 0);
  auto* const link = m.extra<ifinfomsg>();
  link->ifi_index = static_cast<int>(index_of(device));
  if (link->ifi_index == 0) return failure("set link " + device + " up", ENODEV);
  link->ifi_flags = IFF_UP;
  link->ifi_change = IFF_UP;
  if (mtu != 0) mnl_attr_put_u32(m.header, IFLA_MTU, mtu);
  return socket_.talk(m, "set link " + device + " up");
}

Result<> Netlink::set_alias(const std::string& device, const std::string& alias) {
  Message m(RTM_NEWLINK, 0);
  auto* const link = m.extra<ifinfomsg>();
  link->ifi_index = static_cast<int>(index_of(device));
  if (link->ifi_index == 0) return failure("name link " + device, ENODEV);
  mnl_attr_put(m.header, IFLA_IFALIAS, alias.size(), alias.data());
  return socket_.talk(m, "name link " + device);
}

Result<> Netlink::delete_link(const std::string& name) {
  Message m(RTM_DELLINK, 0);
  m.extra<ifinfomsg>()->ifi_family = AF_UNSPEC;
  mnl_attr_put_strz(m.header, IFLA_IFNAME, name.c_str());
  auto done = socket_.talk(m, "delete link " + name);
  if (!done && done.error().error == ENODEV) return {};
  return done;
}

Result<std::map<std::string, KernelLink>> Netlink::links() {
  Message m(RTM_GETLINK, NLM_F_DUMP);
  m.extra<ifinfomsg>()->ifi_family = AF_UNSPEC;
  mnl_attr_put_u32(m.header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  std::map<std::string, KernelLink> out;
  const auto done = socket_.dump(m, "list links", [&](const nlmsghdr* header) {
    const auto* const link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
    const auto attributes = attributes_of(header, sizeof(ifinfomsg));
    const auto name = attributes.find(IFLA_IFNAME), mtu = attributes.find(IFLA_MTU),
               alias = attributes.find(IFLA_IFALIAS);
    if (name == attributes.end()) return;
    out[mnl_attr_get_str(name->second)] = {static_cast<unsigned>(link->ifi_index), (link->ifi_flags & IFF_UP) != 0,
                                           mtu == attributes.end() ? 0 : mnl_attr_get_u32(mtu->second),
                                           alias == attributes.end() ? "" : mnl_attr_get_str(alias->second)};
  });
  if (!done) return done.error();
  return out;
}

Result<std::map<unsigned, std::string>> Netlink::names() {
  auto all = links();
  if (!all) return all.error();
  std::map<unsigned, std::string> out;
  for (const auto& [name, link] : *all) out[link.index] = name;
  return out;
}

unsigned Netlink::index_of(const std::string& device) {
  Message m(RTM_GETLINK, 0);
  m.extra<ifinfomsg>()->ifi_family = AF_UNSPEC;
  mnl_attr_put_strz(m.header, IFLA_IFNAME, device.c_str());
  mnl_attr_put_u32(m.header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  m.header->nlmsg_flags |= NLM_F_ACK;
  unsigned index = 0;
  const auto done = socket_.dump(m, "look up link " + device, [&](const nlmsghdr* header) {
    if (header->nlmsg_type == RTM_NEWLINK)
      index = static_cast<unsigned>(static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header))->ifi_index);
  });
  return done ? index : 0;
}

Result<> Netlink::add_address(const std::string& device, const std::string& cidr) {
  const auto slash = cidr.find('/');
  const auto address = parse_ipv4(cidr.substr(0, slash));
  const auto block = parse_cidr(cidr);
  const std::string what = "add address " + cidr + " to " + device;
  if (!address || !block) return failure(what, EINVAL);
  Message m(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  auto* const a = m.extra<ifaddrmsg>();
  a->ifa_family = AF_INET;
  a->ifa_prefixlen = static_cast<unsigned char>(block->length);
  a->ifa_index = index_of(device);
  put_address(m, IFA_LOCAL, *address);
  put_address(m, IFA_ADDRESS, *address);
  return socket_.talk(m, what);
}

Result<> Netlink::delete_address(const std::string& device, const std::string& cidr) {
  const auto address = parse_ipv4(cidr.substr(0, cidr.find('/')));
  const auto block = parse_cidr(cidr);
  const std::string what = "delete address " + cidr + " of " + device;
  if (!address || !block) return failure(what, EINVAL);
  Message m(RTM_DELADDR, 0);
  auto* const a = m.extra<ifaddrmsg>();
  a->ifa_family = AF_INET;
  a->ifa_prefixlen = static_cast<unsigned char>(block->length);
  a->ifa_index = index_of(device);
  put_address(m, IFA_LOCAL, *address);
  auto done = socket_.talk(m, what);
  if (!done && done.error().error == EADDRNOTAVAIL) return {};
  return done;
}

Result<std::multimap<std::string, std::string>> Netlink::addresses() {
  auto devices = names();
  if (!devices) return devices.error();
  Message m(RTM_GETADDR, NLM_F_DUMP);
  m.extra<ifaddrmsg>()->ifa_family = AF_INET;
  std::multimap<std::string, std::string> out;
  const auto done = socket_.dump(m, "list addresses", [&](const nlmsghdr* header) {
    const auto* const address = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
    const auto attributes = attributes_of(header, sizeof(ifaddrmsg));
    if (const auto local = attributes.find(IFA_LOCAL); local != attributes.end())
      out.emplace((*devices)[address->ifa_index],
                  to_text(get_address(local->second)) + "/" + std::to_string(address->ifa_prefixlen));
  });
  if (!done) return done.error();
  return out;
}

namespace {

Result<> fill_route(Message& m, const KernelRoute& route, unsigned device) {
  const auto block = parse_cidr(route.destination);
  if (!block) return failure("route " + route.destination, EINVAL);
  auto* const r = m.extra<rtmsg>();
  r->rtm_family = AF_INET;
  r->rtm_dst_len = static_cast<unsigned char>(block->length);
  r->rtm_protocol = RTPROT_STATIC;
  r->rtm_type = route.unreachable ? RTN_UNREACHABLE : RTN_UNICAST;
  r->rtm_scope = route.unreachable || !route.gateway.empty() ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  r->rtm_table =
      route.table < 256 ? static_cast<unsigned char>(route.table) : static_cast<unsigned char>(RT_TABLE_UNSPEC);
  mnl_attr_put_u32(m.header, RTA_TABLE, route.table);
  if (block->length > 0) put_address(m, RTA_DST, block->base);
  if (!route.gateway.empty()) {
    const auto gateway = parse_ipv4(route.gateway);
    if (!gateway) return failure("route via " + route.gateway, EINVAL);
    put_address(m, RTA_GATEWAY, *gateway);
    r->rtm_flags |= RTNH_F_ONLINK;
  }
  if (!route.unreachable) mnl_attr_put_u32(m.header, RTA_OIF, device);
  if (route.metric != 0) mnl_attr_put_u32(m.header, RTA_PRIORITY, route.metric);
  return {};
}

std::string describe(const KernelRoute& route) {
  return route.destination + (route.gateway.empty() ? "" : " via " + route.gateway) +
         (route.device.empty() ? "" : " dev " + route.device) + " table " + std::to_string(route.table);
}

}  // namespace

Result<> Netlink::put_route(const KernelRoute& route) {
  const unsigned device = route.unreachable ? 0 : index_of(route.device);
  if (!route.unreachable && device == 0) return failure("add route " + describe(route), ENODEV);
  Message m(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
  if (auto filled = fill_route(m, route, device); !filled) return filled;
  return socket_.talk(m, "add route " + describe(route));
}

Result<> Netlink::delete_route(const KernelRoute& route) {
  const unsigned device = route.unreachable ? 0 : index_of(route.device);
  if (!route.unreachable && device == 0) return {};  // it went with its link
  Message m(RTM_DELROUTE, 0);
  if (auto filled = fill_route(m, route, device); !filled) return filled;
  auto done = socket_.talk(m, "delete route " + describe(route));
  if (!done && done.error().error == ESRCH) return {};
  return done;
}

Result<std::vector<KernelRoute>> Netlink::routes() {
  auto devices = names();
  if (!devices) return devices.error();
  Message m(RTM_GETROUTE, NLM_F_DUMP);
  m.extra<rtmsg>()->rtm_family = AF_INET;
  std::vector<KernelRoute> out;
  const auto done = socket_.dump(m, "list routes", [&](const nlmsghdr* header) {
    const auto* const r = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
    if (r->rtm_type != RTN_UNICAST && r->rtm_type != RTN_UNREACHABLE) return;
    const auto attributes = attributes_of(header, sizeof(rtmsg));
    const auto number = [&](unsigned type, std::uint32_t otherwise) {
      const auto found = attributes.find(type);
      return found == attributes.end() ? otherwise : mnl_attr_get_u32(found->second);
    };
    KernelRoute route;
    route.table = number(RTA_TABLE, r->rtm_table);
    route.metric = number(RTA_PRIORITY, 0);
    route.destination = prefix_text(attributes, RTA_DST, r->rtm_dst_len);
    route.unreachable = r->rtm_type == RTN_UNREACHABLE;
    if (const auto gateway = attributes.find(RTA_GATEWAY); gateway != attributes.end())
      route.gateway = to_text(get_address(gateway->second));
    if (!route.unreachable) route.device = (*devices)[number(RTA_OIF, 0)];
    out.push_back(std::move(route));
  });
  if (!done) return done.error();
  return out;
}

namespace {

void fill_rule(Message& m, const KernelRule& rule) {
  auto* const r = m.extra<fib_rule_hdr>();
  r->family = AF_INET;
  r->action = rule.unreachable ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL;
  r->table = rule.table < 256 ? static_cast<unsigned char>(rule.table) : static_cast<unsigned char>(RT_TABLE_UNSPEC);
  if (!rule.unreachable) mnl_attr_put_u32(m.header, FRA_TABLE, rule.table);
  mnl_attr_put_u32(m.header, FRA_PRIORITY, rule.preference);
  if (!rule.in_device.empty()) mnl_attr_put_strz(m.header, FRA_IIFNAME, rule.in_device.c_str());
}

std::string describe(const KernelRule& rule) {
  return std::to_string(rule.preference) + (rule.in_device.empty() ? "" : " iif " + rule.in_device);
}

}  // namespace

Result<> Netlink::add_rule(const KernelRule& rule) {
  Message m(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
  fill_rule(m, rule);
  auto done = socket_.talk(m, "add rule " + describe(rule));
  if (!done && done.error().error == EEXIST) return {};
  return done;
}

Result<> Netlink::delete_rule(const KernelRule& rule) {
  Message m(RTM_DELRULE, 0);
  fill_rule(m, rule);
  auto done = socket_.talk(m, "delete rule " + describe(rule));
  if (!done && done.error().error == ENOENT) return {};
  return done;
}

Result<std::vector<KernelRule>> Netlink::rules() {
  Message m(RTM_GETRULE, NLM_F_DUMP);
  m.extra<fib_rule_hdr>()->family = AF_INET;
  std::vector<KernelRule> out;
  const auto done = socket_.dump(m, "list rules", [&](const nlmsghdr* header) {
    const auto* const r = static_cast<const fib_rule_hdr*>(mnl_nlmsg_get_payload(header));
    const auto attributes = attributes_of(header, sizeof(fib_rule_hdr));
    const auto number = [&](unsigned type, std::uint32_t otherwise) {
      const auto found = attributes.find(type);
      return found == attributes.end() ? otherwise : mnl_attr_get_u32(found->second);
    };
    KernelRule rule;
    rule.preference = number(FRA_PRIORITY, 0);
    rule.unreachable = r->action == FR_ACT_UNREACHABLE;
    if (!rule.unreachable) rule.table = number(FRA_TABLE, r->table);
    if (const auto device = attributes.find(FRA_IIFNAME); device != attributes.end())
      rule.in_device = mnl_attr_get_str(device->second);
    out.push_back(std::move(rule));
  });
  if (!done) return done.error();
  return out;
}

}  // namespace stratus::network
