// What `stratus doctor` asks about containers.
#include <linux/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>

#include "stratus/core/process.h"
#include "stratus/dataplane/containers/containers.h"
#include "stratus/dataplane/containers/runtime.h"

namespace stratus::containers {
namespace {

bool has_capability(unsigned number) {
  const auto status = read_file("/proc/self/status");
  if (!status) return false;
  const auto at = status->find("CapEff:");
  if (at == std::string::npos) return false;
  return ((std::stoull(status->substr(at + 7), nullptr, 16) >> number) & 1U) != 0;
}

bool has_file_system(const std::string& name) {
  const auto list = read_file("/proc/filesystems");
  return list && list->find("\t" + name + "\n") != std::string::npos;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

std::vector<std::string> missing_requirements() {
  std::vector<std::string> out;
  for (const char* program : {"crun", "conmon"})
    if (find_program(program).empty())
      out.push_back(std::string(program) + " is not installed: apt-get install " + program);
  // Numbers of linux/capability.h.
  for (const auto& [number, name] :
       {std::pair{21U, "CAP_SYS_ADMIN"}, {12U, "CAP_NET_ADMIN"}, {7U, "CAP_SETUID"}, {0U, "CAP_CHOWN"}})
    if (!has_capability(number))
      out.push_back(std::string("capability ") + name + " is missing: start the daemon as root");
  if (!has_file_system("overlay")) out.push_back("the kernel has no overlayfs: modprobe overlay");
  if (!exists("/proc/self/ns/user")) out.push_back("the kernel has no user namespaces: use one with CONFIG_USER_NS");
  if (const auto most = read_file("/proc/sys/user/max_user_namespaces"); most && std::atol(most->c_str()) < 64)
    out.push_back("too few user namespaces are allowed: sysctl user.max_user_namespaces=15000");
  if (::syscall(SYS_mount_setattr, -1, "", 0, nullptr, 0) != 0 && errno == ENOSYS)
    out.push_back(
        "the kernel cannot idmap mounts (Linux 5.12): images are shifted at each start, which is slow; use a newer "
        "one");
  if (!exists("/sys/fs/cgroup/cgroup.controllers"))
    for (const char* controller : {"cpu", "cpuacct", "memory", "pids"})
      if (!exists(std::string("/sys/fs/cgroup/") + controller + "/cgroup.procs"))
        out.push_back(std::string("cgroup controller ") + controller + " is not mounted: mount -t cgroup -o " +
                      controller + " " + controller + " /sys/fs/cgroup/" + controller);
  return out;
}

std::vector<std::string> limitations() {
  std::vector<std::string> out;
  if (!has_capability(24))
    out.emplace_back(
        "CAP_SYS_RESOURCE is missing: tasks whose ulimits are above the daemon's own hard limits will not start, and "
        "out-of-memory scores "
        "cannot be lowered; start the daemon with that capability");
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max < 65535)
    out.push_back("containers get at most " + std::to_string(files.rlim_max) +
                  " open files, Fargate's are 65535: start the daemon with ulimit -Hn 65535");
  return out;
}

}  // namespace stratus::containers
