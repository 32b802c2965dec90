#include "stratus/services/fis/faults.h"

#include <algorithm>
#include <memory>

#include "stratus/core/log.h"

namespace stratus::services::fis {
namespace {

constexpr Duration kKept = std::chrono::hours(24);
constexpr const char* kStopReason = "Task stopped by fault injection";

state::Key key_of(const Fault& fault) { return {fault.account, fault.region, fault.id}; }

}  // namespace

Faults::Faults(Loop& loop, state::Store& store, Random& random, Tasks& tasks, Network& network)
    : Reconciler(loop, "faults", std::chrono::seconds(10)),
      loop_(loop),
      store_(store),
      random_(random),
      tasks_(tasks),
      network_(network),
      faults_(store, "fis_faults") {}

void Faults::start() { Reconciler::start(); }

std::string Faults::begin(const FaultRequest& request) {
  Fault fault = plan_fault(request, tasks_, network_, random_, loop_.clock().now());
  fault.id = random_.ec2_id("fault");
  const state::Key key = key_of(fault);
  store_.call([&] {
    faults_.put(key, fault);
    store_.after_commit([this] { wake(); });
  });
  log::info("fault.begins", {{"fault", fault.id}, {"kind", fault.kind}, {"until", to_rfc3339(fault.until)}});
  return fault.id;
}

const Fault* Faults::find(const std::string& id) const {
  for (const auto& [key, row] : faults_.all())
    if (key.id == id) return row;
  return nullptr;
}

std::vector<Fault> Faults::list() const {
  std::vector<Fault> out;
  for (const auto& [key, row] : faults_.all()) out.push_back(*row);
  std::sort(out.begin(), out.end(),
            [](const Fault& a, const Fault& b) { return std::tie(a.started, a.id) < std::tie(b.started, b.id); });
  return out;
}

void Faults::end(const std::string& id, const std::string& reason) {
  const Fault* fault = find(id);
  if (fault == nullptr || fault->state != "running") return;
  finish(key_of(*fault), "ended", reason);
}

bool Faults::settled(const std::string& id) const {
  const Fault* fault = find(id);
  const bool begins = fault != nullptr && fault->state == "running" && applied_.count(id) == 0;
  return !begins && busy_.count(id) == 0;
}

void Faults::when_settled(const std::string& id, std::function<void()> done) {
  if (settled(id)) return loop_.post(std::move(done));
  waiting_[id].push_back(std::move(done));
}

std::function<void()> Faults::step(const std::string& id) {
  ++busy_[id];
  return [this, id] {
    const auto found = busy_.find(id);
    if (found == busy_.end() || --found->second > 0) return;
    busy_.erase(found);
    if (auto waiting = waiting_.extract(id))
      for (auto& done : waiting.mapped()) done();
  };
}

void Faults::note(const state::Key& key, const std::string& problem) {
  const Fault* fault = faults_.find(key);
  if (fault == nullptr) return;
  log::warning("fault.partly", {{"fault", key.id}, {"problem", problem}});
  store_.call(
      [&] { faults_.update(key, [&](Fault& row) { row.reason += (row.reason.empty() ? "" : "; ") + problem; }); });
}

void Faults::reconcile() {
  const Timestamp now = loop_.clock().now();
  Duration next = std::chrono::hours(1);
  for (const auto& [key, row] : faults_.all()) {
    const Fault fault = *row;  // a copy: rows change below
    if (fault.state != "running") {
      // Ended early by a process that may have died before it undid it.
      if (fault.until > now && undone_.count(fault.id) == 0) undo(fault);
      if (fault.ended && now - *fault.ended > kKept) {
        applied_.erase(fault.id);
        undone_.erase(fault.id);
        store_.call([&, key = key] { faults_.erase(key); });
      }
      continue;
    }
    if (!is_instant(fault.kind) && fault.until <= now) {
      finish(key, "ended", "its time was over");
      continue;
    }
    if (applied_.count(fault.id) == 0) apply(key);
    if (!is_instant(fault.kind)) next = std::min(next, fault.until - now);
  }
  wake_in(std::max(next, Duration(1)));
}

void Faults::apply(const state::Key& key) {
  const Fault fault = *faults_.find(key);
  applied_.insert(fault.id);
  const auto begun = step(fault.id);
  if (is_network(fault.kind))
    tell_network(fault);
  else
    apply_to_tasks(key, fault);
  begun();
}

void Faults::apply_to_tasks(const state::Key& key, const Fault& fault) {
  struct Outcome {
    std::size_t left = 0, failed = 0;
  };
  const auto outcome = std::make_shared<Outcome>();
  outcome->left = fault.tasks.size();
  const auto done = [this, key, outcome, total = fault.tasks.size(), kind = fault.kind](const Result<>& result) {
    if (!result) {
      ++outcome->failed;
      note(key, result.error().what);
    }
    if (--outcome->left > 0) return;
    const Fault* now = faults_.find(key);
    if (now == nullptr || now->state != "running") return;
    if (outcome->failed == total)
      finish(key, "failed", "");
    else if (is_instant(kind))
      finish(key, "ended", "done");
  };
  for (const auto& arn : fault.tasks) {
    const auto settled = [done, settle = step(fault.id)](const Result<>& result) {
      done(result);
      settle();
    };
    if (fault.kind == "stop-task")
      settled(tasks_.stop(arn, kStopReason));
    else if (fault.kind == "kill-task")
      tasks_.kill(arn, settled);
    else
      tasks_.freeze(arn, frozen_until(arn), settled);
  }
}

Timestamp Faults::frozen_until(const std::string& task) const {
  Timestamp out;
  for (const auto& [key, row] : faults_.all())
    if (row->state == "running" && row->kind == "freeze-task" &&
        std::find(row->tasks.begin(), row->tasks.end(), task) != row->tasks.end())
      out = std::max(out, row->until);
  return out;
}

void Faults::finish(const state::Key& key, const std::string& state, const std::string& reason) {
  store_.call([&] {
    faults_.update(key, [&](Fault& row) {
      row.state = state;
      row.ended = loop_.clock().now();
      if (!reason.empty()) row.reason += (row.reason.empty() ? "" : "; ") + reason;
    });
    const Fault fault = *faults_.find(key);
    store_.after_commit([this, fault, settle = step(fault.id)] {
      log::info("fault.over", {{"fault", fault.id}, {"state", fault.state}, {"reason", fault.reason}});
      undo(fault);
      if (over_) over_(fault);
      settle();
    });
  });
}

void Faults::undo(const Fault& fault) {
  undone_.insert(fault.id);
  if (is_network(fault.kind)) return tell_network(fault);
  if (fault.kind != "freeze-task") return;
  for (const auto& arn : fault.tasks) {
    if (frozen_until(arn) > loop_.clock().now()) continue;  // another one holds it still
    tasks_.thaw(arn, [this, arn, settle = step(fault.id)](const Result<>& thawed) {
      if (!thawed) log::error("fault.not_undone", {{"task", arn}, {"error", thawed.error().message()}});
      settle();
    });
  }
}

void Faults::tell_network(const Fault& fault) {
  std::set<std::string> vpcs(fault.vpcs.begin(), fault.vpcs.end());
  const auto interfaces = network_.interfaces(fault.account, fault.region);
  const auto gateways = network_.nat_gateways(fault.account, fault.region);
  for (const auto& one : interfaces)
    if (!disturbed(fault, one.vpc_id, {one}, gateways).empty()) vpcs.insert(one.vpc_id);
  for (const auto& vpc : vpcs) network_.changed(fault.account, fault.region, vpc, step(fault.id));
}

std::vector<network::Fault> Faults::of_vpc(const state::Key& vpc) {
  const Timestamp now = loop_.clock().now();
  auto faults = faults_.list(vpc.account, vpc.region);
  std::erase_if(faults, [&](const Fault* fault) {
    return fault->state != "running" || !is_network(fault->kind) || fault->until <= now;
  });
  if (faults.empty()) return {};
  const auto interfaces = network_.interfaces(vpc.account, vpc.region);
  const auto gateways = network_.nat_gateways(vpc.account, vpc.region);
  std::vector<network::Fault> out;
  for (const Fault* fault : faults) {
    auto enis = disturbed(*fault, vpc.id, interfaces, gateways);
    if (enis.empty()) continue;
    const network::Fault whole{.enis = std::move(enis),
                               .loss_percent = fault->loss_percent,
                               .inside_subnet = fault->inside_subnet,
                               .until = (fault->until.ms + 999) / 1000};
    for (auto& part : scoped(whole, *fault, vpc, interfaces)) out.push_back(std::move(part));
  }
  return out;
}

std::vector<network::Fault> Faults::scoped(const network::Fault& whole, const Fault& fault, const state::Key& vpc,
                                           const std::vector<InterfaceTarget>& interfaces) {
  if (fault.scope.empty()) return {whole};
  network::Fault part = whole;
  if (fault.scope == "vpc") {
    part.peers = network_.cidrs(vpc.account, vpc.region, vpc.id);
    part.except_peers = true;
    return {part};
  }
  std::map<std::string, std::vector<std::string>> by_zone;
  for (const auto& one : interfaces)
    if (std::find(whole.enis.begin(), whole.enis.end(), one.id) != whole.enis.end())
      by_zone[one.zone].push_back(one.id);
  const auto subnets = network_.subnets(vpc.account, vpc.region);
  std::vector<network::Fault> out;
  for (const auto& [zone, enis] : by_zone) {
    part.enis = enis;
    part.peers.clear();
    for (const auto& subnet : subnets)
      if (subnet.vpc_id == vpc.id && subnet.zone != zone) part.peers.push_back(subnet.cidr);
    // In a VPC of one zone there is nothing to cut; no peers would mean all of them.
    if (!part.peers.empty()) out.push_back(part);
  }
  return out;
}

}  // namespace stratus::services::fis
