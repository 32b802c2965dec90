// Containers for simulations: no kernel, the loop's time, and a script that says what happens.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "stratus/dataplane/containers/containers.h"

namespace stratus::containers {

/// What becomes of the containers that start; ask it per container (`FakeContainers::script`).
struct Script {
  Duration start_latency{20};
  std::optional<Failure> start_failure;
  std::optional<Duration> exit_after;  ///< after the start; unset: runs until stopped
  int exit_code = 0;
  bool oom_killed = false;
  Duration stop_latency{50};  ///< from the stop signal to the exit
  bool ignores_stop = false;  ///< needs SIGKILL, thus the whole timeout
  int exec_exit_code = 0;
  Duration exec_latency{5};
  std::vector<std::string> log_lines;  ///< printed at the start
  double cpu_vcpus = 0;                ///< what it uses: stats' cpu_ns grows with it
  std::uint64_t memory_bytes = 0;
};

class FakeContainers final : public Containers {
 public:
  explicit FakeContainers(Loop& loop) : loop_(loop) {}

  /// Consulted at each start; the default script runs for ever.
  std::function<Script(const ContainerSpec&)> script = [](const ContainerSpec&) { return Script(); };
  /// Failures for the next calls of `stop`, `remove`, `list`, `stats`: asked before each, by the operation's name.
  std::function<std::optional<Failure>(std::string_view operation, const std::string& id)> fault;

  void open(Done<std::vector<Existing>> done) override;
  void on_exit(std::function<void(const Exit&)> handler) override { exit_handler_ = std::move(handler); }
  void on_log(std::function<void(const LogBatch&)> handler) override { log_handler_ = std::move(handler); }
  void start(ContainerSpec spec, Done<Started> done) override;
  void signal(const std::string& id, int number, Done<> done) override;
  void stop(const std::string& id, Duration timeout, Done<Exit> done) override;
  void remove(const std::string& id, Done<> done) override;
  void freeze(const std::string& task, Timestamp until, Done<> done) override;
  void thaw(const std::string& task, Done<> done) override;
  void list(Done<std::vector<Existing>> done) override;
  void stats(const std::string& id, Done<Stats> done) override;
  void exec(const std::string& id, std::vector<std::string> argv, Duration timeout, Done<ExecResult> done) override;
  void follow_log(const std::string& id, std::uint64_t offset) override;
  void acknowledge_log(const std::string& id, std::uint64_t offset) override;
  void purge(Done<> done) override;

  // The test's side.
  /// The container ends now, as if by itself.
  void exit_now(const std::string& id, int code, bool oom_killed = false);
  void print(const std::string& id, const std::string& line);
  /// The script of a container that exists; change it to change what comes.
  Script* script_of(const std::string& id);
  const ContainerSpec* spec_of(const std::string& id) const;
  std::vector<std::string> running() const;
  bool frozen(const std::string& task) const;
  std::size_t size() const { return containers_.size(); }
  std::uint64_t acknowledged(const std::string& id) const;
  /// The owner restarts: callbacks that are on their way are lost, containers stay. `open` and the handlers come again.
  void lose_owner();

 private:
  struct Fake {
    ContainerSpec spec;
    Script script;
    Existing existing;
    std::vector<std::string> log;
    std::uint64_t delivered = 0, acknowledged = 0;
    bool followed = true, finished = false;
    std::vector<Done<Exit>> stopping;
    std::uint64_t incarnation = 0;
  };
  void later(Duration delay, std::function<void()> work);
  void end(const std::string& id, std::uint64_t incarnation, int code, bool oom_killed);
  void deliver(Fake& fake);
  std::optional<Failure> ask(std::string_view operation, const std::string& id) const;

  Loop& loop_;
  std::map<std::string, Fake> containers_;
  std::map<std::string, Timestamp> frozen_;  ///< task → until
  std::function<void(const Exit&)> exit_handler_;
  std::function<void(const LogBatch&)> log_handler_;
  std::uint64_t next_incarnation_ = 1;
  std::uint64_t owner_ = 1;
  pid_t next_pid_ = 1000;
};

}  // namespace stratus::containers
