#include "stratus/dataplane/network/kernel_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/network/namespaces.h"
#include "stratus/dataplane/network/netlink.h"
#include "stratus/dataplane/network/ruleset.h"

namespace stratus::network {
namespace {

constexpr std::uint32_t kInsideMtu = 9001, kInternetMtu = 1500;
constexpr std::uint32_t kMainTable = 254, kInternetTable = 99;
constexpr std::uint32_t kMainPreference = 10, kEniPreference = 100, kLastPreference = 1000;
const std::string kGateway = "169.254.1.1", kRouterEnd = "169.254.2.2", kInternetEnd = "169.254.2.1";

std::uint32_t number_of(const std::string& address) {
  in_addr parsed{};
  inet_pton(AF_INET, address.c_str(), &parsed);
  return ntohl(parsed.s_addr);
}

std::string text_of(std::uint32_t number) {
  const in_addr address{htonl(number)};
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}

/// The host's and the internet's end of the link between them: the pool's last two addresses.
std::pair<std::string, std::string> host_ends(const std::string& pool) {
  const auto slash = pool.find('/');
  const unsigned length = static_cast<unsigned>(std::stoi(pool.substr(slash + 1)));
  const std::uint32_t last = number_of(pool.substr(0, slash)) | (length == 0 ? ~0U : (1U << (32 - length)) - 1U);
  return {text_of(last - 1), text_of(last - 2)};
}

/// Links that exist, for one look before many decisions.
Result<std::set<std::string>> link_names(Netlink& netlink) {
  auto links = netlink.links();
  if (!links) return links.error();
  return std::set<std::string>(links->begin(), links->end());
}

}  // namespace

std::unique_ptr<Network> make_network(Loop& loop, Settings settings) {
  return std::make_unique<KernelNetwork>(loop, std::move(settings));
}

std::vector<std::string> resolver_addresses(const Vpc& vpc) {
  if (vpc.cidrs.empty()) return {"169.254.169.253"};
  return {text_of(number_of(vpc.cidrs[0].substr(0, vpc.cidrs[0].find('/'))) + 2), "169.254.169.253"};
}

Result<UniqueFd> open_listener(const std::string& netns, const std::string& address, std::uint16_t port, bool tcp) {
  UniqueFd fd;
  const auto opened = in_netns(netns, [&]() -> Result<> {
    const std::string what = "listen on " + address + ":" + std::to_string(port) + " in " + netns;
    fd.reset(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return failure(what);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd.get(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(number_of(address));
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) return failure(what);
    if (tcp && ::listen(fd.get(), 128) != 0) return failure(what);
    return {};
  });
  if (!opened) return opened.error();
  return fd;
}

std::vector<std::string> missing_requirements() {
  std::vector<std::string> out;
  if (::geteuid() != 0) {
    out.emplace_back("Network namespaces need root: run it with sudo.");
    return out;
  }
  const std::string path = "/run/netns/stratus-check-" + std::to_string(::getpid());
  if (auto made = ensure_netns(path, true); !made) {
    out.push_back("Network namespaces cannot be made (" + made.error().message() +
                  "): CAP_SYS_ADMIN and CAP_NET_ADMIN are needed.");
  } else {
    const auto worked = in_netns(path, []() -> Result<> {
      auto netlink = Netlink::open();
      if (!netlink) return netlink.error();
      if (auto veth = netlink->add_veth("check0", "check1", -1, 1500); !veth) return veth;
      return run_nftables(
          "table inet check {\n chain c {\n type nat hook postrouting priority srcnat\n oifname \"x\" masquerade\n }\n "
          "chain d {\n type filter hook forward priority 0\n ct state established accept\n }\n}\n");
    });
    if (!worked)
      out.push_back("The kernel lacks veth, nftables, NAT or connection tracking (" + worked.error().message() +
                    "): modprobe -a veth nf_tables nft_chain_nat nft_masq nf_conntrack.");
  }
  if (auto removed = remove_netns(path); !removed) out.push_back(removed.error().message());
  return out;
}

KernelNetwork::KernelNetwork(Loop& loop, Settings settings) : loop_(loop), settings_(std::move(settings)) {}

void KernelNetwork::enqueue(Job job) {
  if (job.desired)
    for (Job& waiting : queue_)
      if (waiting.desired && waiting.vpc_id == job.vpc_id) {
        waiting.desired = std::move(job.desired);
        for (auto& done : job.waiting) waiting.waiting.push_back(std::move(done));
        return;
      }
  queue_.push_back(std::move(job));
  if (!busy_) next();
}

void KernelNetwork::next() {
  if (queue_.empty()) return;
  busy_ = true;
  auto job = std::make_shared<Job>(std::move(queue_.front()));
  queue_.erase(queue_.begin());
  auto result = std::make_shared<Result<>>();
  loop_.run_blocking([this, job, result] { *result = job->desired ? reconcile(*job->desired) : job->work(); },
                     [this, job, result] {
                       busy_ = false;
                       if (!*result)
                         log::warning("network.failed", {{"vpc", job->vpc_id}, {"error", result->error().message()}});
                       for (auto& done : job->waiting)
                         if (done) done(*result);
                       if (!busy_) next();
                     });
}

void KernelNetwork::start(Done done) {
  enqueue({"", std::nullopt, [this] { return set_up_internet(); }, {std::move(done)}});
}
void KernelNetwork::apply(Vpc desired, Done done) {
  std::string id = desired.id;
  enqueue({std::move(id), std::move(desired), nullptr, {std::move(done)}});
}
void KernelNetwork::remove(const std::string& vpc_id, Done done) {
  enqueue({vpc_id, std::nullopt, [this, vpc_id] { return remove_vpc(vpc_id); }, {std::move(done)}});
}
void KernelNetwork::purge(Done done) {
  enqueue({"", std::nullopt, [this] { return remove_all(); }, {std::move(done)}});
}

void KernelNetwork::list(std::function<void(Result<std::vector<std::string>>)> done) {
  std::vector<std::string> out;
  const std::string prefix = settings_.tag + "-";
  for (const auto& name : list_netns(settings_.netns_directory, prefix + "vpc-"))
    out.push_back(name.substr(prefix.size()));
  loop_.post([done = std::move(done), out = std::move(out)] { done(out); });
}

Result<> KernelNetwork::set_up_internet() {
  const std::string path = internet_netns_path();
  if (auto made = ensure_netns(path, true); !made) return made;
  const UniqueFd ns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) return failure("open " + path);
  const auto [host, internet] = host_ends(settings_.public_pool);
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  // First of all: nothing for the pool may ever leave by the host's default route.
  if (auto put = netlink->put_route(
          {.destination = settings_.public_pool, .table = kMainTable, .unreachable = true, .metric = 4096});
      !put)
    return put;
  if (netlink->index_of(host_link()) == 0)
    if (auto added = netlink->add_veth(host_link(), "host", ns.get(), kInternetMtu); !added) return added;
  if (auto put = netlink->add_address(host_link(), host + "/32"); !put) return put;
  if (auto up = netlink->set_up(host_link()); !up) return up;
  const auto inside = in_netns(path, [&, internet = internet, host = host]() -> Result<> {
    auto in = Netlink::open();
    if (!in) return in.error();
    if (auto put = in->add_address("host", internet + "/32"); !put) return put;
    if (auto up = in->set_up("host"); !up) return up;
    if (auto put = in->put_route({.destination = host + "/32", .table = kMainTable, .device = "host"}); !put)
      return put;
    // What no VPC holds is answered, not sent back to the host.
    return in->put_route(
        {.destination = settings_.public_pool, .table = kMainTable, .unreachable = true, .metric = 4096});
  });
  if (!inside) return inside;
  if (auto put = netlink->put_route({.destination = internet + "/32", .table = kMainTable, .device = host_link()});
      !put)
    return put;
  return netlink->put_route({.destination = settings_.public_pool,
                             .table = kMainTable,
                             .gateway = internet,
                             .device = host_link(),
                             .metric = 100});
}

Result<> KernelNetwork::reconcile(const Vpc& vpc) {
  if (auto made = ensure_netns(router_netns_path(vpc.id), true); !made) return made;
  if (auto linked = reconcile_links(vpc); !linked) return linked;
  if (auto linked = reconcile_internet_link(vpc); !linked) return linked;
  // The ruleset comes before routes: a route that opens a way must find the rules that guard it.
  const auto ruled = in_netns(router_netns_path(vpc.id), [&] { return run_nftables(router_ruleset(vpc)); });
  if (!ruled) return ruled;
  if (auto routed = reconcile_routes(vpc); !routed) return routed;
  return remove_strangers(vpc);
}

Result<> KernelNetwork::ensure_eni(const Vpc& vpc, const Eni& eni) {
  const std::string path = netns_path(eni.id), link = link_name(eni.id);
  if (auto made = ensure_netns(path, eni.nat_gateway); !made) return made;
  const UniqueFd ns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) return failure("open " + path);
  const auto outside = in_netns(router_netns_path(vpc.id), [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    if (netlink->index_of(link) == 0)
      if (auto added = netlink->add_veth(link, "eth0", ns.get(), kInsideMtu); !added) return added;
    if (auto put = netlink->add_address(link, kGateway + "/32"); !put) return put;
    if (auto up = netlink->set_up(link); !up) return up;
    for (const auto& address : eni.addresses)
      if (auto put = netlink->put_route({.destination = address + "/32", .table = kMainTable, .device = link}); !put)
        return put;
    return {};
  });
  if (!outside) return outside;
  return in_netns(path, [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    auto existing = netlink->addresses("eth0");
    if (!existing) return existing.error();
    for (const auto& cidr : *existing)
      if (std::find(eni.addresses.begin(), eni.addresses.end(), cidr.substr(0, cidr.find('/'))) == eni.addresses.end())
        if (auto gone = netlink->delete_address("eth0", cidr); !gone) return gone;
    for (const auto& address : eni.addresses)
      if (auto put = netlink->add_address("eth0", address + "/32"); !put) return put;
    if (auto up = netlink->set_up("eth0"); !up) return up;
    if (auto put = netlink->put_route({.destination = kGateway + "/32", .table = kMainTable, .device = "eth0"}); !put)
      return put;
    if (auto put = netlink->put_route(
            {.destination = "0.0.0.0/0", .table = kMainTable, .gateway = kGateway, .device = "eth0"});
        !put)
      return put;
    return eni.nat_gateway ? run_nftables(nat_gateway_ruleset(eni.addresses.at(0))) : Result<>();
  });
}

