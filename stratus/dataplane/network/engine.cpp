#include "stratus/dataplane/network/engine.h"

#include <algorithm>

#include "stratus/core/log.h"
#include "stratus/dataplane/network/conntrack.h"
#include "stratus/dataplane/network/converge.h"
#include "stratus/dataplane/network/names.h"
#include "stratus/dataplane/network/namespaces.h"
#include "stratus/dataplane/network/validate.h"

namespace stratus::network {

/// One apply: the model, what was known before, and the open router.
struct Engine::Pass {
  const Vpc& vpc;
  const Written* last = nullptr;
  bool thorough = true;  ///< look into every ENI's namespace
  UniqueFd router_netns;
  std::optional<Netlink> router;
  std::map<std::string, KernelLink> links;  ///< of the router
  WrittenTable table;
  std::set<std::string> left;  ///< addresses whose flows end
  bool new_peering = false;
};

Result<> Engine::start() {
  return on_own_thread([this] { return start_here(); });
}
Result<> Engine::apply(const Vpc& vpc) {
  return on_own_thread([&] { return apply_here(vpc); });
}
Result<> Engine::remove(const std::string& vpc_id) {
  return on_own_thread([&] { return remove_here(vpc_id); });
}
Result<> Engine::purge() {
  return on_own_thread([this] { return purge_here(); });
}

Result<> Engine::apply_here(const Vpc& vpc) {
  if (auto valid = validate(vpc); !valid) return valid;
  const auto known = written_.find(vpc.id);
  Pass pass{vpc};
  if (known != written_.end()) {
    pass.last = &known->second;
    // A model that brings nothing new asks for a look everywhere.
    pass.thorough = known->second.model == vpc;
  }
  const auto work = [&]() -> Result<> {
    // The rules come before the ways that they guard.
    for (const auto step : {&Engine::ensure_router, &Engine::remove_what_left})
      if (auto done = (this->*step)(pass); !done) return done;
    for (const auto& eni : vpc.enis)
      if (auto done = ensure_eni(pass, eni); !done) return done;
    for (const auto step : {&Engine::ensure_internet_link, &Engine::ensure_peerings, &Engine::ensure_router_state,
                            &Engine::ensure_internet_state, &Engine::end_flows})
      if (auto done = (this->*step)(pass); !done) return done;
    return refresh_peers(pass);
  };
  auto done = work();
  if (done) {
    written_[vpc.id] = {vpc, std::move(pass.table)};
  } else {
    written_.erase(vpc.id);
  }
  return done;
}

Result<> Engine::ensure_router(Pass& pass) {
  const std::string path = path_of(pass.vpc.id);
  const bool fresh = !netns_exists(path);
  if (fresh) {
    if (auto made = create_netns(path, true, pass.vpc.id); !made) return made;
    pass.last = nullptr;
    pass.thorough = true;
  }
  auto netns = open_netns(path);
  if (!netns) return netns.error();
  pass.router_netns = std::move(*netns);
  return inside(pass.router_netns.get(), [&]() -> Result<> {
    auto router = Netlink::open();
    if (!router) return router.error();
    pass.router.emplace(std::move(*router));
    if (pass.thorough && !fresh) {
      if (auto set = configure_netns(true); !set) return set;
      if (auto up = pass.router->set_up("lo"); !up) return up;
    }
    auto table =
        write_table(router_ruleset(pass.vpc), pass.last != nullptr ? std::optional(pass.last->table) : std::nullopt);
    if (!table) return table.error();
    pass.table = std::move(*table);
    auto links = pass.router->links();
    if (!links) return links.error();
    pass.links = std::move(*links);
    return {};
  });
}

Result<> Engine::remove_what_left(Pass& pass) {
  std::set<std::string> enis, links;
  for (const auto& eni : pass.vpc.enis) enis.insert(eni.id), links.insert(link_name(eni.id));
  for (const auto& peering : pass.vpc.peerings) links.insert(peering_link_name(peering.id));
  if (pass.vpc.internet_gateway) links.insert("igw");
  for (auto link = pass.links.begin(); link != pass.links.end();) {
    if (!is_our_link(link->first) || links.count(link->first) != 0) {
      ++link;
      continue;
    }
    if (auto gone = pass.router->delete_link(link->first); !gone) return gone;
    link = pass.links.erase(link);
  }
  const auto pinned_before = enis_[pass.vpc.id];
  for (const auto& id : pinned_before)
    if (enis.count(id) == 0)
      if (auto gone = remove_eni(pass.vpc.id, id); !gone) return gone;
  if (pass.last != nullptr) pass.left = addresses_that_left(pass.last->model, pass.vpc);
  return {};
}

Result<> Engine::remove_eni(const std::string& vpc_id, const std::string& eni_id) {
  if (auto gone = remove_netns(path_of(eni_id)); !gone) return gone;
  enis_[vpc_id].erase(eni_id);
  return {};
}

Result<> Engine::ensure_eni(Pass& pass, const Eni& eni) {
  const std::string path = path_of(eni.id), link = link_name(eni.id);
  const bool fresh = !netns_exists(path);
  if (fresh)
    if (auto made = create_netns(path, eni.nat_gateway, pass.vpc.id); !made) return made;
  enis_[pass.vpc.id].insert(eni.id);
  const auto present = pass.links.find(link);
  const bool sound = !fresh && present != pass.links.end() && present->second.up && present->second.mtu == kInsideMtu;
  if (sound && !pass.thorough && pass.last != nullptr) {
    const auto& before = pass.last->model.enis;
    if (std::find(before.begin(), before.end(), eni) != before.end()) return {};
  }
  const auto netns = open_netns(path);
  if (!netns) return netns.error();
  return inside(netns->get(), [&]() -> Result<> {
    auto own = Netlink::open();
    if (!own) return own.error();
    if (!fresh) {
      if (auto set = configure_netns(eni.nat_gateway); !set) return set;
      if (auto up = own->set_up("lo"); !up) return up;
    }
    const unsigned eth0 = own->index_of("eth0");
    if (present == pass.links.end() || eth0 == 0) {
      // One end without the other belongs to something that is gone.
      if (auto gone = pass.router->delete_link(link); !gone) return gone;
      if (eth0 != 0)
        if (auto gone = own->delete_link("eth0"); !gone) return gone;
      const VethPair pair{link, "eth0", netns->get(), kInsideMtu, eni.mac};
      if (auto added = pass.router->add_veth(pair); !added) return added;
    } else if (!sound) {
      if (auto up = pass.router->set_up(link, kInsideMtu); !up) return up;
    }
    if (auto up = own->set_up("eth0", kInsideMtu); !up) return up;
    auto done = converge(*own, eni_state(eni), {{"eth0"}, {"eth0"}, false});
    if (!done) return done.error();
    if (!eni.nat_gateway) return {};
    auto table = write_table(nat_gateway_ruleset(eni.addresses[0]), std::nullopt);
    if (!table) return table.error();
    return {};
  });
}

Result<> Engine::ensure_internet_link(Pass& pass) {
  if (!pass.vpc.internet_gateway) return {};  // the router's end is gone, and the other with it
  const auto present = pass.links.find("igw");
  if (present != pass.links.end() && present->second.up && present->second.mtu == kInternetMtu) return {};
  if (present != pass.links.end()) return pass.router->set_up("igw", kInternetMtu);
  const auto internet = open_netns(path_of("internet"));
  if (!internet) return internet.error();
  return inside(internet->get(), [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    const std::string link = internet_link_name(pass.vpc.id);
    if (auto gone = netlink->delete_link(link); !gone) return gone;
    return pass.router->add_veth({"igw", link, internet->get(), kInternetMtu, ""});
  });
}

Result<> Engine::ensure_peerings(Pass& pass) {
  for (const auto& peering : pass.vpc.peerings) {
    const std::string link = peering_link_name(peering.id), path = path_of(peering.peer_vpc_id);
    if (pass.links.count(link) != 0 || !netns_exists(path)) continue;
    const auto peer = open_netns(path);
    if (!peer) return peer.error();
    const auto added = inside(peer->get(), [&]() -> Result<> {
      auto netlink = Netlink::open();
      if (!netlink) return netlink.error();
      if (auto gone = netlink->delete_link(link); !gone) return gone;
      if (auto made = pass.router->add_veth({link, link, peer->get(), kInsideMtu, ""}); !made) return made;
      return netlink->set_up(link);
    });
    if (!added) return added;
    pass.links[link] = {.index = 0, .up = true, .mtu = kInsideMtu, .alias = ""};
    pass.new_peering = true;
  }
  return {};
}

Result<> Engine::ensure_router_state(Pass& pass) {
  std::set<std::string> links;
  for (const auto& [name, link] : pass.links) links.insert(name);
  auto changes = converge(*pass.router, router_state(pass.vpc, links), {{}, {}, true});
  if (!changes) return changes.error();
  pass.left.merge(addresses_that_left(*changes));
  return {};
}

Result<> Engine::ensure_internet_state(Pass& pass) {
  const auto internet = open_netns(path_of("internet"));
  if (!internet) return internet.error();
  return inside(internet->get(), [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    const std::string link = internet_link_name(pass.vpc.id);
    const unsigned index = netlink->index_of(link);
    if (!pass.vpc.internet_gateway) return index == 0 ? Result<>() : netlink->delete_link(link);
    if (auto up = netlink->set_up(link, kInternetMtu); !up) return up;
    auto changes = converge(*netlink, internet_state(pass.vpc), {{link}, {link}, false});
    if (!changes) return changes.error();
    pass.left.merge(addresses_that_left(*changes));
    return {};
  });
}

Result<> Engine::end_flows(Pass& pass) {
  if (pass.last != nullptr && pass.left.empty()) return {};
  const FlowPolicy policy(pass.vpc, pass.left);
  const auto ended = inside(pass.router_netns.get(), [&]() -> Result<> {
    auto count = delete_flows([&](const Flow& flow) { return policy.ends(flow); });
    if (!count) return count.error();
    if (*count != 0) log::debug("network.flows_ended", {{"vpc", pass.vpc.id}, {"count", *count}});
    return {};
  });
  if (!ended) return ended;
  // A NAT gateway remembers its clients by their private addresses.
  const auto left = [&](const Flow& flow) {
    return pass.left.count(to_text(flow.source)) != 0 || pass.left.count(to_text(flow.reply_source)) != 0;
  };
  for (const auto& eni : pass.vpc.enis) {
    if (!eni.nat_gateway || pass.left.empty()) continue;
    const auto netns = open_netns(path_of(eni.id));
    if (!netns) return netns.error();
    const auto done = inside(netns->get(), [&]() -> Result<> {
      auto count = delete_flows(left);
      if (!count) return count.error();
      return {};
    });
    if (!done) return done;
  }
  return {};
}

Result<> Engine::refresh_peers(const Pass& pass) {
  if (!pass.new_peering) return {};
  for (const auto& peering : pass.vpc.peerings) {
    const auto peer = written_.find(peering.peer_vpc_id);
    if (peer == written_.end() || !netns_exists(path_of(peering.peer_vpc_id))) continue;
    const auto netns = open_netns(path_of(peering.peer_vpc_id));
    if (!netns) return netns.error();
    const auto done = inside(netns->get(), [&]() -> Result<> {
      auto netlink = Netlink::open();
      if (!netlink) return netlink.error();
      auto links = netlink->links();
      if (!links) return links.error();
      std::set<std::string> names;
      for (const auto& [name, link] : *links) names.insert(name);
      auto changes = converge(*netlink, router_state(peer->second.model, names), {{}, {}, true});
      if (!changes) return changes.error();
      return {};
    });
    if (!done) return done;
  }
  return {};
}

Result<> Engine::remove_here(const std::string& vpc_id) {
  written_.erase(vpc_id);
  const std::string path = path_of(vpc_id);
  // A socket that is still open inside keeps a namespace alive after its name: its links go first.
  if (netns_exists(path))
    if (auto gone = delete_links(path); !gone) return gone;
  const auto pinned_before = enis_[vpc_id];
  for (const auto& id : pinned_before)
    if (auto gone = remove_eni(vpc_id, id); !gone) return gone;
  enis_.erase(vpc_id);
  return remove_netns(path);
}

}  // namespace stratus::network
