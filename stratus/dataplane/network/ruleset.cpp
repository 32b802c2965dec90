#include "stratus/dataplane/network/ruleset.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "stratus/core/text.h"

namespace stratus::network {
namespace {

/// FNV-1a: names must be the same in every run and every build.
std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

std::string chain_name(std::string_view prefix, const std::string& id) {
  std::string out(prefix);
  for (const char c : id) out += c == '-' ? '_' : c;
  return out;
}

/// The match of protocol and ports; empty matches everything.
std::string protocol_match(const std::string& protocol, int from, int to, int icmp_type, int icmp_code) {
  if (protocol == "-1") return "";
  if (protocol == "6" || protocol == "17") {
    const char* name = protocol == "6" ? "tcp" : "udp";
    if (from <= 0 && to >= 65535) return fmt::format("meta l4proto {} ", name);
    if (from == to) return fmt::format("{} dport {} ", name, from);
    return fmt::format("{} dport {}-{} ", name, from, to);
  }
  if (protocol == "1") {
    std::string out = icmp_type < 0 ? "meta l4proto icmp " : fmt::format("icmp type {} ", icmp_type);
    if (icmp_code >= 0) out += fmt::format("icmp code {} ", icmp_code);
    return out;
  }
  return fmt::format("meta l4proto {} ", protocol);
}

std::string acl_chain(const NetworkAcl& acl, bool egress) {
  std::vector<AclEntry> entries;
  for (const auto& entry : acl.entries)
    if (entry.egress == egress) entries.push_back(entry);
  std::sort(entries.begin(), entries.end(), [](const AclEntry& a, const AclEntry& b) { return a.number < b.number; });
  std::string out = fmt::format("  chain {} {{\n", chain_name(egress ? "acl_out_" : "acl_in_", acl.id));
  for (const auto& entry : entries) {
    const bool any_port = entry.from_port < 0;
    const std::string match = protocol_match(entry.protocol, any_port ? 0 : entry.from_port,
                                             any_port ? 65535 : entry.to_port, entry.icmp_type, entry.icmp_code);
    const std::string address =
        entry.cidr == "0.0.0.0/0" ? "" : fmt::format("ip {} {} ", egress ? "daddr" : "saddr", entry.cidr);
    out += fmt::format("    {}{}{}\n", address, match, entry.allow ? "return" : "counter drop");
  }
  return out + "    counter drop\n  }\n";
}

std::string group_chain(const SecurityGroup& group, bool egress) {
  std::string out = fmt::format("  chain {} {{\n", chain_name(egress ? "out_" : "in_", group.id));
  for (const auto& rule : group.rules) {
    if (rule.egress != egress) continue;
    const bool icmp = rule.protocol == "1";
    const std::string match = icmp ? protocol_match("1", 0, 0, rule.from_port, rule.to_port)
                                   : protocol_match(rule.protocol, rule.from_port < 0 ? 0 : rule.from_port,
                                                    rule.from_port < 0 ? 65535 : rule.to_port, -1, -1);
    const char* side = egress ? "daddr" : "saddr";
    for (const auto& cidr : rule.cidrs)
      out += cidr == "0.0.0.0/0" ? fmt::format("    {}accept\n", match)
                                 : fmt::format("    ip {} {} {}accept\n", side, cidr, match);
    for (const auto& other : rule.groups)
      out += fmt::format("    ip {} @{} {}accept\n", side, chain_name("members_", other), match);
  }
  return out + "  }\n";
}

std::string elements(const std::vector<std::string>& list) {
  return list.empty() ? "" : fmt::format(" elements = {{ {} }};", fmt::join(list, ", "));
}

}  // namespace

std::string link_name(const std::string& eni_id) {
  return fmt::format("e{:012x}", stable_hash(eni_id) & 0xFFFFFFFFFFFFULL);
}
std::string internet_link_name(const std::string& vpc_id) {
  return fmt::format("v{:012x}", stable_hash(vpc_id) & 0xFFFFFFFFFFFFULL);
}
std::uint32_t table_number(const std::string& route_table_id) {
  return 1000U + static_cast<std::uint32_t>(stable_hash(route_table_id) % 1'000'000'000ULL);
}

std::string nat_gateway_ruleset(const std::string& address) {
  return fmt::format(
      "add table ip stratus\ndelete table ip stratus\ntable ip stratus {{\n  chain out {{\n    type nat hook "
      "postrouting priority srcnat; policy accept;\n"
      "    oifname \"eth0\" ip saddr != {0} masquerade\n  }}\n}}\n",
      address);
}

std::string router_ruleset(const Vpc& vpc) {
  std::map<std::string, const Subnet*> subnets;
  for (const auto& subnet : vpc.subnets) subnets[subnet.id] = &subnet;
  std::set<std::string> acl_ids;
  for (const auto& acl : vpc.network_acls) acl_ids.insert(acl.id);

  std::vector<std::string> owned, unchecked = {"\"igw\""}, acl_out, acl_in, group_out, group_in, same_subnet, public_in,
                                  public_out;
  std::map<std::string, std::vector<std::string>> members;
  for (const auto& group : vpc.security_groups) {
    members[group.id];
    for (const auto& rule : group.rules)
      for (const auto& other : rule.groups) members[other];
  }
  std::string eni_chains;
  for (const auto& eni : vpc.enis) {
    const std::string link = "\"" + link_name(eni.id) + "\"";
    for (const auto& address : eni.addresses) owned.push_back(link + " . " + address);
    if (!eni.source_dest_check || eni.nat_gateway) unchecked.push_back(link);
    if (const auto subnet = subnets.find(eni.subnet_id); subnet != subnets.end()) {
      same_subnet.push_back(link + " . " + subnet->second->cidr);
      if (acl_ids.count(subnet->second->network_acl_id) != 0) {
        acl_out.push_back(link + " : jump " + chain_name("acl_out_", subnet->second->network_acl_id));
        acl_in.push_back(link + " : jump " + chain_name("acl_in_", subnet->second->network_acl_id));
      }
    }
    for (const auto& group : eni.groups)
      for (const auto& address : eni.addresses) members[group].push_back(address);
    if (!eni.public_address.empty() && !eni.addresses.empty()) {
      public_in.push_back(eni.public_address + " : " + eni.addresses[0]);
      public_out.push_back(eni.addresses[0] + " : " + eni.public_address);
    }
    // A NAT gateway has no groups: what the ACLs let pass, it forwards.
    if (eni.nat_gateway) continue;
    for (const bool egress : {true, false}) {
      const std::string chain = chain_name(egress ? "eni_out_" : "eni_in_", eni.id);
      (egress ? group_out : group_in).push_back(link + " : jump " + chain);
      eni_chains += fmt::format("  chain {} {{\n", chain);
      for (const auto& group : eni.groups)
        if (members.count(group) != 0)
          eni_chains += fmt::format("    jump {}\n", chain_name(egress ? "out_" : "in_", group));
      eni_chains += fmt::format("    counter name refused_{}\n    drop\n  }}\n", egress ? "out" : "in");
    }
  }

  std::string out = "add table inet stratus\ndelete table inet stratus\ntable inet stratus {\n";
  out +=
      "  counter spoofed { }\n  counter refused_in { }\n  counter refused_out { }\n  counter no_public_address { }\n";
  out += "  set eni_addresses { type ifname . ipv4_addr;" + elements(owned) + " }\n";
  out += "  set unchecked { type ifname;" + elements(unchecked) + " }\n";
  out += "  set same_subnet { type ifname . ipv4_addr; flags interval;" + elements(same_subnet) + " }\n";
  out += "  map public_in { type ipv4_addr : ipv4_addr;" + elements(public_in) + " }\n";
  out += "  map public_out { type ipv4_addr : ipv4_addr;" + elements(public_out) + " }\n";
  for (const auto& [group, addresses] : members)
    out += fmt::format("  set {} {{ type ipv4_addr;{} }}\n", chain_name("members_", group), elements(addresses));
  for (const auto& acl : vpc.network_acls) out += acl_chain(acl, true) + acl_chain(acl, false);
  for (const auto& group : vpc.security_groups) out += group_chain(group, true) + group_chain(group, false);
  // Groups that rules or ENIs name but the model does not hold let nothing through.
  for (const auto& [group, addresses] : members)
    if (std::none_of(vpc.security_groups.begin(), vpc.security_groups.end(),
                     [&](const SecurityGroup& g) { return g.id == group; }))
      out += group_chain({group, {}}, true) + group_chain({group, {}}, false);
  out += eni_chains;
  out += "  map acl_out { type ifname : verdict;" + elements(acl_out) + " }\n";
  out += "  map acl_in { type ifname : verdict;" + elements(acl_in) + " }\n";
  out += "  map group_out { type ifname : verdict;" + elements(group_out) + " }\n";
  out += "  map group_in { type ifname : verdict;" + elements(group_in) + " }\n";
  out +=
      "  chain source_check {\n    type filter hook prerouting priority -300; policy accept;\n    iifname @unchecked "
      "accept\n"
      "    iifname \"e*\" iifname . ip saddr != @eni_addresses counter name spoofed drop\n  }\n"
      "  chain internet_in {\n    type nat hook prerouting priority dstnat; policy accept;\n    iifname \"igw\" dnat "
      "ip to ip daddr map @public_in\n  }\n"
      // Both ways of the ACL stand behind DNAT and before the groups: they see private addresses, and no connection
      // state.
      "  chain acl {\n    type filter hook forward priority -10; policy accept;\n    iifname . ip daddr @same_subnet "
      "accept\n    iifname vmap @acl_out\n    oifname vmap @acl_in\n  }\n"
      // `accept` ends one base chain only, so egress and ingress are two: both must agree.
      "  chain egress {\n    type filter hook forward priority -1; policy accept;\n    ct state established,related "
      "accept\n    iifname vmap @group_out\n  }\n"
      "  chain ingress {\n    type filter hook forward priority 0; policy accept;\n    ct state established,related "
      "accept\n    ct state invalid drop\n    oifname vmap @group_in\n  }\n"
      "  chain internet_out {\n    type nat hook postrouting priority srcnat; policy accept;\n    oifname \"igw\" snat "
      "ip to ip saddr map @public_out\n  }\n";
  out += "  chain internet_only_public {\n    type filter hook postrouting priority 200; policy accept;\n";
  for (const auto& cidr : vpc.cidrs)
    out += fmt::format("    oifname \"igw\" ip saddr {} counter name no_public_address drop\n", cidr);
  out += "  }\n";
  out +=
      "  chain input {\n    type filter hook input priority 0; policy drop;\n    iifname \"lo\" accept\n    ct state "
      "established,related accept\n    meta l4proto icmp accept\n";
  for (const auto& address : resolver_addresses(vpc))
    out += fmt::format("    iifname \"e*\" ip daddr {} meta l4proto {{ tcp, udp }} th dport 53 accept\n", address);
  return out + "  }\n}\n";
}

}  // namespace stratus::network
