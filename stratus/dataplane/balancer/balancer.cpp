// The loop's side of load balancers: what is desired, which node is being worked on, who waits for what. The blocking
// work of a node (node_process.h) runs on the pool, one step at a time.
#include "stratus/dataplane/balancer/balancer.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "stratus/core/log.h"
#include "stratus/dataplane/balancer/node_process.h"

namespace stratus::balancer {
namespace {

namespace fs = std::filesystem;

class HaproxyBalancer final : public Balancer, private Reconciler {
 public:
  HaproxyBalancer(Loop& loop, Settings settings)
      : Reconciler(loop, "balancer", settings.poll_interval),
        loop_(loop),
        settings_(std::move(settings)),
        alive_(std::make_shared<bool>(true)) {}
  ~HaproxyBalancer() override { *alive_ = false; }

  void start(Done<std::vector<Existing>> done) override {
    auto found = std::make_shared<std::vector<Found>>();
    const auto root = directory();
    blocking(
        [=, settings = settings_] {
          std::error_code error;
          for (const auto& balancer : fs::directory_iterator(root, error)) {
            std::error_code inner;
            for (const auto& node : fs::directory_iterator(balancer.path(), inner)) {
              const auto id = balancer.path().filename().string(), eni = node.path().filename().string();
              auto process = std::make_shared<NodeProcess>(settings, id, eni);
              process->adopt();
              found->push_back({id, eni, process, process->running()});
            }
          }
        },
        [this, found, done = std::move(done)] {
          std::map<std::string, Existing> existing;
          for (auto& node : *found) {
            auto& balancer = balancers_[node.id];
            balancer.nodes[node.eni_id].process = node.process;
            auto& entry = existing[node.id];
            entry.id = node.id;
            if (node.running) entry.eni_ids.push_back(node.eni_id);
          }
          std::vector<Existing> out;
          for (auto& [id, entry] : existing) out.push_back(std::move(entry));
          Reconciler::start();
          done(std::move(out));
        });
  }

  void apply(LoadBalancer desired, Done<> done) override {
    if (over_) {
      loop_.post([done = std::move(done)] { done(Failure{"apply a load balancer after the purge", ESHUTDOWN}); });
      return;
    }
    auto& balancer = balancers_[desired.id];
    if (balancer.removing) {
      loop_.post([done = std::move(done), id = desired.id] {
        done(failure("apply load balancer " + id + ", which is being removed", EBUSY));
      });
      return;
    }
    balancer.model = std::make_shared<const LoadBalancer>(std::move(desired));
    ++balancer.version;
    balancer.waiting.push_back({balancer.version, std::move(done)});
    for (const auto& node : balancer.model->nodes) balancer.nodes.try_emplace(node.eni_id);
    wake();
  }

  void remove(const std::string& id, Done<> done) override {
    const auto found = balancers_.find(id);
    if (found == balancers_.end()) {
      loop_.post([done = std::move(done)] { done({}); });
      return;
    }
    found->second.removing = true;
    found->second.removed.push_back(std::move(done));
    for (auto& waiter : std::exchange(found->second.waiting, {}))
      waiter.done(failure("apply load balancer " + id + ", which was removed", ECANCELED));
    wake();
  }

  std::vector<std::string> list() const override {
    std::vector<std::string> out;
    for (const auto& [id, balancer] : balancers_) out.push_back(id);
    return out;
  }

  void on_health(std::function<void(const HealthChange&)> handler) override { handler_ = std::move(handler); }

  std::vector<TargetHealth> health(const std::string& id, const std::string& target_group_id) const override {
    const auto balancer = balancers_.find(id);
    if (balancer == balancers_.end() || !balancer->second.model) return {};
    for (const auto& group : balancer->second.model->target_groups) {
      if (group.id != target_group_id) continue;
      std::vector<TargetHealth> out;
      for (const auto& target : group.targets) out.push_back(known(balancer->second, group.id, target));
      return out;
    }
    return {};
  }

  Counters stats(const std::string& id) const override {
    const auto found = balancers_.find(id);
    if (found == balancers_.end()) return {};
    Counters out = found->second.counters;
    for (const auto& [eni, node] : found->second.nodes) out.active_connections += node.connections;
    if (found->second.model) {
      for (const auto& group : found->second.model->target_groups) {
        auto& counted = out.groups[group.id];
        for (const auto& target : group.targets) {
          const auto state = known(found->second, group.id, target).state;
          counted.healthy += state == State::healthy ? 1 : 0;
          counted.unhealthy += state == State::unhealthy ? 1 : 0;
        }
      }
    }
    return out;
  }

  std::map<std::string, Counters> zone_stats(const std::string& id) const override {
    std::map<std::string, Counters> out;
    const auto found = balancers_.find(id);
    if (found == balancers_.end() || !found->second.model) return out;
    // A load balancer has one node in a zone.
    for (const auto& node : found->second.model->nodes) {
      const auto work = found->second.nodes.find(node.eni_id);
      if (work == found->second.nodes.end()) continue;
      Counters& counters = out[node.availability_zone] = work->second.counters;
      counters.active_connections = work->second.connections;
    }
    return out;
  }

