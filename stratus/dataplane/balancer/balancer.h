// Application Load Balancers on HAProxy: one process per node, inside the node's network namespace, which outlives us.
//
// Level-triggered: say what is to be with `apply`, as often as you like; processes that died are restarted, a restarted
// owner adopts what runs. Targets come and go at run time; everything else is a reload that loses no request.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/loop.h"
#include "stratus/core/result.h"
#include "stratus/dataplane/balancer/model.h"

namespace stratus::balancer {

template <class T = void>
using Done = std::function<void(Result<T>)>;

/// AWS's states of a target.
enum class State { initial, healthy, unhealthy, draining, unused };
/// "initial", "healthy", …
std::string_view name(State state);

struct TargetHealth {
  std::string target_id;
  std::uint16_t port = 0;
  State state = State::unused;
  std::string reason;       ///< "Elb.RegistrationInProgress", "Target.Timeout", …; empty when healthy
  std::string description;  ///< AWS's sentence
  bool drained = false;     ///< draining, and no connection is left: deregistration may complete early
};

struct HealthChange {
  std::string load_balancer_id;
  std::string target_group_id;
  TargetHealth before, after;
};

/// Counted since `Balancer::start`, over all nodes; they only grow (except what is named `active`).
struct GroupCounters {
  std::uint64_t requests = 0;                                                    ///< RequestCount of the group
  std::uint64_t target_2xx = 0, target_3xx = 0, target_4xx = 0, target_5xx = 0;  ///< HTTPCode_Target_…
  std::uint64_t connection_errors = 0;                                           ///< TargetConnectionErrorCount
  std::uint64_t timed_responses = 0;  ///< how many responses `response_seconds` sums
  double response_seconds = 0;        ///< TargetResponseTime's sum
  int healthy = 0, unhealthy = 0;     ///< HealthyHostCount, UnHealthyHostCount: now
};

struct Counters {
  std::uint64_t requests = 0;                           ///< RequestCount: those that a target was chosen for
  std::uint64_t elb_3xx = 0, elb_4xx = 0, elb_5xx = 0;  ///< HTTPCode_ELB_…: made by the load balancer itself
  std::uint64_t elb_503 = 0;                            ///< of them: there was no target
  std::uint64_t fixed_responses = 0, redirects = 0;
  std::uint64_t new_connections = 0, active_connections = 0, rejected_connections = 0;
  std::uint64_t received_bytes = 0, sent_bytes = 0;  ///< ProcessedBytes is their sum
  std::uint64_t tls_errors = 0;
  std::map<std::string, GroupCounters> groups;  ///< by target group id
};

struct Existing {
  std::string id;
  std::vector<std::string> eni_ids;  ///< nodes whose process runs
};

struct Settings {
  std::string run_directory = "/run/stratus";  ///< we use <run_directory>/<tag>/balancer
  std::string tag = "default";                 ///< tells several daemons on one machine apart
  std::string program = "haproxy";
  std::string user = "haproxy", group = "haproxy";
  Duration poll_interval{500};
  Duration hard_stop_after{300'000};  ///< how long connections of before a reload may go on
  int threads = 0;                    ///< of each process; 0: as many as HAProxy thinks right
};

/// On the loop's thread only. Callbacks come in a later turn.
class Balancer {
 public:
  virtual ~Balancer() = default;

  /// Begins: what an earlier owner left running goes on, and waits to be claimed by `apply` or ended by `remove`.
  /// `done` gives what exists.
  virtual void start(Done<std::vector<Existing>> done) = 0;
  /// Makes it so. `done` comes once every node runs this model or a later one, or with the first failure (we keep
  /// trying).
  virtual void apply(LoadBalancer desired, Done<> done) = 0;
  /// Ends its processes and removes its files. An unknown id is success.
  virtual void remove(const std::string& id, Done<> done) = 0;
  /// The ids that `apply` asked for and those found by `start`.
  virtual std::vector<std::string> list() const = 0;

  virtual void on_health(std::function<void(const HealthChange&)> handler) = 0;
  /// In the order of the model's targets; empty where we know of no such group.
  virtual std::vector<TargetHealth> health(const std::string& id, const std::string& target_group_id) const = 0;
  virtual Counters stats(const std::string& id) const = 0;
  /// The same by the availability zones of the nodes, without the health of targets.
  virtual std::map<std::string, Counters> zone_stats(const std::string& /*id*/) const { return {}; }

  /// Ends every process of this tag and removes every file. `start` may follow.
  virtual void purge(Done<> done) = 0;
};

/// The real thing. `loop` must outlive it. Destroying it leaves the processes running.
std::unique_ptr<Balancer> make_balancer(Loop& loop, Settings settings);

/// Whether HAProxy could carry this model; a Failure names what it could not (an unknown TLS policy, a bad matcher, …).
/// Pure: for a service that wants to refuse early.
Result<> validate(const LoadBalancer& model);
/// "ELBSecurityPolicy-…" names that we carry.
std::vector<std::string> tls_policies();
/// The ciphers of a policy that is carried, in order of preference, those of TLS 1.3 first.
std::vector<std::string> tls_ciphers(const std::string& policy);
/// What this machine lacks, one sentence each with the command that mends it. Blocks: for `stratus doctor`.
std::vector<std::string> missing_requirements();

}  // namespace stratus::balancer
