// A corner of the machine for one test: directories, a network namespace and an instance tag of its own, all gone
// afterwards.
#pragma once

#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "stratus/core/asio_loop.h"
#include "stratus/core/process.h"
#include "stratus/dataplane/containers/containers.h"

namespace stratus::containers {

/// Waits until `condition` holds; false after ten seconds.
bool eventually(const std::function<bool()>& condition, Duration limit = Duration(10'000));

/// One owner of containers: a loop on a thread of its own, and what it was told.
class Owner {
 public:
  explicit Owner(const Settings& settings);
  /// Leaves the containers running, as a daemon does.
  ~Owner();

  Result<std::vector<Existing>> open();
  Result<Started> start(const ContainerSpec& spec);
  Result<> signal(const std::string& id, int number);
  Result<Exit> stop(const std::string& id, Duration timeout);
  Result<> remove(const std::string& id);
  Result<> freeze(const std::string& task, Timestamp until);
  Result<> thaw(const std::string& task);
  /// Asks for both in one turn; the answer is the freeze's, once both are done.
  Result<> freeze_and_thaw(const std::string& task, Timestamp until);
  Result<std::vector<Existing>> list();
  Result<Stats> stats(const std::string& id);
  Result<ExecResult> exec(const std::string& id, std::vector<std::string> argv, Duration timeout = Duration(10'000));
  Result<> purge();
  /// Asks for both in one turn; the answer is the purge's.
  Result<> open_and_purge();
  void follow_log(const std::string& id, std::uint64_t offset);
  void acknowledge_log(const std::string& id, std::uint64_t offset);

  /// Called on the loop's thread for each batch, before it is kept.
  std::function<void(const LogBatch&)> on_batch;
  std::vector<Exit> exits() const;
  std::vector<LogBatch> batches(const std::string& id) const;
  /// All text of a container so far, lines joined by newlines.
  std::string log(const std::string& id) const;
  bool log_finished(const std::string& id) const;
  bool wait_log(const std::string& id, const std::string& text) const;
  std::optional<Exit> wait_exit(const std::string& id) const;

 private:
  template <class T>
  Result<T> call(const std::function<void(Done<T>)>& operation);
  mutable std::mutex mutex_;
  std::vector<Exit> exits_;
  std::vector<LogBatch> batches_;
  AsioLoop loop_{4};
  std::unique_ptr<Containers> containers_;
  std::thread thread_;
};

class Machine {
 public:
  Machine();
  /// Purges the instance, whatever the test did.
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Settings settings() const;
  /// A busybox image running `script` by sh, as uid 0 of the range that starts at 100000.
  ContainerSpec spec(const std::string& id, const std::string& script) const;
  const std::string& directory() const { return directory_; }
  const std::string& netns() const { return netns_; }
  const std::string& tag() const { return tag_; }
  /// Paths of cgroups below the instance's own.
  std::vector<std::string> cgroups() const;
  /// Lines of /proc/*/mountinfo of any process that name the instance's directory.
  std::vector<std::string> mounts() const;
  /// Command lines of processes that name the instance's directory.
  std::vector<std::string> processes() const;

 private:
  std::string tag_, directory_, netns_;
};

/// The value of a line "Name:\tvalue" of /proc/<pid>/status.
std::string status_of(pid_t pid, const std::string& name);

}  // namespace stratus::containers
