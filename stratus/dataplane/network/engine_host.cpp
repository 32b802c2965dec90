// The engine's part outside the VPCs: the `internet` namespace, the host's link to it, the uplink, and taking all of it
// away.
#include <fmt/format.h>

#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/network/address.h"
#include "stratus/dataplane/network/converge.h"
#include "stratus/dataplane/network/engine.h"
#include "stratus/dataplane/network/namespaces.h"
#include "stratus/dataplane/network/validate.h"

namespace stratus::network {
namespace {

constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";

/// The `internet` namespace answers pings, has the endpoints and forwards. VPCs open flows to the host's side only
/// through the uplink, and never to the host.
Ruleset internet_ruleset(const Settings& settings) {
  Ruleset out;
  out.table = "inet stratus";
  const std::string target = settings.uplink ? fmt::format("ip daddr {} ", host_ends(settings.public_pool).first) : "";
  out.chains["forward"] = {"type filter hook forward priority 0; policy accept;",
                           {"ct state established,related accept", fmt::format("oifname \"host\" {}drop", target)}};
  out.chains["input"] = {
      "type filter hook input priority 0; policy drop;",
      {"iifname \"lo\" accept", "ct state established,related accept", "meta l4proto icmp accept",
       fmt::format("ip daddr {} tcp dport {{ 80, 443 }} accept", endpoint_address(settings.public_pool))}};
  return out;
}

std::string uplink_table(const Settings& settings) {
  std::string name = "inet stratus_" + settings.tag;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

/// On the host: VPCs get out masqueraded, to nothing of the host itself; nobody but the host gets in.
Ruleset uplink_ruleset(const Settings& settings, bool was_forwarding) {
  const std::string link = host_link_name(settings), pool = to_text(*parse_cidr(settings.public_pool));
  Ruleset out;
  out.table = uplink_table(settings);
  out.chains["input"] = {"type filter hook input priority 0; policy accept;",
                         {fmt::format("iifname \"{}\" ct state new meta l4proto != icmp drop", link)}};
  out.chains["forward"] = {"type filter hook forward priority 0; policy accept;",
                           {fmt::format("oifname \"{}\" ct state new drop", link)}};
  out.chains["leaving"] = {"type nat hook postrouting priority 100; policy accept;",
                           {fmt::format("oifname != \"{}\" ip saddr {} masquerade", link, pool)}};
  // `purge`, maybe of a later process, puts the host's forwarding back.
  if (!was_forwarding) out.chains["forwarding_was_off"] = {};
  return out;
}

}  // namespace

std::vector<std::string> Engine::pinned() const {
  std::vector<std::string> out;
  const std::string prefix = settings_.tag + "-";
  for (const auto& name : list_netns(settings_.netns_directory, prefix)) {
    const std::string id = name.substr(prefix.size());
    // Another instance's tag may begin with ours and a dash.
    if (id == "internet" || id.starts_with("vpc-") || id.starts_with("eni-")) out.push_back(id);
  }
  return out;
}

Result<> Engine::start_here() {
  if (auto valid = validate(settings_); !valid) return valid;
  const std::string path = path_of("internet"), link = host_link_name(settings_),
                    pool = to_text(*parse_cidr(settings_.public_pool));
  auto host = Netlink::open();
  if (!host) return host.error();
  // First of all: nothing for the pool may ever leave by the host's default route.
  if (auto put = host->put_route(host_state(settings_).routes.back()); !put) return put;
  const bool fresh = !netns_exists(path);
  if (fresh)
    if (auto made = create_netns(path, true, "internet"); !made) return made;
  const auto netns = open_netns(path);
  if (!netns) return netns.error();
  const auto done = inside(netns->get(), [&]() -> Result<> {
    auto internet = Netlink::open();
    if (!internet) return internet.error();
    if (auto set = configure_netns(true); !set) return set;
    if (auto table = write_table(internet_ruleset(settings_), std::nullopt); !table) return table.error();
    if (internet->index_of("host") == 0 || host->index_of(link) == 0) {
      if (auto gone = host->delete_link(link); !gone) return gone;
      if (auto gone = internet->delete_link("host"); !gone) return gone;
      if (auto added = host->add_veth({link, "host", netns->get(), kInternetMtu, ""}); !added) return added;
    }
    if (auto up = host->set_up(link, kInternetMtu); !up) return up;
    if (auto up = internet->set_up("host", kInternetMtu); !up) return up;
    auto changed = converge(*internet, internet_host_state(settings_), {{"host"}, {"host"}, false, pool});
    if (!changed) return changed.error();
    return {};
  });
  if (!done) return done;
  if (auto changed = converge(*host, host_state(settings_), {{link}, {link}, false, pool}); !changed)
    return changed.error();
  if (auto uplink = settings_.uplink ? open_uplink() : close_uplink(); !uplink) return uplink;

  // What an earlier process left: every namespace tells whose it is. One without an eth0 may still be some container's,
  // so it stays.
  for (const auto& id : pinned()) {
    if (!id.starts_with("eni-") || !netns_exists(path_of(id))) continue;
    const auto eni = open_netns(path_of(id));
    if (!eni) return eni.error();
    const auto read = inside(eni->get(), [&]() -> Result<> {
      auto own = Netlink::open();
      if (!own) return own.error();
      auto links = own->links();
      if (!links) return links.error();
      enis_[(*links)["lo"].alias].insert(id);
      return {};
    });
    if (!read) return read;
  }
  return {};
}

Result<> Engine::open_uplink() {
  const auto forwarding = read_file(kForwarding);
  if (!forwarding) return forwarding.error();
  const bool earlier = list_table(uplink_table(settings_)).count("chain forwarding_was_off") != 0;
  const bool was_forwarding = !earlier && text::trim(*forwarding) == "1";
  if (auto table = write_table(uplink_ruleset(settings_, was_forwarding), std::nullopt); !table) return table.error();
  return write_sysctl(kForwarding, "1");
}

Result<> Engine::close_uplink() {
  const auto table = list_table(uplink_table(settings_));
  if (table.empty()) return {};
  if (table.count("chain forwarding_was_off") != 0)
    if (auto off = write_sysctl(kForwarding, "0"); !off) return off;
  return run_nftables("delete table " + uplink_table(settings_) + "\n");
}

Result<> Engine::purge_here() {
  written_.clear();
  enis_.clear();
  const auto all = pinned();
  for (const auto& id : all)
    if (!id.starts_with("eni-") && netns_exists(path_of(id)))
      if (auto gone = delete_links(path_of(id)); !gone) return gone;
  for (const auto& id : all)
    if (auto gone = remove_netns(path_of(id)); !gone) return gone;
  if (auto closed = close_uplink(); !closed) return closed;
  auto host = Netlink::open();
  if (!host) return host.error();
  if (auto gone = host->delete_link(host_link_name(settings_)); !gone) return gone;
  return host->delete_route(host_state(settings_).routes.back());
}

}  // namespace stratus::network
