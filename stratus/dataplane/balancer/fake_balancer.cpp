#include "stratus/dataplane/balancer/fake_balancer.h"

namespace stratus::balancer {

void FakeBalancer::start(Done<std::vector<Existing>> done) {
  std::vector<Existing> found;
  for (const auto& [id, fake] : balancers_) {
    found.push_back({id, {}});
    for (const auto& node : fake.model.nodes) found.back().eni_ids.push_back(node.eni_id);
  }
  loop_.post([done = std::move(done), found] { done(found); });
}

void FakeBalancer::apply(LoadBalancer desired, Done<> done) {
  ++applied_;
  if (fault)
    if (auto failed = fault("apply", desired.id)) return loop_.post([done, failed] { done(*failed); });
  const std::string id = desired.id;
  Fake& fake = balancers_[id];
  std::map<Key, TargetHealth> before = std::move(fake.health);
  fake.health.clear();
  for (const auto& group : desired.target_groups)
    for (const auto& target : group.targets)
      if (auto old = before.find({group.id, target.id}); old != before.end()) fake.health[old->first] = old->second;
  fake.model = std::move(desired);
  const LoadBalancer model = fake.model;
  for (const auto& group : model.target_groups)
    for (const auto& target : group.targets) advance(id, group.id, target);
  loop_.post([done = std::move(done)] { done({}); });
}

void FakeBalancer::advance(const std::string& id, const std::string& group, const Target& target) {
  const Key key{group, target.id};
  auto& health = balancers_[id].health;
  const bool known = health.contains(key);
  if (target.draining) {
    if (known && health[key].state == State::draining) return;
    change(id, key,
           {target.id, target.port, State::draining, "Target.DeregistrationInProgress",
            "Target deregistration is in progress", false});
    if (drained_after)
      loop_.after(*drained_after, [this, id, key] {
        const auto fake = balancers_.find(id);
        if (fake == balancers_.end() || !fake->second.health.contains(key)) return;
        TargetHealth after = fake->second.health[key];
        if (after.state != State::draining) return;
        after.drained = true;
        change(id, key, after);
      });
    return;
  }
  if (known && health[key].state != State::draining) return;
  change(id, key,
         {target.id, target.port, State::initial, "Elb.RegistrationInProgress", "Target registration is in progress"});
  if (healthy_after)
    loop_.after(*healthy_after, [this, id, key] {
      const auto fake = balancers_.find(id);
      if (fake == balancers_.end() || !fake->second.health.contains(key)) return;
      TargetHealth after = fake->second.health[key];
      if (after.state != State::initial) return;
      change(id, key, {after.target_id, after.port, State::healthy, "", ""});
    });
}

void FakeBalancer::change(const std::string& id, const Key& key, TargetHealth after) {
  TargetHealth& slot = balancers_[id].health[key];
  const HealthChange event{id, key.first, slot, after};
  slot = std::move(after);
  if (handler_) loop_.post([this, event] { handler_(event); });
}

void FakeBalancer::remove(const std::string& id, Done<> done) {
  if (fault)
    if (auto failed = fault("remove", id)) return loop_.post([done, failed] { done(*failed); });
  balancers_.erase(id);
  loop_.post([done = std::move(done)] { done({}); });
}

std::vector<std::string> FakeBalancer::list() const {
  std::vector<std::string> ids;
  for (const auto& [id, fake] : balancers_) ids.push_back(id);
  return ids;
}

std::vector<TargetHealth> FakeBalancer::health(const std::string& id, const std::string& target_group_id) const {
  std::vector<TargetHealth> out;
  const auto fake = balancers_.find(id);
  if (fake == balancers_.end()) return out;
  for (const auto& group : fake->second.model.target_groups)
    if (group.id == target_group_id)
      for (const auto& target : group.targets)
        if (auto found = fake->second.health.find({group.id, target.id}); found != fake->second.health.end())
          out.push_back(found->second);
  return out;
}

Counters FakeBalancer::stats(const std::string& id) const {
  const auto found = counters_.find(id);
  return found == counters_.end() ? Counters{} : found->second;
}

void FakeBalancer::purge(Done<> done) {
  balancers_.clear();
  loop_.post([done = std::move(done)] { done({}); });
}

const LoadBalancer* FakeBalancer::model(const std::string& id) const {
  const auto fake = balancers_.find(id);
  return fake == balancers_.end() ? nullptr : &fake->second.model;
}

void FakeBalancer::set_health(const std::string& target_group_id, const std::string& target_id, State state,
                              std::string reason, std::string description) {
  for (auto& [id, fake] : balancers_) {
    const auto found = fake.health.find({target_group_id, target_id});
    if (found == fake.health.end()) continue;
    TargetHealth after = found->second;
    after.state = state;
    after.reason = reason;
    after.description = description;
    change(id, {target_group_id, target_id}, after);
  }
}

}  // namespace stratus::balancer
