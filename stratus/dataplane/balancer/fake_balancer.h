// A balancer for service tests: records models, and reports the health that the test scripts.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "stratus/dataplane/balancer/balancer.h"

namespace stratus::balancer {

class FakeBalancer final : public Balancer {
 public:
  explicit FakeBalancer(Loop& loop) : loop_(loop) {}

  void start(Done<std::vector<Existing>> done) override;
  void apply(LoadBalancer desired, Done<> done) override;
  void remove(const std::string& id, Done<> done) override;
  std::vector<std::string> list() const override;
  void on_health(std::function<void(const HealthChange&)> handler) override { handler_ = std::move(handler); }
  std::vector<TargetHealth> health(const std::string& id, const std::string& target_group_id) const override;
  Counters stats(const std::string& id) const override;
  void purge(Done<> done) override;

  // The test's side.
  /// Asked before `apply` ("apply") and `remove` ("remove") takes effect.
  std::function<std::optional<Failure>(std::string_view operation, const std::string& id)> fault;
  /// How long after `apply` a new target becomes healthy by itself; unset: never, the test says when.
  std::optional<Duration> healthy_after = Duration(100);
  /// Connections of a draining target end this long after the drain began; unset: they stay.
  std::optional<Duration> drained_after = Duration(100);

  const LoadBalancer* model(const std::string& id) const;
  std::size_t applied() const { return applied_; }
  void set_health(const std::string& target_group_id, const std::string& target_id, State state,
                  std::string reason = "", std::string description = "");
  Counters& counters(const std::string& id) { return counters_[id]; }

 private:
  using Key = std::pair<std::string, std::string>;  // target group, target
  struct Fake {
    LoadBalancer model;
    std::map<Key, TargetHealth> health;
  };
  void change(const std::string& id, const Key& key, TargetHealth after);
  void advance(const std::string& id, const std::string& group, const Target& target);

  Loop& loop_;
  std::map<std::string, Fake> balancers_;
  std::map<std::string, Counters> counters_;
  std::function<void(const HealthChange&)> handler_;
  std::size_t applied_ = 0;
};

}  // namespace stratus::balancer