  void purge(Done<> done) override {
    Reconciler::start();
    purging_ = over_ = true;
    purged_.push_back(std::move(done));
    for (auto& [id, balancer] : balancers_) balancer.removing = true;
    if (!purge_if_idle()) wake();
  }

 private:
  struct Found {
    std::string id, eni_id;
    std::shared_ptr<NodeProcess> process;
    bool running;
  };
  struct Work {
    std::shared_ptr<NodeProcess> process;  ///< shared with the step that is on the pool
    bool busy = false;
    std::uint64_t version = 0;  ///< of the model that it runs
    std::uint64_t connections = 0;
    Timestamp next_look{};
    Health health;
    Tally tally;
    Counters counters;
  };
  struct Waiting {
    std::uint64_t version;
    Done<> done;
  };
  struct Balanced {
    std::shared_ptr<const LoadBalancer> model;  ///< null: found by `start`, not yet claimed
    std::uint64_t version = 0;
    std::map<std::string, Work> nodes;  ///< by ENI
    std::vector<Waiting> waiting;
    bool removing = false;
    std::vector<Done<>> removed;
    Health health;
    Tally tally;
    Counters counters;
  };

  std::string directory() const { return settings_.run_directory + "/" + settings_.tag + "/balancer"; }

  /// `then` does not run when we are gone by then.
  void blocking(std::function<void()> work, std::function<void()> then) {
    loop_.run_blocking(std::move(work), [alive = alive_, then = std::move(then)] {
      if (*alive) then();
    });
  }

  static TargetHealth known(const Balanced& balancer, const std::string& group, const Target& target) {
    if (const auto list = balancer.health.find(group); list != balancer.health.end())
      for (const auto& seen : list->second)
        if (seen.target_id == target.id && seen.port == target.port) return seen;
    TargetHealth out{target.id, target.port, State::initial, "Elb.RegistrationInProgress",
                     "Target registration is in progress"};
    return out;
  }

  void reconcile() override {
    const auto now = loop_.clock().now();
    for (auto& [id, balancer] : balancers_) {
      if (!balancer.removing && !balancer.model) continue;
      for (auto& [eni, node] : balancer.nodes) {
        if (node.busy) continue;
        const auto* wanted = balancer.removing ? nullptr : find(*balancer.model, eni);
        if (wanted == nullptr)
          end_node(id, eni, node);
        else if (node.version != balancer.version || node.next_look <= now)
          step_node(id, *wanted, balancer, node);
      }
    }
    finish_removals();
    purge_if_idle();
  }

  static const Node* find(const LoadBalancer& model, const std::string& eni) {
    for (const auto& node : model.nodes)
      if (node.eni_id == eni) return &node;
    return nullptr;
  }

  void step_node(const std::string& id, const Node& wanted, Balanced& balancer, Work& node) {
    if (!node.process) node.process = std::make_shared<NodeProcess>(settings_, id, wanted.eni_id);
    node.busy = true;
    auto report = std::make_shared<NodeProcess::Report>();
    blocking(
        [report, process = node.process, model = balancer.model, wanted, now = loop_.clock().now()] {
          *report = process->step(*model, wanted, now);
        },
        [this, report, id, eni = wanted.eni_id, version = balancer.version] { stepped(id, eni, version, *report); });
  }

  void stepped(const std::string& id, const std::string& eni, std::uint64_t version, NodeProcess::Report& report) {
    auto& balancer = balancers_.at(id);  // a node that is busy keeps its load balancer
    auto& node = balancer.nodes.at(eni);
    node.busy = false;
    balancer.tally.add(report.happened);
    balancer.counters = balancer.tally.counters(balancer.counters);
    node.tally.add(report.happened);
    node.counters = node.tally.counters(node.counters);
    if (report.result) {
      node.version = version;
      node.connections = report.connections;
      node.health = std::move(report.health);
      node.next_look = loop_.clock().now() +
                       (report.undecided ? std::min(settings_.poll_interval, Duration(200)) : settings_.poll_interval);
    } else {
      log::warning("balancer.node_failed",
                   {{"load_balancer", id}, {"node", eni}, {"error", report.result.error().message()}});
      node.next_look = loop_.clock().now() + std::max(settings_.poll_interval, Duration(1000));
      // A failure of this model is the answer to those who asked for it; one of an older model is history.
      if (version == balancer.version) node.version = version;
      std::vector<Waiting> failed;
      for (auto& waiter : std::exchange(balancer.waiting, {}))
        (waiter.version <= version ? failed : balancer.waiting).push_back(std::move(waiter));
      for (auto& waiter : failed) waiter.done(report.result.error());
    }
    if (!balancer.removing && balancer.model) {
      publish(id, balancer);
      answer(balancer);
    }
    if (node.version != balancer.version || balancer.removing || purging_)
      wake();
    else
      wake_in(std::max(Duration(1), node.next_look - loop_.clock().now()));
  }

