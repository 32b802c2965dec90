// Faults: what is broken on purpose, and ends again.
//
// kill-task       SIGKILL to the first process of each container
// stop-task       as ECS StopTask
// freeze-task     every process stands still
// network-loss    a share of the packets is lost; network-cut: all of them
// nat-off         a NAT gateway carries nothing
//
// All but the first two last until an instant that is known when they begin, and end then whatever becomes of the
// daemon: the kernel's own rule ends the loss of packets, a process beside the daemon thaws what is frozen.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/dataplane/network/network.h"
#include "stratus/services/fis/fault_request.h"
#include "stratus/services/fis/ports.h"
#include "stratus/services/fis/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::fis {

class Faults final : private Reconciler {
 public:
  Faults(Loop& loop, state::Store& store, Random& random, Tasks& tasks, Network& network);

  /// Goes on with what was running. Tasks and packets must be there.
  void start();

  /// Throws aws::Error. It takes effect once the change is durable.
  std::string begin(const FaultRequest& request);
  /// Before its time. One that is over already stays as it is.
  void end(const std::string& id, const std::string& reason);
  /// Called once what was last asked for this fault (to begin, to end) is done; at once where nothing is on its way.
  void when_settled(const std::string& id, std::function<void()> done);
  bool settled(const std::string& id) const;
  const Fault* find(const std::string& id) const;
  /// The oldest first; those that are over are kept for a day.
  std::vector<Fault> list() const;
  /// Told when a fault is over, or could not be made.
  void on_over(std::function<void(const Fault&)> handler) { over_ = std::move(handler); }

  /// For EC2: the faults of a VPC as the data plane knows them.
  std::vector<network::Fault> of_vpc(const state::Key& vpc);

 private:
  void reconcile() override;
  void apply(const state::Key& key);
  void apply_to_tasks(const state::Key& key, const Fault& fault);
  void finish(const state::Key& key, const std::string& state, const std::string& reason);
  void undo(const Fault& fault);
  /// The latest end of the freezes that hold a task.
  Timestamp frozen_until(const std::string& task) const;
  void tell_network(const Fault& fault);
  /// One for each zone, where the scope tells zones apart.
  std::vector<network::Fault> scoped(const network::Fault& whole, const Fault& fault, const state::Key& vpc,
                                     const std::vector<InterfaceTarget>& interfaces);
  /// A callback of which `settle` waits for one more.
  std::function<void()> step(const std::string& id);
  void note(const state::Key& key, const std::string& problem);

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  Tasks& tasks_;
  Network& network_;
  state::Table<Fault> faults_;
  std::set<std::string> applied_;  ///< by this process
  std::set<std::string> undone_;
  std::map<std::string, int> busy_;  ///< fault → steps on their way
  std::map<std::string, std::vector<std::function<void()>>> waiting_;
  std::function<void(const Fault&)> over_;
};

}  // namespace stratus::services::fis
