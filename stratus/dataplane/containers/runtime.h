// The blocking half: directories, mounts, conmon and crun. Every function may be called from several threads of the
// pool; calls for one container must not overlap (containers.cpp sees to it).
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/fd.h"
#include "stratus/core/result.h"
#include "stratus/dataplane/containers/cgroups.h"
#include "stratus/dataplane/containers/containers.h"
#include "stratus/dataplane/containers/mount_space.h"
#include "stratus/dataplane/containers/record.h"

namespace stratus::containers {

class Runtime {
 public:
  explicit Runtime(Settings settings);

  /// Prepares the machine and removes what an earlier process left half-made. EBUSY: another process owns the run
  /// directory.
  Result<std::vector<Record>> open();
  Result<Record> start(const ContainerSpec& spec);
  Result<> signal(const Record& record, int number) const;
  Result<> freeze(const std::string& task, Timestamp until);
  Result<> thaw(const std::string& task);
  /// Kills what still runs.
  Result<> remove(const std::string& id);
  Result<std::vector<Record>> records() const;
  /// How it ended; nothing while it runs.
  std::optional<Exit> exit_of(const Record& record) const;
  Existing existing(const Record& record) const;
  Result<Stats> stats(const Record& record) const { return cgroups_.stats(record.task, record.id); }
  Result<ExecResult> exec(const Record& record, const std::vector<std::string>& argv, Duration timeout) const;
  Result<> purge();

  const Settings& settings() const { return settings_; }
  std::string log_directory() const { return settings_.state_directory + "/logs"; }
  std::string log_path(const std::string& id) const { return log_directory() + "/" + id + ".log"; }

 private:
  struct Prepared;
  std::string place(const std::string& id) const { return settings_.run_directory + "/containers/" + id; }
  std::string writable(const std::string& id) const { return settings_.state_directory + "/writable/" + id; }
  std::string volumes(const std::string& task) const { return settings_.state_directory + "/volumes/" + task; }
  std::string exit_path(const std::string& id) const { return settings_.run_directory + "/exits/" + id; }
  std::vector<std::string> crun(std::vector<std::string> arguments) const;

  std::string freeze_path(const std::string& task) const { return settings_.run_directory + "/frozen/" + task; }
  Result<> guard_freeze(const std::string& task) const;
  Result<> guard_freezes();

  Result<> make_directories();
  Result<> forget_earlier_boot();
  Result<> make_task(const ContainerSpec& spec);
  Result<Prepared> prepare(const ContainerSpec& spec) const;
  Result<> mount(const ContainerSpec& spec) const;
  Result<Record> launch(const ContainerSpec& spec) const;
  Result<> sweep();
  void end_makers(const std::string& id) const;
  Result<> remove_task_if_last(const std::string& task);
  Result<std::vector<std::string>> ids() const;
  std::string init_program() const;

  Settings settings_;
  MountSpace space_;
  Cgroups cgroups_;
  std::mutex tasks_;  ///< held while a task's group and volumes are made or removed
  UniqueFd owner_;    ///< a lock on the run directory
};

/// Writes beside and renames. The run directory does not outlive the machine: no fsync.
Result<> write_volatile(const std::string& path, std::string_view content, mode_t mode);

/// The program in PATH; "" where there is none.
std::string find_program(const std::string& name);

}  // namespace stratus::containers
