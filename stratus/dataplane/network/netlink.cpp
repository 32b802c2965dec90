#include "stratus/dataplane/network/netlink.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <map>
#include <utility>

namespace stratus::network {
namespace {

constexpr std::size_t kBuffer = 32 * 1024;

struct Prefix {
  in_addr address{};
  std::uint8_t length = 32;
};

bool parse(const std::string& cidr, Prefix& out) {
  const auto slash = cidr.find('/');
  out.length = slash == std::string::npos ? 32 : static_cast<std::uint8_t>(std::atoi(cidr.c_str() + slash + 1));
  return inet_pton(AF_INET, cidr.substr(0, slash).c_str(), &out.address) == 1 && out.length <= 32;
}

std::string to_text(const void* address, unsigned length) {
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, address, text, sizeof text);
  return std::string(text) + "/" + std::to_string(length);
}

using Attributes = std::map<unsigned, const nlattr*>;

int collect(const nlattr* attribute, void* data) {
  (*static_cast<Attributes*>(data))[mnl_attr_get_type(attribute)] = attribute;
  return MNL_CB_OK;
}

std::string device_name(unsigned index) {
  char name[IF_NAMESIZE];
  return if_indextoname(index, name) != nullptr ? name : "";
}

struct Message {
  alignas(nlmsghdr) char bytes[kBuffer];
  nlmsghdr* header;
  Message(std::uint16_t type, std::uint16_t flags) : header(mnl_nlmsg_put_header(bytes)) {
    header->nlmsg_type = type;
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }
  template <class T>
  T* extra() {
    return static_cast<T*>(mnl_nlmsg_put_extra_header(header, sizeof(T)));
  }
};

}  // namespace

Result<Netlink> Netlink::open() {
  mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == nullptr) return failure("open rtnetlink");
  if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
    const auto why = failure("bind rtnetlink");
    mnl_socket_close(socket);
    return why;
  }
  return Netlink(socket);
}

Netlink::Netlink(Netlink&& other) noexcept
    : socket_(std::exchange(other.socket_, nullptr)), sequence_(other.sequence_) {}

Netlink::~Netlink() {
  if (socket_ != nullptr) mnl_socket_close(socket_);
}

Result<> Netlink::talk(nlmsghdr* message, const std::string& what) {
  message->nlmsg_flags |= NLM_F_ACK;
  return dump(message, what, [](const nlmsghdr*) {});
}

Result<> Netlink::dump(nlmsghdr* message, const std::string& what, const std::function<void(const nlmsghdr*)>& each) {
  message->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_, message, message->nlmsg_len) < 0) return failure(what);
  std::vector<char> buffer(kBuffer);
  for (;;) {
    const auto got = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
    if (got < 0) return failure(what);
    const auto callback = [](const nlmsghdr* header, void* data) {
      (*static_cast<const std::function<void(const nlmsghdr*)>*>(data))(header);
      return MNL_CB_OK;
    };
    const int result =
        mnl_cb_run(buffer.data(), static_cast<std::size_t>(got), sequence_, mnl_socket_get_portid(socket_), callback,
                   const_cast<std::function<void(const nlmsghdr*)>*>(&each));
    if (result < 0) return failure(what);
    if (result == MNL_CB_STOP) return {};
  }
}

unsigned Netlink::index_of(const std::string& device) {
  // By ioctl-free netlink: if_nametoindex uses the thread's namespace too.
  return if_nametoindex(device.c_str());
}

Result<> Netlink::add_veth(const std::string& name, const std::string& peer, int peer_netns, std::uint32_t mtu) {
  Message m(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  m.extra<ifinfomsg>()->ifi_family = AF_UNSPEC;
  mnl_attr_put_strz(m.header, IFLA_IFNAME, name.c_str());
  mnl_attr_put_u32(m.header, IFLA_MTU, mtu);
  nlattr* info = mnl_attr_nest_start(m.header, IFLA_LINKINFO);
  mnl_attr_put_strz(m.header, IFLA_INFO_KIND, "veth");
  nlattr* data = mnl_attr_nest_start(m.header, IFLA_INFO_DATA);
  nlattr* nested = mnl_attr_nest_start(m.header, VETH_INFO_PEER);
  mnl_nlmsg_put_extra_header(m.header, sizeof(ifinfomsg));
  mnl_attr_put_strz(m.header, IFLA_IFNAME, peer.c_str());
  mnl_attr_put_u32(m.header, IFLA_MTU, mtu);
  if (peer_netns >= 0) mnl_attr_put_u32(m.header, IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer_netns));
  mnl_attr_nest_end(m.header, nested);
  mnl_attr_nest_end(m.header, data);
  mnl_attr_nest_end(m.header, info);
  return talk(m.header, "add link " + name);
}