Result<> KernelNetwork::reconcile_links(const Vpc& vpc) {
  std::set<std::string> wanted;
  for (const auto& eni : vpc.enis) {
    wanted.insert(link_name(eni.id));
    known_[vpc.id].insert(eni.id);
    if (auto ensured = ensure_eni(vpc, eni); !ensured) return ensured;
  }
  return in_netns(router_netns_path(vpc.id), [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    for (const auto& address : resolver_addresses(vpc))
      if (auto put = netlink->add_address("lo", address + "/32"); !put) return put;
    auto links = link_names(*netlink);
    if (!links) return links.error();
    for (const auto& name : *links)
      if (name.starts_with("e") && name.size() == 13 && wanted.count(name) == 0)
        if (auto gone = netlink->delete_link(name); !gone) return gone;
    return {};
  });
}

Result<> KernelNetwork::reconcile_internet_link(const Vpc& vpc) {
  const std::string outer = internet_link_name(vpc.id);
  const UniqueFd router(::open(router_netns_path(vpc.id).c_str(), O_RDONLY | O_CLOEXEC));
  if (!router) return failure("open " + router_netns_path(vpc.id));
  return in_netns(internet_netns_path(), [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    if (!vpc.internet_gateway) return netlink->delete_link(outer);
    if (netlink->index_of(outer) == 0)
      if (auto added = netlink->add_veth(outer, "igw", router.get(), kInternetMtu); !added) return added;
    if (auto put = netlink->add_address(outer, kInternetEnd + "/32"); !put) return put;
    if (auto up = netlink->set_up(outer); !up) return up;
    const auto inner = in_netns(router_netns_path(vpc.id), []() -> Result<> {
      auto in = Netlink::open();
      if (!in) return in.error();
      if (auto put = in->add_address("igw", kRouterEnd + "/32"); !put) return put;
      if (auto up = in->set_up("igw"); !up) return up;
      if (auto put = in->put_route({.destination = kInternetEnd + "/32", .table = kMainTable, .device = "igw"}); !put)
        return put;
      return in->put_route({.destination = "0.0.0.0/0", .table = kInternetTable, .unreachable = true});
    });
    if (!inner) return inner;
    // One route per public address of this VPC, and none that it no longer has.
    std::set<std::string> wanted;
    for (const auto& eni : vpc.enis)
      if (!eni.public_address.empty()) wanted.insert(eni.public_address + "/32");
    auto existing = netlink->routes();
    if (!existing) return existing.error();
    for (const auto& route : *existing)
      if (route.device == outer && wanted.count(route.destination) == 0 && route.table == kMainTable)
        if (auto gone = netlink->delete_route(route); !gone) return gone;
    for (const auto& destination : wanted)
      if (auto put = netlink->put_route(
              {.destination = destination, .table = kMainTable, .gateway = kRouterEnd, .device = outer});
          !put)
        return put;
    return {};
  });
}

