#include "stratus/dataplane/balancer/fake_balancer.h"

namespace stratus::balancer {
namespace {

TargetHealth in_state(const std::string& target_id, std::uint16_t port, State state) {
  TargetHealth out;
  out.target_id = target_id;
  out.port = port;
  out.state = state;
  if (state == State::initial) {
    out.reason = "Elb.RegistrationInProgress";
    out.description = "Target registration is in progress";
  } else if (state == State::draining) {
    out.reason = "Target.DeregistrationInProgress";
    out.description = "Target deregistration is in progress";
  } else if (state == State::unhealthy) {
    out.reason = "Target.FailedHealthChecks";
    out.description = "Health checks failed";
  }
  return out;
}

}  // namespace

void FakeBalancer::start(Done<std::vector<Existing>> done) {
  std::vector<Existing> existing;
  for (const auto& [id, fake] : balancers_) {
    Existing entry{id, {}};
    for (const auto& node : fake.model.nodes) entry.eni_ids.push_back(node.eni_id);
    existing.push_back(std::move(entry));
  }
  loop_.post([done = std::move(done), existing = std::move(existing)] { done(existing); });
}

void FakeBalancer::apply(LoadBalancer desired, Done<> done) {
  ++applied_;
  if (fault) {
    if (auto why = fault("apply", desired.id)) {
      loop_.post([done = std::move(done), why = *why] { done(why); });
      return;
    }
  }
  if (auto valid = validate(desired); !valid) {
    loop_.post([done = std::move(done), valid] { done(valid); });
    return;
  }
  const auto id = desired.id;
  auto& fake = balancers_[id];
  fake.model = std::move(desired);
  std::set<Key> wanted;
  for (const auto& group : fake.model.target_groups)
    for (const auto& target : group.targets) {
      wanted.insert({group.id, target.id + ":" + std::to_string(target.port)});
      advance(id, group.id, target);
    }
  std::erase_if(fake.health, [&](const auto& entry) { return !wanted.contains(entry.first); });
  loop_.post([done = std::move(done)] { done({}); });
}

void FakeBalancer::advance(const std::string& id, const std::string& group, const Target& target) {
  auto& health = balancers_.at(id).health;
  const Key key{group, target.id + ":" + std::to_string(target.port)};
  const auto known = health.find(key);
  const bool drains = known != health.end() && known->second.state == State::draining;
  if (target.draining && !drains) {
    change(id, key, in_state(target.id, target.port, State::draining));
    if (!drained_after) return;
    loop_.after(*drained_after, [this, id, key, target] {
      const auto fake = balancers_.find(id);
      if (fake == balancers_.end() || !fake->second.health.contains(key)) return;
      auto now = fake->second.health.at(key);
      if (now.state != State::draining) return;
      now.drained = true;
      change(id, key, now);
    });
  } else if (!target.draining && (known == health.end() || drains)) {
    change(id, key, in_state(target.id, target.port, State::initial));
    if (!healthy_after) return;
    loop_.after(*healthy_after, [this, id, key, target] {
      const auto fake = balancers_.find(id);
      if (fake == balancers_.end() || !fake->second.health.contains(key)) return;
      if (fake->second.health.at(key).state == State::initial)
        change(id, key, in_state(target.id, target.port, State::healthy));
    });
  }
}

void FakeBalancer::change(const std::string& id, const Key& key, TargetHealth after) {
  auto& health = balancers_.at(id).health;
  HealthChange event{id, key.first,
                     health.contains(key) ? health.at(key) : in_state(after.target_id, after.port, State::initial),
                     after};
  health[key] = std::move(after);
  loop_.post([this, event = std::move(event)] {
    if (handler_) handler_(event);
  });
}

void FakeBalancer::remove(const std::string& id, Done<> done) {
  if (fault) {
    if (auto why = fault("remove", id)) {
      loop_.post([done = std::move(done), why = *why] { done(why); });
      return;
    }
  }
  balancers_.erase(id);
  loop_.post([done = std::move(done)] { done({}); });
}

std::vector<std::string> FakeBalancer::list() const {
  std::vector<std::string> out;
  for (const auto& [id, fake] : balancers_) out.push_back(id);
  return out;
}

std::vector<TargetHealth> FakeBalancer::health(const std::string& id, const std::string& target_group_id) const {
  std::vector<TargetHealth> out;
  const auto fake = balancers_.find(id);
  if (fake == balancers_.end()) return out;
  for (const auto& group : fake->second.model.target_groups) {
    if (group.id != target_group_id) continue;
    for (const auto& target : group.targets) {
      const auto known = fake->second.health.find({group.id, target.id + ":" + std::to_string(target.port)});
      if (known != fake->second.health.end()) out.push_back(known->second);
    }
  }
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
  const auto found = balancers_.find(id);
  return found == balancers_.end() ? nullptr : &found->second.model;
}

void FakeBalancer::set_health(const std::string& target_group_id, const std::string& target_id, State state,
                              std::string reason, std::string description) {
  for (auto& [id, fake] : balancers_) {
    for (const auto& [key, health] : std::map(fake.health)) {
      if (key.first != target_group_id || health.target_id != target_id) continue;
      auto after = in_state(target_id, health.port, state);
      if (!reason.empty()) after.reason = reason;
      if (!description.empty()) after.description = description;
      change(id, key, after);
    }
  }
}

}  // namespace stratus::balancer