Result<> Netlink::set_up(const std::string& device) {
  Message m(RTM_NEWLINK, 0);
  auto* link = m.extra<ifinfomsg>();
  link->ifi_family = AF_UNSPEC;
  link->ifi_index = static_cast<int>(index_of(device));
  if (link->ifi_index == 0) return failure("set link " + device + " up", ENODEV);
  link->ifi_flags = IFF_UP;
  link->ifi_change = IFF_UP;
  return talk(m.header, "set link " + device + " up");
}

Result<> Netlink::delete_link(const std::string& name) {
  Message m(RTM_DELLINK, 0);
  auto* link = m.extra<ifinfomsg>();
  link->ifi_index = static_cast<int>(index_of(name));
  if (link->ifi_index == 0) return {};
  return talk(m.header, "delete link " + name);
}

Result<std::vector<std::string>> Netlink::links() {
  Message m(RTM_GETLINK, NLM_F_DUMP);
  m.extra<ifinfomsg>()->ifi_family = AF_UNSPEC;
  std::vector<std::string> out;
  const auto done = dump(m.header, "list links", [&](const nlmsghdr* header) {
    Attributes attributes;
    mnl_attr_parse(header, sizeof(ifinfomsg), collect, &attributes);
    if (attributes.count(IFLA_IFNAME) != 0) out.emplace_back(mnl_attr_get_str(attributes[IFLA_IFNAME]));
  });
  if (!done) return done.error();
  return out;
}

