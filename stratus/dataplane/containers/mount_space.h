// The private mount namespace in which everything of ours is mounted and in which conmon and crun run. It is pinned
// under the run directory, so that a restarted daemon joins it again, and it hides what crun refuses to see: on a
// hybrid host, the cgroup v2 mount that still has controllers. The host's own mounts are not touched. Blocking: call it
// on the pool.
#pragma once

#include <functional>
#include <string>

#include "stratus/core/result.h"

namespace stratus::containers {

class MountSpace {
 public:
  /// `directory` holds the pin; it becomes a small private mount of the host for that.
  explicit MountSpace(std::string directory) : directory_(std::move(directory)) {}

  /// Joins the pinned namespace, or makes and pins one.
  Result<> open() const;
  /// Runs `work` on a thread of its own inside, and waits for it. The thread has its own working directory.
  Result<> in(const std::function<Result<>()>& work) const;
  /// Unpins: the mounts inside go with the last process inside.
  Result<> destroy() const;
  /// For Command::mntns.
  std::string path() const { return directory_ + "/mnt"; }
  bool exists() const;

 private:
  std::string directory_;
};

/// Detaches everything mounted at or below `directory` in the calling thread's mount namespace, the last mounted first.
Result<> unmount_below(const std::string& directory);

}  // namespace stratus::containers
