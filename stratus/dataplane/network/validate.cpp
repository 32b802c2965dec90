#include "stratus/dataplane/network/validate.h"

#include <charconv>
#include <map>
#include <set>

#include "stratus/dataplane/network/address.h"
#include "stratus/dataplane/network/names.h"

namespace stratus::network {
namespace {

constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

Failure refuse(const std::string& what) { return failure(what, EINVAL); }

bool is_name(std::string_view id) {
  return !id.empty() && id.size() <= 64 && id.find_first_not_of(kNameCharacters) == std::string_view::npos;
}

bool is_protocol(const std::string& protocol) {
  if (protocol == "-1" || protocol == "icmpv6") return true;
  unsigned number = 0;
  const char* const end = protocol.data() + protocol.size();
  const auto [stop, error] = std::from_chars(protocol.data(), end, number);
  return error == std::errc() && stop == end && number <= 255;
}

bool is_range(int from, int to, int limit) { return from >= -1 && to >= -1 && from <= limit && to <= limit; }

/// Ids of one kind: well-formed, each once, and no two with the same kernel name.
template <class Items, class KernelName>
Result<> check_ids(const Items& items, const std::string& kind, KernelName kernel_name) {
  std::set<std::string> names;
  for (const auto& item : items) {
    if (!is_name(item.id)) return refuse(kind + " with the id '" + item.id + "'");
    if (!names.insert(kernel_name(item.id)).second) return refuse(kind + " " + item.id + " is named twice");
  }
  return {};
}

/// In rules and routes IPv6 blocks are let through: they match nothing here.
Result<> check_cidrs(const std::vector<std::string>& cidrs, const std::string& owner, bool ipv6 = true) {
  for (const auto& cidr : cidrs)
    if (!(ipv6 && is_ipv6(cidr)) && !parse_cidr(cidr)) return refuse(owner + ": '" + cidr + "' is no CIDR block");
  return {};
}

Result<> check_rules(const Vpc& vpc) {
  for (const auto& acl : vpc.network_acls)
    for (const auto& entry : acl.entries) {
      if (auto cidr = check_cidrs({entry.cidr}, acl.id); !cidr) return cidr;
      if (!is_protocol(entry.protocol) || !is_range(entry.from_port, entry.to_port, 65535) ||
          !is_range(entry.icmp_type, entry.icmp_code, 255))
        return refuse(acl.id + ": entry " + std::to_string(entry.number) + " is malformed");
    }
  for (const auto& group : vpc.security_groups)
    for (const auto& rule : group.rules) {
      if (auto cidrs = check_cidrs(rule.cidrs, group.id); !cidrs) return cidrs;
      if (!is_protocol(rule.protocol) || !is_range(rule.from_port, rule.to_port, rule.protocol == "1" ? 255 : 65535))
        return refuse(group.id + ": a rule is malformed");
      for (const auto& other : rule.groups)
        if (!is_name(other)) return refuse(group.id + ": a rule names the group '" + other + "'");
    }
  return {};
}

Result<> check_enis(const Vpc& vpc) {
  std::map<Ipv4, std::string> owners;
  const auto claim = [&](const std::string& address, const std::string& owner) -> Result<> {
    const auto number = parse_ipv4(address);
    if (!number) return refuse(owner + ": '" + address + "' is no address");
    const auto [at, fresh] = owners.emplace(*number, owner);
    if (!fresh) return refuse("address " + address + " belongs to " + at->second + " and to " + owner);
    return {};
  };
  std::set<std::string> subnets;
  for (const auto& subnet : vpc.subnets) subnets.insert(subnet.id);
  for (const auto& eni : vpc.enis) {
    if (eni.addresses.empty()) return refuse(eni.id + " has no address");
    if (subnets.count(eni.subnet_id) == 0) return refuse(eni.id + " is in the unknown subnet '" + eni.subnet_id + "'");
    for (const auto& address : eni.addresses)
      if (auto claimed = claim(address, eni.id); !claimed) return claimed;
    if (!eni.public_address.empty())
      if (auto claimed = claim(eni.public_address, eni.id); !claimed) return claimed;
    for (const auto& group : eni.groups)
      if (!is_name(group)) return refuse(eni.id + " is in the group '" + group + "'");
  }
  return {};
}

}  // namespace

Result<> validate(const Vpc& vpc) {
  const auto as_is = [](const std::string& id) { return id; };
  if (!is_name(vpc.id)) return refuse("VPC with the id '" + vpc.id + "'");
  if (auto done = check_cidrs(vpc.cidrs, vpc.id, false); !done) return done;
  if (auto done = check_ids(vpc.subnets, "subnet", [](const auto& id) { return std::to_string(subnet_mark(id)); });
      !done)
    return done;
  if (auto done =
          check_ids(vpc.route_tables, "route table", [](const auto& id) { return std::to_string(table_number(id)); });
      !done)
    return done;
  if (auto done = check_ids(vpc.network_acls, "network ACL", as_is); !done) return done;
  if (auto done = check_ids(vpc.security_groups, "security group", as_is); !done) return done;
  if (auto done = check_ids(vpc.enis, "ENI", [](const auto& id) { return link_name(id); }); !done) return done;
  if (auto done = check_ids(vpc.peerings, "peering connection", [](const auto& id) { return peering_link_name(id); });
      !done)
    return done;
  for (const auto& fault : vpc.faults) {
    if (fault.loss_percent < 1 || fault.loss_percent > 100 || fault.until < 0)
      return refuse(vpc.id + ": a fault of " + std::to_string(fault.loss_percent) + " % loss");
    if (auto done = check_cidrs(fault.peers, vpc.id, false); !done) return done;
  }
  for (const auto& table : vpc.route_tables)
    for (const auto& route : table.routes)
      if (auto done = check_cidrs({route.destination}, table.id); !done) return done;
  for (const auto& peering : vpc.peerings) {
    if (!is_name(peering.peer_vpc_id)) return refuse(peering.id + " leads to '" + peering.peer_vpc_id + "'");
    if (auto done = check_cidrs(peering.peer_cidrs, peering.id, false); !done) return done;
    for (const auto& group : peering.peer_groups) {
      if (!is_name(group.group_id)) return refuse(peering.id + " names the group '" + group.group_id + "'");
      for (const auto& address : group.addresses)
        if (!parse_ipv4(address)) return refuse(peering.id + ": '" + address + "' is no address");
    }
  }
  if (auto done = check_rules(vpc); !done) return done;
  return check_enis(vpc);
}

Result<> validate(const Settings& settings) {
  // "<tag>-inet" is an interface's name: 15 characters at most.
  if (!is_name(settings.tag) || settings.tag.size() > 10) return refuse("instance tag '" + settings.tag + "'");
  const auto pool = parse_cidr(settings.public_pool);
  if (!pool || pool->length > 28)
    return refuse("public pool '" + settings.public_pool + "': a CIDR block of at least /28");
  return {};
}

}  // namespace stratus::network
