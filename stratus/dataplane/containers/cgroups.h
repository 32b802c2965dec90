// Control groups of tasks, v1 and v2 alike: <parent>/<tag>/<task>/<container>. The task's group carries the Fargate
// size as hard limits; crun makes the container's group below it. Blocking: call it on the pool.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stratus/core/result.h"
#include "stratus/dataplane/containers/containers.h"

namespace stratus::containers {

class Cgroups {
 public:
  /// `mount` is /sys/fs/cgroup; `parent` a group below which ours is made ("" is the root); `tag` names ours.
  Cgroups(std::string mount, const std::string& parent, const std::string& tag);

  /// Finds out which version the machine has, makes our group and hands it its controllers. A Failure names the group
  /// and the controller that is missing there.
  Result<> prepare();
  bool v2() const { return v2_; }
  /// Whether a swap limit can be set beside the memory limit.
  bool limits_swap() const;

  Result<> make_task(const std::string& task, const TaskLimits& limits) const;
  /// For crun's cgroupsPath.
  std::string container_path(const std::string& task, const std::string& id) const;
  /// Puts a supervisor into our own group, out of the daemon's: what stops the daemon's group leaves it alone.
  Result<> adopt_supervisor(pid_t pid) const;

  Result<Stats> stats(const std::string& task, const std::string& id) const;
  /// How often the kernel killed for memory in the container's group.
  std::uint64_t oom_kills(const std::string& task, const std::string& id) const;

  /// Stands the task's processes still, or lets them go on. ENOENT: nothing of the task runs. ETIMEDOUT: some of
  /// them do not stand still after a second, and the rest may.
  Result<> set_frozen(const std::string& task, bool frozen) const;
  /// The file of the kernel that does so, and what is written there.
  std::string freezer_file(const std::string& task) const;
  const char* freezer_word(bool frozen) const { return v2_ ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED"); }

  /// Kills whatever is in the container's group.
  void kill_container(const std::string& task, const std::string& id) const;
  /// Kills what watches over containers that are gone: the guards of their freezes.
  void kill_supervisors() const;
  /// Removes the container's group, and the task's where it was the last one. Groups with processes in them are a
  /// Failure.
  Result<> remove_container(const std::string& task, const std::string& id) const;
  Result<> remove_task(const std::string& task) const;
  /// Names of the tasks that have a group.
  std::vector<std::string> tasks() const;
  /// Every group of this tag.
  Result<> remove_all() const;

 private:
  std::string file(const std::string& controller, const std::string& path, const std::string& name) const;
  std::vector<std::string> hierarchies() const;
  void kill_group(const std::string& path) const;
  Result<> remove_path(const std::string& path, bool recursive, bool busy_is_fine) const;

  std::string mount_, base_;
  bool v2_ = false;
};

}  // namespace stratus::containers