Result<> KernelNetwork::reconcile_routes(const Vpc& vpc) {
  std::vector<KernelRoute> wanted;
  std::vector<KernelRule> rules = {{.preference = kMainPreference, .table = kMainTable},
                                   {.preference = kLastPreference, .unreachable = true}};
  if (vpc.internet_gateway)
    rules.push_back({.preference = kEniPreference, .in_device = "igw", .table = kInternetTable});
  std::map<std::string, const RouteTable*> tables;
  for (const auto& table : vpc.route_tables) {
    tables[table.id] = &table;
    const std::uint32_t number = table_number(table.id);
    // What belongs to the VPC and to no ENI of it is unreachable, never sent out by a broader route.
    for (const auto& cidr : vpc.cidrs) wanted.push_back({.destination = cidr, .table = number, .unreachable = true});
    for (const auto& route : table.routes) {
      KernelRoute made{.destination = route.destination, .table = number};
      if (route.target == Route::Target::internet_gateway && vpc.internet_gateway) {
        made.gateway = kInternetEnd;
        made.device = "igw";
      } else if (route.target == Route::Target::eni) {
        const auto eni =
            std::find_if(vpc.enis.begin(), vpc.enis.end(), [&](const Eni& e) { return e.id == route.target_id; });
        if (eni == vpc.enis.end() || eni->addresses.empty()) {
          made.unreachable = true;
        } else {
          made.gateway = eni->addresses[0];
          made.device = link_name(eni->id);
        }
      } else if (route.target == Route::Target::peering) {
        return failure(
            "route " + route.destination + " to peering connection " + route.target_id + ": peering is not implemented",
            EOPNOTSUPP);
      } else {
        made.unreachable = true;  // a blackhole
      }
      wanted.push_back(std::move(made));
    }
  }
  std::map<std::string, std::string> table_of_subnet;
  for (const auto& subnet : vpc.subnets) table_of_subnet[subnet.id] = subnet.route_table_id;
  std::set<std::string> addresses;
  for (const auto& eni : vpc.enis) {
    for (const auto& address : eni.addresses) addresses.insert(address + "/32");
    if (const auto table = table_of_subnet.find(eni.subnet_id); table != table_of_subnet.end())
      rules.push_back(
          {.preference = kEniPreference, .in_device = link_name(eni.id), .table = table_number(table->second)});
  }
  return in_netns(router_netns_path(vpc.id), [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    auto existing = netlink->routes();
    if (!existing) return existing.error();
    for (const auto& route : *existing) {
      if (route.table == kMainTable) {
        // /32 routes of addresses that went, whichever link they point to.
        if (route.device.starts_with("e") && addresses.count(route.destination) == 0)
          if (auto gone = netlink->delete_route(route); !gone) return gone;
        continue;
      }
      if (route.table < 1000) continue;
      if (std::find(wanted.begin(), wanted.end(), route) == wanted.end())
        if (auto gone = netlink->delete_route(route); !gone) return gone;
    }
    for (const auto& route : wanted)
      if (std::find(existing->begin(), existing->end(), route) == existing->end())
        if (auto put = netlink->put_route(route); !put) return put;
    auto present = netlink->rules();
    if (!present) return present.error();
    for (const auto& rule : rules)
      if (std::find(present->begin(), present->end(), rule) == present->end())
        if (auto added = netlink->add_rule(rule); !added) return added;
    for (const auto& rule : *present)
      if (rule.preference != 0 && std::find(rules.begin(), rules.end(), rule) == rules.end())
        if (auto gone = netlink->delete_rule(rule); !gone) return gone;
    return {};
  });
}