  void publish(const std::string& id, Balanced& balancer) {
    std::vector<Health> views;
    for (const auto& [eni, node] : balancer.nodes)
      if (find(*balancer.model, eni) != nullptr && !node.health.empty()) views.push_back(node.health);
    auto merged = merge(views);
    std::vector<HealthChange> changes;
    for (const auto& group : balancer.model->target_groups) {
      for (const auto& target : group.targets) {
        const auto before = known(balancer, group.id, target);
        for (const auto& after : merged[group.id])
          if (after.target_id == target.id && after.port == target.port &&
              (after.state != before.state || after.reason != before.reason || after.drained != before.drained))
            changes.push_back({id, group.id, before, after});
      }
    }
    balancer.health = std::move(merged);
    if (handler_)
      for (const auto& change : changes)
        loop_.post([alive = alive_, this, change] {
          if (*alive && handler_) handler_(change);
        });
  }

  void answer(Balanced& balancer) {
    std::uint64_t everywhere = balancer.version;
    for (const auto& node : balancer.model->nodes)
      everywhere = std::min(everywhere, balancer.nodes.at(node.eni_id).version);
    std::vector<Waiting> ready;
    for (auto& waiter : std::exchange(balancer.waiting, {}))
      (waiter.version <= everywhere ? ready : balancer.waiting).push_back(std::move(waiter));
    for (auto& waiter : ready) waiter.done({});
  }

  void end_node(const std::string& id, const std::string& eni, Work& node) {
    if (!node.process) node.process = std::make_shared<NodeProcess>(settings_, id, eni);
    node.busy = true;
    auto result = std::make_shared<Result<>>();
    blocking([result, process = node.process] { *result = process->end(); },
             [this, result, id, eni] {
               auto& balancer = balancers_.at(id);
               auto& work = balancer.nodes.at(eni);
               work.busy = false;
               const bool wanted_again = !balancer.removing && balancer.model && find(*balancer.model, eni) != nullptr;
               if (!*result)
                 log::warning("balancer.end_failed",
                              {{"load_balancer", id}, {"node", eni}, {"error", result->error().message()}});
               if (wanted_again)
                 work = {};
               else if (*result)
                 balancer.nodes.erase(eni);
               wake();
             });
  }

  void finish_removals() {
    std::vector<Done<>> done;
    for (auto at = balancers_.begin(); at != balancers_.end();) {
      if (at->second.removing && at->second.nodes.empty()) {
        for (auto& waiter : at->second.removed) done.push_back(std::move(waiter));
        for (auto& waiter : at->second.waiting)
          loop_.post([waiter] { waiter.done(failure("apply a load balancer that was removed", ECANCELED)); });
        at = balancers_.erase(at);
      } else {
        ++at;
      }
    }
    for (auto& waiter : done) waiter({});
  }

  /// What no `start` has found goes too: directories of an earlier owner.
  bool purge_if_idle() {
    if (!purging_ || !balancers_.empty() || sweeping_) return false;
    sweeping_ = true;
    auto result = std::make_shared<Result<>>();
    blocking(
        [result, root = directory(), settings = settings_] {
          std::error_code error;
          std::vector<std::pair<std::string, std::string>> left;
          for (const auto& balancer : fs::directory_iterator(root, error)) {
            std::error_code inner;
            for (const auto& node : fs::directory_iterator(balancer.path(), inner))
              left.emplace_back(balancer.path().filename().string(), node.path().filename().string());
          }
          for (const auto& [id, eni] : left) {
            NodeProcess process(settings, id, eni);
            process.adopt();
            if (auto ended = process.end(); !ended) *result = ended;
          }
          if (*result) fs::remove_all(root, error);
        },
        [this, result] {
          purging_ = sweeping_ = false;
          for (auto& waiter : std::exchange(purged_, {})) waiter(*result);
        });
    return true;
  }

  Loop& loop_;
  const Settings settings_;
  std::shared_ptr<bool> alive_;
  std::map<std::string, Balanced> balancers_;
  std::function<void(const HealthChange&)> handler_;
  bool purging_ = false, sweeping_ = false;
  bool over_ = false;  ///< after a purge, for good: nothing is made again
  std::vector<Done<>> purged_;
};

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::initial:
      return "initial";
    case State::healthy:
      return "healthy";
    case State::unhealthy:
      return "unhealthy";
    case State::draining:
      return "draining";
    case State::unused:
      return "unused";
  }
  return "unused";
}

std::unique_ptr<Balancer> make_balancer(Loop& loop, Settings settings) {
  return std::make_unique<HaproxyBalancer>(loop, std::move(settings));
}

}  // namespace stratus::balancer
