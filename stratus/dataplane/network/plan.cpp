#include "stratus/dataplane/network/plan.h"

#include <algorithm>
#include <map>

#include "stratus/dataplane/network/address.h"
#include "stratus/dataplane/network/names.h"

namespace stratus::network {
namespace {

constexpr std::uint32_t kMainPreference = 10, kEniPreference = 100, kLastPreference = 1000;
constexpr std::uint32_t kPoolMetric = 100, kUnreachableMetric = 4096;
const std::string kGateway = "169.254.1.1", kRouterEnd = "169.254.2.2", kInternetEnd = "169.254.2.1";

/// Both ends of a peering link; the lower VPC id has the first.
std::string peering_end(const std::string& vpc, const std::string& other) {
  return vpc < other ? "169.254.3.1" : "169.254.3.2";
}

/// Where a route of a route table leads.
KernelRoute compile(const Vpc& vpc, const Route& route, std::uint32_t table, const std::set<std::string>& links) {
  KernelRoute out{.destination = to_text(*parse_cidr(route.destination)), .table = table};
  if (route.target == Route::Target::internet_gateway && vpc.internet_gateway) {
    out.gateway = kInternetEnd;
    out.device = "igw";
  } else if (route.target == Route::Target::eni) {
    const auto eni =
        std::find_if(vpc.enis.begin(), vpc.enis.end(), [&](const Eni& e) { return e.id == route.target_id; });
    if (eni != vpc.enis.end()) {
      out.gateway = eni->addresses[0];
      out.device = link_name(eni->id);
    }
  } else if (route.target == Route::Target::peering) {
    const auto peering = std::find_if(vpc.peerings.begin(), vpc.peerings.end(),
                                      [&](const Peering& p) { return p.id == route.target_id; });
    if (peering != vpc.peerings.end() && links.count(peering_link_name(peering->id)) != 0) {
      out.gateway = peering_end(peering->peer_vpc_id, vpc.id);
      out.device = peering_link_name(peering->id);
    }
  }
  out.unreachable = out.device.empty();  // a blackhole, or a target that is gone
  return out;
}

template <class T>
std::vector<T> missing(std::vector<T> wanted, std::vector<T> present) {
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::sort(present.begin(), present.end());
  std::vector<T> out;
  std::set_difference(wanted.begin(), wanted.end(), present.begin(), present.end(), std::back_inserter(out));
  return out;
}

}  // namespace

NetnsState router_state(const Vpc& vpc, const std::set<std::string>& links) {
  NetnsState out;
  out.rules = {{.preference = kMainPreference, .table = kMainTable},
               {.preference = kLastPreference, .unreachable = true}};
  for (const auto& address : resolver_addresses(vpc)) out.addresses.emplace("lo", address + "/32");
  if (vpc.internet_gateway) {
    out.addresses.emplace("igw", kRouterEnd + "/32");
    out.routes.push_back({.destination = kInternetEnd + "/32", .table = kMainTable, .device = "igw"});
  }
  for (const auto& peering : vpc.peerings)
    if (const auto link = peering_link_name(peering.id); links.count(link) != 0)
      out.addresses.emplace(link, peering_end(vpc.id, peering.peer_vpc_id) + "/32");
  for (const auto& table : vpc.route_tables) {
    std::map<std::string, KernelRoute> routes;  // by destination: a table has one route to each
    // What belongs to the VPC and to no ENI of it is unreachable, never sent out by a broader route.
    for (const auto& cidr : vpc.cidrs) {
      const std::string block = to_text(*parse_cidr(cidr));
      routes[block] = {.destination = block, .table = table_number(table.id), .unreachable = true};
    }
    for (const auto& route : table.routes) {
      if (is_ipv6(route.destination)) continue;
      auto compiled = compile(vpc, route, table_number(table.id), links);
      routes.emplace(compiled.destination, compiled);
    }
    for (auto& [destination, route] : routes) out.routes.push_back(std::move(route));
  }
  std::map<std::string, std::string> table_of_subnet;
  for (const auto& subnet : vpc.subnets) table_of_subnet[subnet.id] = subnet.route_table_id;
  for (const auto& eni : vpc.enis) {
    const std::string link = link_name(eni.id);
    out.addresses.emplace(link, kGateway + "/32");
    for (const auto& address : eni.addresses)
      out.routes.push_back({.destination = address + "/32", .table = kMainTable, .device = link});
    out.rules.push_back(
        {.preference = kEniPreference, .in_device = link, .table = table_number(table_of_subnet[eni.subnet_id])});
  }
  return out;
}

NetnsState eni_state(const Eni& eni) {
  NetnsState out;
  for (const auto& address : eni.addresses) out.addresses.emplace("eth0", address + "/32");
  out.routes = {{.destination = kGateway + "/32", .table = kMainTable, .device = "eth0"},
                {.destination = "0.0.0.0/0", .table = kMainTable, .gateway = kGateway, .device = "eth0"}};
  return out;
}

NetnsState internet_state(const Vpc& vpc) {
  NetnsState out;
  if (!vpc.internet_gateway) return out;
  const std::string link = internet_link_name(vpc.id);
  out.addresses.emplace(link, kInternetEnd + "/32");
  for (const auto& eni : vpc.enis)
    if (!eni.public_address.empty())
      out.routes.push_back(
          {.destination = eni.public_address + "/32", .table = kMainTable, .gateway = kRouterEnd, .device = link});
  return out;
}

std::pair<std::string, std::string> host_ends(const std::string& pool) {
  const Ipv4 last = parse_cidr(pool)->last();
  return {to_text(last - 1), to_text(last - 2)};
}

std::string endpoint_address(const std::string& pool) { return to_text(parse_cidr(pool)->last() - 3); }

std::string host_link_name(const Settings& settings) { return settings.tag + "-inet"; }

NetnsState host_state(const Settings& settings) {
  const auto [host, internet] = host_ends(settings.public_pool);
  const std::string pool = to_text(*parse_cidr(settings.public_pool)), link = host_link_name(settings);
  NetnsState out;
  out.addresses.emplace(link, host + "/32");
  out.routes = {{.destination = internet + "/32", .table = kMainTable, .device = link},
                {.destination = pool, .table = kMainTable, .metric = kPoolMetric, .gateway = internet, .device = link},
                {.destination = pool, .table = kMainTable, .metric = kUnreachableMetric, .unreachable = true}};
  return out;
}

NetnsState internet_host_state(const Settings& settings) {
  const auto [host, internet] = host_ends(settings.public_pool);
  NetnsState out;
  out.addresses.emplace("host", internet + "/32");
  // What no VPC holds is answered, not sent back to the host.
  out.routes = {{.destination = host + "/32", .table = kMainTable, .device = "host"},
                {.destination = to_text(*parse_cidr(settings.public_pool)),
                 .table = kMainTable,
                 .metric = kUnreachableMetric,
                 .unreachable = true}};
  if (settings.uplink)
    out.routes.push_back({.destination = "0.0.0.0/0", .table = kMainTable, .gateway = host, .device = "host"});
  return out;
}

Changes difference(const NetnsState& desired, const NetnsState& actual) {
  Changes out;
  std::set_difference(actual.addresses.begin(), actual.addresses.end(), desired.addresses.begin(),
                      desired.addresses.end(), std::back_inserter(out.remove_addresses));
  std::set_difference(desired.addresses.begin(), desired.addresses.end(), actual.addresses.begin(),
                      actual.addresses.end(), std::back_inserter(out.add_addresses));
  out.put_routes = missing(desired.routes, actual.routes);
  // The kernel replaces a route of the same key in place, so that no packet falls between; others go first.
  const auto key = [](const KernelRoute& route) { return std::tuple(route.table, route.destination, route.metric); };
  std::map<std::tuple<std::uint32_t, std::string, std::uint32_t>, int> present;
  for (const auto& route : actual.routes) ++present[key(route)];
  std::set<std::tuple<std::uint32_t, std::string, std::uint32_t>> replaced;
  for (const auto& route : out.put_routes) replaced.insert(key(route));
  for (const auto& route : missing(actual.routes, desired.routes))
    if (replaced.count(key(route)) == 0 || present[key(route)] > 1) out.remove_routes.push_back(route);
  out.add_rules = missing(desired.rules, actual.rules);
  out.remove_rules = missing(actual.rules, desired.rules);
  return out;
}

std::set<std::string> addresses_that_left(const Changes& changes) {
  std::set<std::string> out;
  for (const auto& route : changes.remove_routes)
    if (route.table == kMainTable && route.destination.ends_with("/32"))
      out.insert(route.destination.substr(0, route.destination.find('/')));
  return out;
}

std::set<std::string> addresses_that_left(const Vpc& before, const Vpc& after) {
  const auto pairs = [](const Vpc& vpc) {
    std::set<std::pair<std::string, std::string>> out;
    for (const auto& eni : vpc.enis) {
      for (const auto& address : eni.addresses) out.emplace(address, eni.id);
      if (!eni.public_address.empty()) out.emplace(eni.public_address, eni.id + " " + eni.addresses[0]);
    }
    return out;
  };
  const auto now = pairs(after);
  std::set<std::string> out;
  for (const auto& pair : pairs(before))
    if (now.count(pair) == 0) out.insert(pair.first);
  return out;
}

}  // namespace stratus::network
