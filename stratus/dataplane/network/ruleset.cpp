#include "stratus/dataplane/network/ruleset.h"

#include <fmt/format.h>

#include <algorithm>

#include "stratus/dataplane/network/address.h"
#include "stratus/dataplane/network/names.h"

namespace stratus::network {
namespace {

/// The match of protocol and ports, with a blank at its end; empty matches everything.
std::string protocol_match(const std::string& protocol, int from, int to) {
  if (protocol == "-1") return "";
  if (protocol == "6" || protocol == "17") {
    const char* const name = protocol == "6" ? "tcp" : "udp";
    if (from < 0 || (from == 0 && to >= 65535)) return fmt::format("meta l4proto {} ", name);
    return from == to ? fmt::format("{} dport {} ", name, from) : fmt::format("{} dport {}-{} ", name, from, to);
  }
  return fmt::format("meta l4proto {} ", protocol == "icmpv6" ? "58" : protocol);
}

std::string icmp_match(int type, int code) {
  if (type < 0) return "meta l4proto icmp ";
  return fmt::format("icmp type {} ", type) + (code < 0 ? "" : fmt::format("icmp code {} ", code));
}

std::string address_match(const char* side, const std::string& cidr) {
  const auto block = parse_cidr(cidr);
  return block->length == 0 ? "" : fmt::format("ip {} {} ", side, to_text(*block));
}

/// The entries by their number; the first that matches decides, and none means no.
NftChain acl_chain(const NetworkAcl& acl, bool egress) {
  std::vector<const AclEntry*> entries;
  for (const auto& entry : acl.entries)
    if (entry.egress == egress && !is_ipv6(entry.cidr)) entries.push_back(&entry);
  std::stable_sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
  NftChain out;
  for (const auto* entry : entries)
    out.rules.push_back(address_match(egress ? "daddr" : "saddr", entry->cidr) +
                        (entry->protocol == "1" ? icmp_match(entry->icmp_type, entry->icmp_code)
                                                : protocol_match(entry->protocol, entry->from_port, entry->to_port)) +
                        (entry->allow ? "return" : "counter name refused_acl drop"));
  out.rules.emplace_back("counter name refused_acl drop");
  return out;
}

NftChain group_chain(const SecurityGroup& group, bool egress) {
  const char* const side = egress ? "daddr" : "saddr";
  NftChain out;
  for (const auto& rule : group.rules) {
    if (rule.egress != egress) continue;
    const std::string match = rule.protocol == "1" ? icmp_match(rule.from_port, rule.to_port)
                                                   : protocol_match(rule.protocol, rule.from_port, rule.to_port);
    for (const auto& cidr : rule.cidrs)
      if (!is_ipv6(cidr)) out.rules.push_back(address_match(side, cidr) + match + "accept");
    for (const auto& other : rule.groups)
      out.rules.push_back(fmt::format("ip {} @{} {}accept", side, nft_name("members_", other), match));
  }
  return out;
}

/// Builds the table piece by piece.
class Router {
 public:
  explicit Router(const Vpc& vpc) : vpc_(vpc) { out_.table = "inet stratus"; }

  Ruleset build() {
    out_.counters = {"spoofed",     "misdirected",       "refused_acl", "refused_in",
                     "refused_out", "no_public_address", "invalid",     "disturbed"};
    declare_sets();
    for (const auto& acl : vpc_.network_acls) {
      out_.chains[nft_name("acl_out_", acl.id)] = acl_chain(acl, true);
      out_.chains[nft_name("acl_in_", acl.id)] = acl_chain(acl, false);
    }
    add_groups();
    for (const auto& eni : vpc_.enis) add_eni(eni);
    add_neighbours();
    add_base_chains();
    return std::move(out_);
  }

 private:
  void declare_sets() {
    out_.sets["eni_addresses"] = {"ifname . ipv4_addr"};
    out_.sets["unchecked"] = {"ifname"};  // interfaces that may send from any address
    out_.sets["checked"] = {"ifname"};    // interfaces that get what is addressed to them, and nothing else
    out_.sets["public"] = {"ipv4_addr"};
    out_.sets["public_in"] = {"ipv4_addr : ipv4_addr", true};
    out_.sets["public_out"] = {"ipv4_addr : ipv4_addr", true};
    out_.sets["subnet_of"] = {"ifname : mark", true};
    out_.sets["subnet_members"] = {"ifname . mark"};
    for (const char* verdicts : {"acl_out", "acl_in", "group_out", "group_in"})
      out_.sets[verdicts] = {"ifname : verdict", true};
  }

  void put(const std::string& set, std::string element) { out_.sets[set].elements.insert(std::move(element)); }