Result<> Netlink::add_address(const std::string& device, const std::string& cidr) {
  Prefix prefix;
  if (!parse(cidr, prefix)) return failure("add address " + cidr, EINVAL);
  Message m(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  auto* address = m.extra<ifaddrmsg>();
  address->ifa_family = AF_INET;
  address->ifa_prefixlen = prefix.length;
  address->ifa_index = index_of(device);
  mnl_attr_put(m.header, IFA_LOCAL, sizeof prefix.address, &prefix.address);
  mnl_attr_put(m.header, IFA_ADDRESS, sizeof prefix.address, &prefix.address);
  return talk(m.header, "add address " + cidr + " to " + device);
}

Result<> Netlink::delete_address(const std::string& device, const std::string& cidr) {
  Prefix prefix;
  if (!parse(cidr, prefix)) return failure("delete address " + cidr, EINVAL);
  Message m(RTM_DELADDR, 0);
  auto* address = m.extra<ifaddrmsg>();
  address->ifa_family = AF_INET;
  address->ifa_prefixlen = prefix.length;
  address->ifa_index = index_of(device);
  mnl_attr_put(m.header, IFA_LOCAL, sizeof prefix.address, &prefix.address);
  return talk(m.header, "delete address " + cidr + " of " + device);
}

Result<std::vector<std::string>> Netlink::addresses(const std::string& device) {
  Message m(RTM_GETADDR, NLM_F_DUMP);
  m.extra<ifaddrmsg>()->ifa_family = AF_INET;
  const unsigned index = index_of(device);
  std::vector<std::string> out;
  const auto done = dump(m.header, "list addresses", [&](const nlmsghdr* header) {
    const auto* address = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
    if (address->ifa_index != index) return;
    Attributes attributes;
    mnl_attr_parse(header, sizeof(ifaddrmsg), collect, &attributes);
    if (attributes.count(IFA_LOCAL) != 0)
      out.push_back(to_text(mnl_attr_get_payload(attributes[IFA_LOCAL]), address->ifa_prefixlen));
  });
  if (!done) return done.error();
  return out;
}

namespace {

Result<> fill_route(Message& m, const KernelRoute& route, unsigned device) {
  Prefix prefix;
  if (!parse(route.destination, prefix)) return failure("route " + route.destination, EINVAL);
  auto* r = m.extra<rtmsg>();
  r->rtm_family = AF_INET;
  r->rtm_dst_len = prefix.length;
  r->rtm_protocol = RTPROT_STATIC;
  r->rtm_type = route.unreachable ? RTN_UNREACHABLE : RTN_UNICAST;
  r->rtm_scope = route.unreachable || !route.gateway.empty() ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  r->rtm_table =
      route.table < 256 ? static_cast<unsigned char>(route.table) : static_cast<unsigned char>(RT_TABLE_UNSPEC);
  mnl_attr_put_u32(m.header, RTA_TABLE, route.table);
  if (prefix.length > 0) mnl_attr_put(m.header, RTA_DST, sizeof prefix.address, &prefix.address);
  if (!route.gateway.empty()) {
    Prefix gateway;
    if (!parse(route.gateway, gateway)) return failure("route via " + route.gateway, EINVAL);
    mnl_attr_put(m.header, RTA_GATEWAY, sizeof gateway.address, &gateway.address);
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
  return talk(m.header, "add route " + describe(route));
}

Result<> Netlink::delete_route(const KernelRoute& route) {
  Message m(RTM_DELROUTE, 0);
  if (auto filled = fill_route(m, route, route.unreachable ? 0 : index_of(route.device)); !filled) return filled;
  auto done = talk(m.header, "delete route " + describe(route));
  if (!done && done.error().error == ESRCH) return {};
  return done;
}

Result<std::vector<KernelRoute>> Netlink::routes() {
  Message m(RTM_GETROUTE, NLM_F_DUMP);
  m.extra<rtmsg>()->rtm_family = AF_INET;
  std::vector<KernelRoute> out;
  const auto done = dump(m.header, "list routes", [&](const nlmsghdr* header) {
    const auto* r = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
    if (r->rtm_type != RTN_UNICAST && r->rtm_type != RTN_UNREACHABLE) return;
    Attributes attributes;
    mnl_attr_parse(header, sizeof(rtmsg), collect, &attributes);
    KernelRoute route;
    route.table = attributes.count(RTA_TABLE) != 0 ? mnl_attr_get_u32(attributes[RTA_TABLE]) : r->rtm_table;
    const in_addr zero{};
    route.destination =
        to_text(attributes.count(RTA_DST) != 0 ? mnl_attr_get_payload(attributes[RTA_DST]) : &zero, r->rtm_dst_len);
    route.unreachable = r->rtm_type == RTN_UNREACHABLE;
    if (attributes.count(RTA_GATEWAY) != 0) {
      route.gateway = to_text(mnl_attr_get_payload(attributes[RTA_GATEWAY]), 32);
      route.gateway.resize(route.gateway.find('/'));
    }
    if (attributes.count(RTA_OIF) != 0 && !route.unreachable)
      route.device = device_name(mnl_attr_get_u32(attributes[RTA_OIF]));
    if (attributes.count(RTA_PRIORITY) != 0) route.metric = mnl_attr_get_u32(attributes[RTA_PRIORITY]);
    out.push_back(std::move(route));
  });
  if (!done) return done.error();
  return out;
}

namespace {

void fill_rule(Message& m, const KernelRule& rule) {
  auto* r = m.extra<fib_rule_hdr>();
  r->family = AF_INET;
  r->action = rule.unreachable ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL;
  r->table = rule.table < 256 ? static_cast<unsigned char>(rule.table) : static_cast<unsigned char>(RT_TABLE_UNSPEC);
  if (!rule.unreachable) mnl_attr_put_u32(m.header, FRA_TABLE, rule.table);
  mnl_attr_put_u32(m.header, FRA_PRIORITY, rule.preference);
  if (!rule.in_device.empty()) mnl_attr_put_strz(m.header, FRA_IIFNAME, rule.in_device.c_str());
}

}  // namespace

Result<> Netlink::add_rule(const KernelRule& rule) {
  Message m(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
  fill_rule(m, rule);
  auto done = talk(m.header, "add rule " + std::to_string(rule.preference) + " iif " + rule.in_device);
  if (!done && done.error().error == EEXIST) return {};
  return done;
}

Result<> Netlink::delete_rule(const KernelRule& rule) {
  Message m(RTM_DELRULE, 0);
  fill_rule(m, rule);
  auto done = talk(m.header, "delete rule " + std::to_string(rule.preference));
  if (!done && done.error().error == ENOENT) return {};
  return done;
}

Result<std::vector<KernelRule>> Netlink::rules() {
  Message m(RTM_GETRULE, NLM_F_DUMP);
  m.extra<fib_rule_hdr>()->family = AF_INET;
  std::vector<KernelRule> out;
  const auto done = dump(m.header, "list rules", [&](const nlmsghdr* header) {
    const auto* r = static_cast<const fib_rule_hdr*>(mnl_nlmsg_get_payload(header));
    Attributes attributes;
    mnl_attr_parse(header, sizeof(fib_rule_hdr), collect, &attributes);
    KernelRule rule;
    rule.unreachable = r->action == FR_ACT_UNREACHABLE;
    if (attributes.count(FRA_PRIORITY) != 0) rule.preference = mnl_attr_get_u32(attributes[FRA_PRIORITY]);
    if (!rule.unreachable)
      rule.table = attributes.count(FRA_TABLE) != 0 ? mnl_attr_get_u32(attributes[FRA_TABLE]) : r->table;
    if (attributes.count(FRA_IIFNAME) != 0) rule.in_device = mnl_attr_get_str(attributes[FRA_IIFNAME]);
    out.push_back(std::move(rule));
  });
  if (!done) return done.error();
  return out;
}

}  // namespace stratus::network
