// What happens behind the calls: load balancers applied to the engine, targets drained, what was deleted ended.
#include "stratus/core/log.h"
#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {

void Service::start() {
  started_ = true;
  balancer_.on_health([this](const balancer::HealthChange& change) { health_changed(change); });
  balancer_.start([this](const Result<std::vector<balancer::Existing>>& found) {
    if (!found) log::error("elbv2.balancer_not_started", {{"error", found.error().message()}});
    for (const auto& [key, row] : load_balancers_.all()) {
      dirty_.insert(key.id);
      await_nodes(*row);
    }
    Reconciler::start();
    names_changed();
  });
}

void Service::touch(const std::string& arn) {
  dirty_.insert(arn);
  store_.after_commit([this] { wake(); });
}

void Service::touch_users(const std::string& arn) {
  for (const auto& user : users_of(arn)) touch(user);
}

void Service::await_nodes(const LoadBalancerRow& row) {
  for (const auto& node : row.nodes) {
    if (!awaited_enis_.insert(node.eni_id).second) continue;
    interfaces_.when_ready(node.eni_id, [this, eni = node.eni_id](const Result<>& ready) {
      awaited_enis_.erase(eni);
      if (ready)
        ready_enis_.insert(eni);
      else
        log::warning("elbv2.interface_not_ready", {{"eni", eni}, {"error", ready.error().message()}});
      wake();
    });
  }
}

void Service::reconcile() {
  if (!started_) return;
  end_draining();
  end_leaving();
  end_orphans();
  for (const auto& arn : std::set<std::string>(dirty_)) apply(key_of(arn));
}

void Service::apply(const state::Key& key) {
  const LoadBalancerRow* row = load_balancers_.find(key);
  if (row == nullptr) {
    dirty_.erase(key.id);
    return;
  }
  for (const auto& node : row->nodes)
    if (!ready_enis_.contains(node.eni_id)) return await_nodes(*row);
  if (!applying_.insert(key.id).second) return;
  dirty_.erase(key.id);
  try {
    balancer_.apply(engine_model(key, *row), [this, key](const Result<>& result) { applied(key, result); });
  } catch (const aws::Error& error) {
    applied(key, failure(error.message, 0));
  }
}

void Service::applied(const state::Key& key, const Result<>& result) {
  applying_.erase(key.id);
  const LoadBalancerRow* row = load_balancers_.find(key);
  if (row == nullptr) return;
  if (!result) {
    log::error("elbv2.apply_failed", {{"load_balancer", key.id}, {"error", result.error().message()}});
    dirty_.insert(key.id);
    return wake_in(std::chrono::seconds(1));
  }
  const bool provisioning = row->value.state->code != "active";
  if (provisioning)
    store_.call([&] {
      row = &load_balancers_.update(key, [](LoadBalancerRow& changed) { changed.value.state->code = "active"; });
    });
  // Where another change waits, the processes that run now may still be those of the old subnets.
  if (!row->retired_enis.empty() && !dirty_.contains(key.id)) try {
      store_.call([&] {
        for (const auto& eni : std::vector<std::string>(row->retired_enis))
          interfaces_.destroy(key.account, key.region, eni);
        load_balancers_.update(key, [](LoadBalancerRow& changed) { changed.retired_enis.clear(); });
      });
    } catch (const aws::Error& error) {
      log::error("elbv2.interfaces_not_destroyed", {{"load_balancer", key.id}, {"error", error.message}});
      dirty_.insert(key.id);
      wake_in(std::chrono::seconds(1));
    }
  if (provisioning) names_changed();
  if (dirty_.contains(key.id)) wake();
}

void Service::end_leaving() {
  for (const auto& [key, row] : leaving_.all()) {
    if (!removing_.insert(key.id).second) continue;
    balancer_.remove(engine_id(key.id), [this, key = key](const Result<>& ended) {
      removing_.erase(key.id);
      const LeavingRow* left = leaving_.find(key);
      if (left == nullptr) return;
      if (!ended) {
        log::error("elbv2.remove_failed", {{"load_balancer", key.id}, {"error", ended.error().message()}});
        return wake_in(std::chrono::seconds(1));
      }
      try {
        store_.call([&] {
          for (const auto& eni : std::vector<std::string>(left->enis))
            interfaces_.destroy(key.account, key.region, eni);
          leaving_.erase(key);
        });
      } catch (const aws::Error& error) {
        log::error("elbv2.interfaces_not_destroyed", {{"load_balancer", key.id}, {"error", error.message}});
        wake_in(std::chrono::seconds(1));
      }
    });
  }
}

void Service::end_orphans() {
  std::set<std::string> known;
  for (const auto& [key, row] : load_balancers_.all()) known.insert(engine_id(key.id));
  for (const auto& [key, row] : leaving_.all()) known.insert(engine_id(key.id));
  for (const auto& id : balancer_.list()) {
    if (known.contains(id) || !removing_.insert(id).second) continue;
    balancer_.remove(id, [this, id](const Result<>& ended) {
      removing_.erase(id);
      if (!ended) log::warning("elbv2.orphan_not_ended", {{"id", id}, {"error", ended.error().message()}});
    });
  }
}

void Service::end_draining() {
  const Timestamp now = loop_.clock().now();
  for (const auto& [key, row] : target_groups_.all()) {
    const auto users = users_of(key.id);
    std::vector<TargetRow> gone;
    std::optional<Timestamp> next;
    for (const auto& target : row->targets) {
      if (!target.draining) continue;
      bool drained = users.empty() || target.until <= now;
      for (const auto& user : users)
        for (const auto& health : balancer_.health(engine_id(user), engine_id(key.id)))
          if (health.target_id == target.address + ":" + std::to_string(target.port) &&
              health.state == balancer::State::draining && health.drained)
            drained = true;
      if (drained)
        gone.push_back(target);
      else
        next = next ? std::min(*next, target.until) : target.until;
    }
    if (next) wake_in(*next - now);
    if (gone.empty()) continue;
    store_.call([&, key = key] {
      target_groups_.update(key, [&](TargetGroupRow& changed) {
        std::erase_if(changed.targets, [&](const TargetRow& target) {
          return std::any_of(gone.begin(), gone.end(), [&](const TargetRow& leaving) {
            return target.draining && target.address == leaving.address && target.port == leaving.port;
          });
        });
      });
      for (const auto& user : users) touch(user);
    });
    for (const auto& target : gone) tell_health(key.id, target.address, target.port, "unused");
  }
}

void Service::health_changed(const balancer::HealthChange& change) {
  if (change.after.drained) wake();
  if (change.before.state == change.after.state && !change.before.target_id.empty()) return;
  for (const auto& [key, row] : target_groups_.all()) {
    if (engine_id(key.id) != change.target_group_id) continue;
    const auto colon = change.after.target_id.rfind(':');
    tell_health(key.id, change.after.target_id.substr(0, colon), change.after.port,
                std::string(balancer::name(change.after.state)));
    return;
  }
}

void Service::tell_health(const std::string& arn, const std::string& address, int port, const std::string& state) {
  for (const auto& handler : health_handlers_) handler(arn, address, port, state);
}

void Service::names_changed() {
  store_.after_commit([this] {
    for (const auto& handler : name_handlers_) handler();
  });
}

}  // namespace stratus::services::elbv2
