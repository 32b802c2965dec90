#include "stratus/dataplane/network/namespaces.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "stratus/core/check.h"
#include "stratus/dataplane/network/netlink.h"

namespace stratus::network {
namespace {

Result<> set_sysctl(const std::string& name, char value) {
  const std::string path = "/proc/sys/net/" + name;
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return failure("open " + path);
  char present = 0;
  if (::read(fd.get(), &present, 1) == 1 && present == value) return {};
  if (::pwrite(fd.get(), &value, 1, 0) < 0) return failure("write " + path);
  return {};
}

/// /run/netns must be a shared mount, as iproute2 makes it, so that namespaces made here are seen everywhere.
Result<> share(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) return failure("make " + directory);
  if (::mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0) return {};
  if (::mount(directory.c_str(), directory.c_str(), "none", MS_BIND | MS_REC, nullptr) != 0 ||
      ::mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) != 0)
    return failure("share " + directory);
  return {};
}

}  // namespace

Result<> write_sysctl(const std::string& path, std::string_view value) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), value.data(), value.size()) < 0) return failure("write " + path);
  return {};
}

Result<> configure_netns(bool forwards) {
  for (const std::string scope : {"all", "default"})
    for (const char* const name : {"rp_filter", "send_redirects", "accept_redirects"})
      if (auto set = set_sysctl("ipv4/conf/" + scope + "/" + name, '0'); !set) return set;
  // A VPC here has no IPv6: links get no link-local addresses, by which neighbours could talk past the rules for IPv4.
  if (auto set = set_sysctl("ipv6/conf/default/disable_ipv6", '1'); !set && set.error().error != ENOENT) return set;
  if (!forwards) return {};
  // accept_local: a router's own ICMP errors come back through a NAT gateway and would die as martians, and path MTU
  // discovery with them.
  if (auto set = set_sysctl("ipv4/conf/all/accept_local", '1'); !set) return set;
  return set_sysctl("ipv4/ip_forward", '1');
}

bool netns_exists(const std::string& path) {
  // A pin that lost its mount (a reboot, a foreign umount) is an ordinary file.
  struct statfs info {};
  return ::statfs(path.c_str(), &info) == 0 && info.f_type == NSFS_MAGIC;
}

Result<UniqueFd> open_netns(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failure("open namespace " + path);
  return fd;
}

Result<> create_netns(const std::string& path, bool forwards, const std::string& owner) {
  if (auto shared = share(path.substr(0, path.rfind('/'))); !shared) return shared;
  const UniqueFd pin(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0444));
  if (!pin) return failure("make " + path);
  auto made = in_scratch_netns([&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    if (auto set = configure_netns(forwards); !set) return set;
    if (auto up = netlink->set_up("lo"); !up) return up;
    if (auto owned = netlink->set_alias("lo", owner); !owned) return owned;
    if (::mount("/proc/thread-self/ns/net", path.c_str(), "none", MS_BIND, nullptr) != 0) return failure("pin " + path);
    return {};
  });
  if (!made) ::unlink(path.c_str());
  return made;
}

Result<> remove_netns(const std::string& path) {
  if (::umount2(path.c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT) return failure("unmount " + path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure("remove " + path);
  return {};
}

std::vector<std::string> list_netns(const std::string& directory, const std::string& prefix) {
  std::vector<std::string> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), ::closedir);
  if (!opened) return out;
  while (const dirent* entry = ::readdir(opened.get()))
    if (std::string_view(entry->d_name).starts_with(prefix)) out.emplace_back(entry->d_name);
  return out;
}

Result<> on_own_thread(const std::function<Result<>()>& work) {
  Result<> result;
  std::thread([&] { result = work(); }).join();
  return result;
}

Result<> in_scratch_netns(const std::function<Result<>()>& work) {
  return on_own_thread([&]() -> Result<> {
    if (::unshare(CLONE_NEWNET) != 0) return failure("make a network namespace");
    return work();
  });
}

Result<> inside(int netns, const std::function<Result<>()>& work) {
  const UniqueFd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home) return failure("open the own namespace");
  if (::setns(netns, CLONE_NEWNET) != 0) return failure("enter a namespace");
  auto result = work();
  if (::setns(home.get(), CLONE_NEWNET) != 0) fatal("cannot come back from a namespace: " + failure("setns").message());
  return result;
}

}  // namespace stratus::network
