// One node's HAProxy: its directory, its process, its generations. Everything here blocks: on the pool, one call at a
// time.
//
// The directory holds, for each generation n: n.cfg, n.structure, n.state, n.log, n.pid ("pid start-time") and n.sock,
// and beside them the files that configurations name. The newest generation whose socket answers is the one that
// serves; older ones finish their connections.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "stratus/core/result.h"
#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/dataplane/balancer/render.h"
#include "stratus/dataplane/balancer/servers.h"
#include "stratus/dataplane/balancer/tally.h"

namespace stratus::balancer {

/// A process by pid and start time: a recycled pid is somebody else.
struct ProcessIdentity {
  pid_t pid = 0;
  std::string start_time;  ///< clock ticks since boot, field 22 of /proc/<pid>/stat
};
std::optional<ProcessIdentity> identify(pid_t pid);
bool runs(const ProcessIdentity& process);

class NodeProcess {
 public:
  struct Report {
    Result<> result;
    Health health;
    Tally happened;                 ///< since the last report
    std::uint64_t connections = 0;  ///< open now
    bool undecided = false;  ///< a target waits for its first verdict, or a server for its removal: look again soon
  };

  NodeProcess(const Settings& settings, const std::string& load_balancer_id, const std::string& eni_id);

  /// Looks for a process that an earlier owner left.
  void adopt();
  bool running() const { return process_ && runs(*process_); }
  /// Starts, reloads, adds and removes servers as the model wants it; then looks.
  Report step(const LoadBalancer& model, const Node& node, Timestamp now);
  /// Ends every generation and removes the directory.
  Result<> end();

 private:
  Result<> start_generation(const Rendered& rendered, const LoadBalancer& model, const Node& node, bool reload);
  Result<> await_ready(const ProcessIdentity& started, const std::string& socket, const std::string& log);
  RenderSettings render_settings(int generation) const;
  std::string path(int generation, const char* kind) const;
  std::vector<int> generations() const;
  void sweep(const Rendered& rendered);
  Result<> command(const std::vector<std::string>& commands);
  Result<Rows> look(Tally& happened);

  const Settings settings_;
  const std::string directory_;
  int last_generation_ = 0;  ///< a number is never used twice
  int serving_ = 0;          ///< the generation of process_
  std::optional<ProcessIdentity> process_;
  std::string structure_;
  Rows last_;
  bool baseline_ = false;  ///< the next look only sets the counters' start
  Memories memories_;
};

}  // namespace stratus::balancer
