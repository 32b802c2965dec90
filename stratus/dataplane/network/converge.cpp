#include "stratus/dataplane/network/converge.h"

#include "stratus/dataplane/network/namespaces.h"

namespace stratus::network {
namespace {

Result<NetnsState> read_back(Netlink& netlink, const Extent& extent) {
  NetnsState out;
  auto addresses = netlink.addresses();
  if (!addresses) return addresses.error();
  for (const auto& [device, cidr] : *addresses)
    if (!cidr.starts_with("127.") && (extent.address_devices.empty() || extent.address_devices.count(device) != 0))
      out.addresses.emplace(device, cidr);
  auto routes = netlink.routes();
  if (!routes) return routes.error();
  for (auto& route : *routes) {
    const bool of_device = route.table == kMainTable && extent.route_devices.count(route.device) != 0;
    const bool of_pool = !extent.pool.empty() && route.table == kMainTable && route.destination == extent.pool;
    if (extent.route_devices.empty() || of_device || of_pool) out.routes.push_back(std::move(route));
  }
  if (!extent.rules) return out;
  auto rules = netlink.rules();
  if (!rules) return rules.error();
  for (auto& rule : *rules)
    if (rule.preference != 0) out.rules.push_back(std::move(rule));  // 0 looks up local addresses
  return out;
}

}  // namespace

Result<Changes> converge(Netlink& netlink, const NetnsState& desired, const Extent& extent) {
  auto actual = read_back(netlink, extent);
  if (!actual) return actual.error();
  auto changes = difference(desired, *actual);
  for (const auto& route : changes.remove_routes)
    if (auto done = netlink.delete_route(route); !done) return done.error();
  for (const auto& [device, cidr] : changes.remove_addresses)
    if (auto done = netlink.delete_address(device, cidr); !done) return done.error();
  for (const auto& [device, cidr] : changes.add_addresses)
    if (auto done = netlink.add_address(device, cidr); !done) return done.error();
  for (const auto& route : changes.put_routes)
    if (auto done = netlink.put_route(route); !done) return done.error();
  for (const auto& rule : changes.add_rules)
    if (auto done = netlink.add_rule(rule); !done) return done.error();
  for (const auto& rule : changes.remove_rules)
    if (auto done = netlink.delete_rule(rule); !done) return done.error();
  return changes;
}

Result<> delete_links(const std::string& path) {
  const auto netns = open_netns(path);
  if (!netns) return netns.error();
  return inside(netns->get(), []() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    auto links = netlink->links();
    if (!links) return links.error();
    for (const auto& [name, link] : *links)
      if (name != "lo")
        if (auto gone = netlink->delete_link(name); !gone) return gone;
    return {};
  });
}

}  // namespace stratus::network
