#include "stratus/services/fis/fault_request.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"

namespace stratus::services::fis {
namespace {

constexpr Duration kLongest = std::chrono::hours(1);

const std::set<std::string> kKinds = {"kill-task",    "stop-task",   "freeze-task",
                                      "network-loss", "network-cut", "nat-off"};

aws::Error wrong(const std::string& what) { return {"ValidationException", 400, what}; }
aws::Error missing(const std::string& what) { return {"ResourceNotFoundException", 404, what}; }

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// A list that is empty narrows nothing.
bool within(const std::vector<std::string>& list, const std::string& value) {
  return list.empty() || contains(list, value);
}

std::int32_t number(const std::string& name, const std::string& text, std::int32_t least, std::int32_t most) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    throw wrong(name + " wants a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                ", not '" + text + "'");
  return value;
}

void check_kind(const std::string& kind) {
  if (kKinds.count(kind) != 0) return;
  if (kind == "network-latency") throw aws::not_implemented("fault network-latency");
  throw wrong("there is no fault '" + kind + "'; there are " + text::join({kKinds.begin(), kKinds.end()}, ", "));
}

/// Which words go with which kind: a word that would mean nothing is refused rather than ignored.
void check_words(const FaultRequest& request) {
  const std::string& kind = request.kind;
  const bool by_task = !request.tasks.empty() || !request.cluster.empty();
  if (!request.service.empty() && request.cluster.empty()) throw wrong("service wants its cluster too");
  if ((request.count || request.share_percent) && request.cluster.empty())
    throw wrong("count and percent choose among the tasks of a cluster: name it");
  if (request.count && request.share_percent) throw wrong("either count or percent, not both");
  if (!request.tasks.empty() && !request.cluster.empty()) throw wrong("either tasks or a cluster, not both");
  if (kind == "network-loss" && !request.loss_percent) throw wrong("network-loss wants percent: how much is lost");
  if (kind != "network-loss" && request.loss_percent) throw wrong(kind + " takes no loss");
  if (kind != "nat-off" && !request.nat_gateways.empty()) throw wrong("nat-gateway goes with nat-off");
  if (kind == "nat-off" && by_task) throw wrong("nat-off wants nat-gateway, az, subnet or vpc");
  const bool by_place = !request.zones.empty() || !request.subnets.empty() || !request.vpcs.empty();
  if (!request.tasks.empty() && by_place) throw wrong("a task is where it is: az, subnet and vpc do not go with task");
  if (request.inside_subnet && (!is_network(kind) || kind == "nat-off"))
    throw wrong("inside-subnet goes with network-loss and network-cut");
  if (request.inside_subnet && by_task)
    throw wrong("inside-subnet goes with a place: a task's own fault stops all of its packets");
  if (!is_network(kind) && !by_task) throw wrong(kind + " wants task, or cluster and service");
  if (is_network(kind) && !by_task && !by_place && request.nat_gateways.empty())
    throw wrong(
        kind + " wants " +
        (kind == "nat-off" ? "nat-gateway, az, subnet or vpc" : "task, cluster and service, az, subnet or vpc"));
  if (is_instant(kind) && request.lasts) throw wrong(kind + " is over at once: it takes no duration");
  if (!is_instant(kind) && !request.lasts) throw wrong(kind + " wants for: after how many seconds it ends");
}

std::vector<std::string> find_tasks(const FaultRequest& request, const std::vector<TaskTarget>& running,
                                    Random& random) {
  std::vector<std::string> out;
  for (const auto& arn : request.tasks) {
    const bool runs = std::any_of(running.begin(), running.end(), [&](const auto& task) { return task.arn == arn; });
    if (!runs) throw missing("no task " + arn + " runs");
    if (!contains(out, arn)) out.push_back(arn);
  }
  if (!request.tasks.empty()) return out;
  const auto name_in = [](const std::string& text) { return text.substr(text.rfind('/') + 1); };
  for (const auto& task : running) {
    if (task.cluster != name_in(request.cluster)) continue;
    if (!request.service.empty() && task.service != name_in(request.service)) continue;
    if (!within(request.zones, task.zone) || !within(request.subnets, task.subnet_id) ||
        !within(request.vpcs, task.vpc_id))
      continue;
    out.push_back(task.arn);
  }
  if (request.count && out.size() < static_cast<std::size_t>(*request.count))
    throw missing("only " + std::to_string(out.size()) + " such tasks run");
  if (request.share_percent) choose(out, share_of(out.size(), *request.share_percent), random);
  if (request.count) choose(out, static_cast<std::size_t>(*request.count), random);
  if (out.empty()) throw missing("no such task runs");
  return out;
}

}  // namespace

bool is_network(const std::string& kind) { return kind.starts_with("network-") || kind == "nat-off"; }
bool is_instant(const std::string& kind) { return kind == "kill-task" || kind == "stop-task"; }

std::size_t share_of(std::size_t count, std::int32_t percent) {
  return count * static_cast<std::size_t>(percent) / 100;
}

void choose(std::vector<std::string>& targets, std::size_t most, Random& random) {
  while (targets.size() > most)
    targets.erase(targets.begin() + static_cast<std::ptrdiff_t>(random.below(targets.size())));
}

FaultRequest parse_fault_request(const std::vector<std::pair<std::string, std::string>>& fields) {
  FaultRequest out;
  std::string percent;
  for (const auto& [name, value] : fields) {
    if (name == "kind") {
      out.kind = value;
    } else if (name == "account") {
      out.account = value;
    } else if (name == "region") {
      out.region = value;
    } else if (name == "for") {
      out.lasts = std::chrono::seconds(number(name, value, 1, kLongest / std::chrono::seconds(1)));
    } else if (name == "percent") {
      percent = value;
    } else if (name == "count") {
      out.count = number(name, value, 1, 10'000);
    } else if (name == "task") {
      out.tasks.push_back(value);
    } else if (name == "cluster") {
      out.cluster = value;
    } else if (name == "service") {
      out.service = value;
    } else if (name == "az") {
      out.zones.push_back(value);
    } else if (name == "subnet") {
      out.subnets.push_back(value);
    } else if (name == "vpc") {
      out.vpcs.push_back(value);
    } else if (name == "nat-gateway") {
      out.nat_gateways.push_back(value);
    } else if (name == "inside-subnet") {
      if (value != "true" && value != "false") throw wrong(name + " wants true or false, not '" + value + "'");
      out.inside_subnet = value == "true";
    } else {
      throw wrong("there is no option '" + name + "'");
    }
  }
  check_kind(out.kind);
  if (!percent.empty())
    (out.kind == "network-loss" ? out.loss_percent : out.share_percent) = number("percent", percent, 1, 100);
  // A task's ARN tells where it is.
  if (!out.tasks.empty()) {
    const auto arn = Arn::parse(out.tasks.front());
    if (!arn || arn->service != "ecs" || !arn->resource.starts_with("task/"))
      throw wrong("'" + out.tasks.front() + "' is not the ARN of a task");
    out.account = arn->account;
    out.region = arn->region;
  }
  return out;
}

Fault plan_fault(const FaultRequest& request, Tasks& tasks, Network& network, Random& random, Timestamp now) {
  check_kind(request.kind);
  check_words(request);
  Fault out;
  out.kind = request.kind;
  out.account = request.account;
  out.region = request.region;
  out.origin = request.origin;
  out.loss_percent = request.loss_percent.value_or(100);
  out.inside_subnet = request.inside_subnet;
  out.scope = request.scope;
  out.started = now;
  out.until = now + request.lasts.value_or(Duration(0));
  const auto known = network.zones(request.account, request.region);
  for (const auto& zone : request.zones)
    if (!contains(known, zone)) throw missing("there is no availability zone " + zone + " in " + request.region);
  for (const auto& id : request.subnets)
    if (!network.subnet_exists(request.account, request.region, id)) throw missing("there is no subnet " + id);
  for (const auto& id : request.vpcs)
    if (!network.vpc_exists(request.account, request.region, id)) throw missing("there is no VPC " + id);

  if (request.kind == "nat-off") {
    const auto gateways = network.nat_gateways(request.account, request.region);
    for (const auto& id : request.nat_gateways)
      if (std::none_of(gateways.begin(), gateways.end(), [&](const auto& one) { return one.id == id; }))
        throw missing("there is no NAT gateway " + id);
    for (const auto& gateway : gateways)
      if (within(request.nat_gateways, gateway.id) && within(request.zones, gateway.zone) &&
          within(request.subnets, gateway.subnet_id) && within(request.vpcs, gateway.vpc_id))
        out.nat_gateways.push_back(gateway.id);
    if (out.nat_gateways.empty()) throw missing("there is no such NAT gateway");
    out.inside_subnet = true;
    return out;
  }
  if (request.tasks.empty() && request.cluster.empty()) {
    out.zones = request.zones;
    out.subnets = request.subnets;
    out.vpcs = request.vpcs;
    return out;
  }
  const auto running = tasks.running(request.account, request.region);
  out.tasks = find_tasks(request, running, random);
  if (!is_network(request.kind)) return out;
  // All of a task's packets, whoever sits in its subnet.
  out.inside_subnet = true;
  for (const auto& task : running)
    if (contains(out.tasks, task.arn)) out.interfaces.push_back(task.interface_id);
  return out;
}

std::vector<std::string> disturbed(const Fault& fault, const std::string& vpc_id,
                                   const std::vector<InterfaceTarget>& interfaces,
                                   const std::vector<NatGatewayTarget>& gateways) {
  std::vector<std::string> out;
  if (!fault.nat_gateways.empty()) {
    for (const auto& gateway : gateways)
      if (gateway.vpc_id == vpc_id && contains(fault.nat_gateways, gateway.id)) out.push_back(gateway.interface_id);
    return out;
  }
  const bool by_place = !fault.zones.empty() || !fault.subnets.empty() || !fault.vpcs.empty();
  for (const auto& one : interfaces) {
    if (one.vpc_id != vpc_id) continue;
    const bool meant = by_place ? within(fault.zones, one.zone) && within(fault.subnets, one.subnet_id) &&
                                      within(fault.vpcs, one.vpc_id)
                                : contains(fault.interfaces, one.id);
    if (meant) out.push_back(one.id);
  }
  return out;
}

}  // namespace stratus::services::fis