  void need_members(const std::string& group) {
    out_.sets.try_emplace(nft_name("members_", group), NftSet{"ipv4_addr"});
  }

  void add_groups() {
    for (const auto& group : vpc_.security_groups) {
      need_members(group.id);
      for (const auto& rule : group.rules)
        for (const auto& other : rule.groups) need_members(other);
      out_.chains[nft_name("out_", group.id)] = group_chain(group, true);
      out_.chains[nft_name("in_", group.id)] = group_chain(group, false);
    }
  }

  void add_eni(const Eni& eni) {
    const std::string link = fmt::format("\"{}\"", link_name(eni.id));
    const bool checked = eni.source_dest_check && !eni.nat_gateway;
    put(checked ? "checked" : "unchecked", link);
    for (const auto& address : eni.addresses) put("eni_addresses", link + " . " + address);
    if (!eni.public_address.empty()) {
      put("public", eni.public_address);
      put("public_in", eni.public_address + " : " + eni.addresses[0]);
      put("public_out", eni.addresses[0] + " : " + eni.public_address);
    }
    const auto subnet =
        std::find_if(vpc_.subnets.begin(), vpc_.subnets.end(), [&](const auto& s) { return s.id == eni.subnet_id; });
    put("subnet_of", fmt::format("{} : {:#010x}", link, subnet_mark(subnet->id)));
    put("subnet_members", fmt::format("{} . {:#010x}", link, subnet_mark(subnet->id)));
    for (const bool egress : {true, false}) {
      // A subnet whose ACL the model does not hold is closed.
      const std::string acl = nft_name(egress ? "acl_out_" : "acl_in_", subnet->network_acl_id);
      put(egress ? "acl_out" : "acl_in", link + (out_.chains.count(acl) != 0 ? " : jump " + acl : " : drop"));
      // A NAT gateway has no groups: what the ACLs let pass, it forwards.
      put(egress ? "group_out" : "group_in",
          link + (eni.nat_gateway ? " : accept" : " : goto " + combination(eni, egress)));
    }
    for (const auto& group : eni.groups) {
      need_members(group);
      for (const auto& address : eni.addresses) put(nft_name("members_", group), address);
    }
  }

  /// One chain for all ENIs that are in the same groups, so that one more of them is a few set elements.
  std::string combination(const Eni& eni, bool egress) {
    const std::set<std::string> groups(eni.groups.begin(), eni.groups.end());
    std::string name = (egress ? "out_of_" : "in_of_") + short_hash(fmt::format("{}", fmt::join(groups, ",")));
    const auto [chain, fresh] = out_.chains.try_emplace(name);
    if (!fresh) return name;
    for (const auto& group : groups) {
      const std::string rules = nft_name(egress ? "out_" : "in_", group);
      // A group that the model does not hold lets nothing through.
      if (out_.chains.count(rules) != 0) chain->second.rules.push_back("jump " + rules);
    }
    chain->second.rules.push_back(fmt::format("counter name refused_{} drop", egress ? "out" : "in"));
    return name;
  }

  void add_neighbours() {
    put("unchecked", "\"lo\"");
    std::vector<std::string> links;
    if (vpc_.internet_gateway) links.emplace_back("\"igw\"");
    for (const auto& peering : vpc_.peerings) {
      links.push_back(fmt::format("\"{}\"", peering_link_name(peering.id)));
      for (const auto& group : peering.peer_groups)
        for (const auto& address : group.addresses)
          if (const auto set = out_.sets.find(nft_name("members_", group.group_id)); set != out_.sets.end())
            set->second.elements.insert(address);
    }
    for (const auto& link : links) {
      put("unchecked", link);
      put("group_out", link + " : accept");
      put("group_in", link + " : accept");
    }
  }