Result<> KernelNetwork::remove_strangers(const Vpc& vpc) {
  auto& known = known_[vpc.id];
  std::set<std::string> wanted;
  for (const auto& eni : vpc.enis) wanted.insert(eni.id);
  for (const auto& id : known)
    if (wanted.count(id) == 0)
      if (auto gone = remove_netns(netns_path(id)); !gone) return gone;
  known = std::move(wanted);
  return {};
}

Result<> KernelNetwork::remove_vpc(const std::string& vpc_id) {
  const auto unlinked = in_netns(internet_netns_path(), [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    return netlink->delete_link(internet_link_name(vpc_id));
  });
  if (!unlinked) return unlinked;
  for (const auto& id : known_[vpc_id])
    if (auto gone = remove_netns(netns_path(id)); !gone) return gone;
  known_.erase(vpc_id);
  return remove_netns(router_netns_path(vpc_id));
}

Result<> KernelNetwork::remove_all() {
  for (const auto& name : list_netns(settings_.netns_directory, settings_.tag + "-"))
    if (auto gone = remove_netns(settings_.netns_directory + "/" + name); !gone) return gone;
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  if (auto gone = netlink->delete_link(host_link()); !gone) return gone;
  known_.clear();
  return netlink->delete_route(
      {.destination = settings_.public_pool, .table = kMainTable, .unreachable = true, .metric = 4096});
}

}  // namespace stratus::network
