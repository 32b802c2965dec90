#include "stratus/dataplane/containers/mount_space.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "stratus/core/fd.h"
#include "stratus/core/process.h"

namespace stratus::containers {
namespace {

constexpr long nsfs_magic = 0x6e736673;

/// crun 1.8 refuses a hybrid hierarchy ("cgroups in hybrid mode not supported") when v2 still has a controller.
Result<> hide_hybrid_cgroups() {
  const auto controllers = read_file("/sys/fs/cgroup/unified/cgroup.controllers");
  if (!controllers || controllers->find_first_not_of(" \n") == std::string::npos) return {};
  if (::umount2("/sys/fs/cgroup/unified", MNT_DETACH) != 0) return failure("hide /sys/fs/cgroup/unified");
  return {};
}

/// mountinfo writes blanks and backslashes as octal.
std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

bool MountSpace::exists() const {
  struct statfs status {};
  return ::statfs(path().c_str(), &status) == 0 && status.f_type == nsfs_magic;
}

Result<> MountSpace::open() const {
  if (exists()) return {};
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return failure("make directory " + directory_);
  // A mount namespace can only be bound where mounts do not propagate into itself.
  if (::mount(directory_.c_str(), directory_.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
      ::mount(nullptr, directory_.c_str(), nullptr, MS_PRIVATE, nullptr) != 0)
    return failure("make " + directory_ + " a private mount");
  const UniqueFd pin(::open(path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!pin) return failure("create " + path());
  Result<> result;
  UniqueFd made;
  std::thread([&] {
    if (::unshare(CLONE_NEWNS | CLONE_FS) != 0) {
      result = failure("make a mount namespace");
      return;
    }
    // Slave: what the host unmounts goes here too (we hold nothing busy), and nothing of ours reaches the host.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
      result = failure("make the mount namespace a slave of the host's");
      return;
    }
    result = hide_hybrid_cgroups();
    const std::string self = "/proc/self/task/" + std::to_string(::syscall(SYS_gettid)) + "/ns/mnt";
    made.reset(::open(self.c_str(), O_RDONLY | O_CLOEXEC));
    if (!made && result) result = failure("open " + self);
  }).join();
  if (!result) return result;
  const std::string from = "/proc/self/fd/" + std::to_string(made.get());
  if (::mount(from.c_str(), path().c_str(), nullptr, MS_BIND, nullptr) != 0)
    return failure("pin mount namespace at " + path());
  return {};
}

Result<> MountSpace::in(const std::function<Result<>()>& work) const {
  const UniqueFd space(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return failure("open mount namespace " + path());
  Result<> result;
  std::thread([&] {
    if (::unshare(CLONE_FS) != 0 || ::setns(space.get(), CLONE_NEWNS) != 0)
      result = failure("enter mount namespace " + path());
    else
      result = work();
  }).join();
  return result;
}

Result<> MountSpace::destroy() const {
  if (exists() && ::umount2(path().c_str(), MNT_DETACH) != 0) return failure("unmount " + path());
  // EINVAL: it is no mount, so there is nothing to take away.
  if (::umount2(directory_.c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT)
    return failure("unmount " + directory_);
  return {};
}

Result<> unmount_below(const std::string& directory) {
  const auto info = read_file("/proc/thread-self/mountinfo");
  if (!info) return info.error();
  std::vector<std::string> points;
  std::istringstream lines(*info);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string skipped, point;
    fields >> skipped >> skipped >> skipped >> skipped >> point;
    point = unescape(point);
    if (point == directory || point.starts_with(directory + "/")) points.push_back(std::move(point));
  }
  for (auto it = points.rbegin(); it != points.rend(); ++it)
    if (::umount2(it->c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT) return failure("unmount " + *it);
  return {};
}

}  // namespace stratus::containers