  void add_base_chains() {
    auto& source = out_.chains["source_check"];
    source.hook = "type filter hook prerouting priority -300; policy drop;";
    for (const auto& cidr : vpc_.cidrs)
      source.rules.push_back(
          fmt::format("iifname \"igw\" ip saddr {} counter name spoofed drop", to_text(*parse_cidr(cidr))));
    source.rules.emplace_back("iifname \"igw\" ip daddr != @public drop");
    for (const auto& peering : vpc_.peerings) {
      const std::string link = peering_link_name(peering.id);
      std::vector<std::string> blocks;
      for (const auto& cidr : peering.peer_cidrs) blocks.push_back(to_text(*parse_cidr(cidr)));
      for (const auto& block : blocks)
        source.rules.push_back(fmt::format("iifname \"{}\" ip saddr {} accept", link, block));
      source.rules.push_back(fmt::format("iifname \"{}\" counter name spoofed drop", link));
    }
    source.rules.emplace_back("iifname @unchecked accept");
    source.rules.emplace_back("iifname . ip saddr @eni_addresses accept");
    source.rules.emplace_back("counter name spoofed drop");

    out_.chains["internet_in"] = {"type nat hook prerouting priority -100; policy accept;",
                                  {"iifname \"igw\" dnat ip to ip daddr map @public_in"}};
    // Behind DNAT, so that an ACL sees private addresses; before the groups. The mark is the source's subnet.
    auto& acls = out_.chains["network_acls"];
    acls = {"type filter hook forward priority -10; policy accept;",
            {"oifname @checked oifname . ip daddr != @eni_addresses counter name misdirected drop"}};
    add_faults(acls, true);
    acls.rules.insert(acls.rules.end(),
                      {"meta mark set iifname map @subnet_of", "oifname . meta mark @subnet_members accept"});
    add_faults(acls, false);
    acls.rules.insert(acls.rules.end(), {"iifname vmap @acl_out", "oifname vmap @acl_in"});
    // `accept` ends one base chain only, so egress and ingress are two: both must agree.
    out_.chains["egress"] = {"type filter hook forward priority -1; policy drop;",
                             {"ct state established,related accept", "iifname vmap @group_out"}};
    out_.chains["ingress"] = {"type filter hook forward priority 0; policy drop;",
                              {"ct state established,related accept", "ct state invalid counter name invalid drop",
                               "oifname vmap @group_in"}};
    out_.chains["internet_out"] = {"type nat hook postrouting priority 100; policy accept;",
                                   {"oifname \"igw\" snat ip to ip saddr map @public_out"}};
    out_.chains["public_only"] = {"type filter hook postrouting priority 200; policy accept;",
                                  {"oifname \"igw\" ip saddr != @public counter name no_public_address drop"}};
    auto& input = out_.chains["input"];
    input = {"type filter hook input priority 0; policy drop;",
             {"iifname \"lo\" accept", "ct state established,related accept", "meta l4proto icmp accept"}};
    for (const auto& address : resolver_addresses(vpc_))
      input.rules.push_back(
          fmt::format("iifname \"e*\" ip daddr {} meta l4proto {{ tcp, udp }} th dport 53 accept", address));
  }

  void add_faults(NftChain& chain, bool inside_subnet) const {
    for (const auto& fault : vpc_.faults) {
      if (fault.inside_subnet != inside_subnet) continue;
      std::set<std::string> links;
      for (const auto& eni : vpc_.enis)
        if (std::find(fault.enis.begin(), fault.enis.end(), eni.id) != fault.enis.end())
          links.insert(fmt::format("\"{}\"", link_name(eni.id)));
      if (links.empty()) continue;
      const std::string loss =
          fault.loss_percent >= 100 ? "" : fmt::format("numgen random mod 100 < {} ", fault.loss_percent);
      std::vector<std::string> blocks;
      for (const auto& peer : fault.peers) blocks.push_back(to_text(*parse_cidr(peer)));
      // The other end is where a packet goes that comes from the interface, and where one comes from that goes to it.
      for (const auto& [side, end] : {std::pair("iifname", "daddr"), std::pair("oifname", "saddr")}) {
        const std::string peers =
            blocks.empty()
                ? ""
                : fmt::format("ip {} {}{{ {} }} ", end, fault.except_peers ? "!= " : "", fmt::join(blocks, ", "));
        chain.rules.push_back(fmt::format("{} {{ {} }} {}meta time < {} {}counter name disturbed drop", side,
                                          fmt::join(links, ", "), peers, fault.until, loss));
      }
    }
  }

  const Vpc& vpc_;
  Ruleset out_;
};

}  // namespace

Ruleset router_ruleset(const Vpc& vpc) { return Router(vpc).build(); }

Ruleset nat_gateway_ruleset(const std::string& address) {
  Ruleset out;
  out.table = "inet stratus";
  out.counters = {"passed_in", "passed_out"};
  out.chains["passed"] = {
      "type filter hook forward priority 0; policy accept;",
      {"ct direction original counter name passed_out", "ct direction reply counter name passed_in"}};
  out.chains["out"] = {"type nat hook postrouting priority 100; policy accept;",
                       {fmt::format("oifname \"eth0\" ip saddr != {} masquerade", address)}};
  out.chains["input"] = {"type filter hook input priority 0; policy drop;",
                         {"iifname \"lo\" accept", "ct state established,related accept"}};
  return out;
}

}  // namespace stratus::network
