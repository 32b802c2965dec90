#include "stratus/dataplane/network/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <algorithm>

#include "stratus/dataplane/network/netlink_socket.h"

namespace stratus::network {
namespace {

constexpr std::uint16_t type(std::uint16_t message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}

/// Source and destination of one direction.
std::pair<Ipv4, Ipv4> ends_of(const nlattr* tuple) {
  const auto parts = attributes_of(tuple);
  const auto ip = parts.find(CTA_TUPLE_IP);
  if (ip == parts.end()) return {};
  const auto addresses = attributes_of(ip->second);
  const auto number = [&](unsigned kind) {
    const auto found = addresses.find(kind);
    return found == addresses.end() ? 0 : ntohl(mnl_attr_get_u32(found->second));
  };
  return {number(CTA_IP_V4_SRC), number(CTA_IP_V4_DST)};
}

}  // namespace

FlowPolicy::FlowPolicy(const Vpc& vpc, const std::set<std::string>& left) {
  for (const auto& cidr : vpc.cidrs) cidrs_.push_back(*parse_cidr(cidr));
  for (const auto& address : left) left_.insert(*parse_ipv4(address));
  for (const auto& address : resolver_addresses(vpc)) alive_.insert(*parse_ipv4(address));
  for (const auto& eni : vpc.enis) {
    for (const auto& address : eni.addresses) alive_.insert(*parse_ipv4(address));
    if (eni.public_address.empty()) continue;
    mappings_.emplace(*parse_ipv4(eni.public_address), *parse_ipv4(eni.addresses[0]));
    public_.insert(*parse_ipv4(eni.public_address));
  }
}

bool FlowPolicy::ends(const Flow& flow) const {
  for (const Ipv4 address : {flow.source, flow.destination, flow.reply_source, flow.reply_destination}) {
    if (left_.count(address) != 0) return true;
    const bool ours =
        std::any_of(cidrs_.begin(), cidrs_.end(), [&](const Cidr& cidr) { return cidr.contains(address); });
    if (ours && alive_.count(address) == 0) return true;
  }
  if (flow.destination != flow.reply_source && mappings_.count({flow.destination, flow.reply_source}) == 0) return true;
  return flow.source != flow.reply_destination && mappings_.count({flow.reply_destination, flow.source}) == 0;
}

Result<std::size_t> delete_flows(const std::function<bool(const Flow&)>& ends) {
  auto socket = NetlinkSocket::open(NETLINK_NETFILTER);
  if (!socket) return socket.error();
  Message request(type(IPCTNL_MSG_CT_GET), NLM_F_DUMP);
  request.extra<nfgenmsg>()->nfgen_family = AF_INET;
  std::vector<std::vector<char>> doomed;  // the tuples, as the kernel wrote them
  const auto listed = socket->dump(request, "list tracked flows", [&](const nlmsghdr* header) {
    const auto attributes = attributes_of(header, sizeof(nfgenmsg));
    const auto original = attributes.find(CTA_TUPLE_ORIG), reply = attributes.find(CTA_TUPLE_REPLY);
    if (original == attributes.end() || reply == attributes.end()) return;
    const auto [source, destination] = ends_of(original->second);
    const auto [reply_source, reply_destination] = ends_of(reply->second);
    if (!ends({source, destination, reply_source, reply_destination})) return;
    const auto* const bytes = static_cast<const char*>(mnl_attr_get_payload(original->second));
    doomed.emplace_back(bytes, bytes + mnl_attr_get_payload_len(original->second));
  });
  if (!listed) return listed.error();
  for (const auto& tuple : doomed) {
    Message remove(type(IPCTNL_MSG_CT_DELETE), 0);
    remove.extra<nfgenmsg>()->nfgen_family = AF_INET;
    mnl_attr_put(remove.header, CTA_TUPLE_ORIG | NLA_F_NESTED, tuple.size(), tuple.data());
    // One that ended by itself in between is gone as wished.
    if (auto gone = socket->talk(remove, "delete a tracked flow"); !gone && gone.error().error != ENOENT)
      return gone.error();
  }
  return doomed.size();
}

}  // namespace stratus::network
