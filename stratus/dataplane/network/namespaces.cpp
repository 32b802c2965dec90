#include "stratus/dataplane/network/namespaces.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "stratus/core/fd.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/network/netlink.h"

namespace stratus::network {
namespace {

Result<> configure(bool router) {
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  if (auto up = netlink->set_up("lo"); !up) return up;
  for (const char* scope : {"all", "default"}) {
    const std::string base = std::string("net/ipv4/conf/") + scope + "/";
    for (const auto& [name, value] :
         {std::pair("rp_filter", "0"), std::pair("send_redirects", "0"), std::pair("accept_redirects", "0")})
      if (auto set = set_sysctl(base + name, value); !set) return set;
  }
  if (!router) return {};
  // accept_local: a router's own ICMP errors come back through a NAT gateway and would die as martians, and path MTU
  // discovery with them.
  if (auto set = set_sysctl("net/ipv4/conf/all/accept_local", "1"); !set) return set;
  return set_sysctl("net/ipv4/ip_forward", "1");
}

}  // namespace

Result<> set_sysctl(const std::string& name, const std::string& value) {
  const std::string path = "/proc/sys/" + name;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return failure("open " + path);
  if (::write(fd.get(), value.data(), value.size()) < 0) return failure("write " + path);
  return {};
}

bool netns_exists(const std::string& path) {
  // A pin that lost its mount (a reboot, a foreign umount) is an ordinary file.
  struct statfs info {};
  return ::statfs(path.c_str(), &info) == 0 && info.f_type == NSFS_MAGIC;
}

Result<> ensure_netns(const std::string& path, bool router) {
  const std::string directory = path.substr(0, path.rfind('/'));
  if (!netns_exists(path)) {
    // /run/netns must be a shared mount, as iproute2 makes it, so that namespaces made here are seen everywhere.
    static std::once_flag prepared;
    Result<> ready;
    std::call_once(prepared, [&] {
      if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
        ready = failure("make " + directory);
        return;
      }
      if (::mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) != 0) {
        if (::mount(directory.c_str(), directory.c_str(), "none", MS_BIND | MS_REC, nullptr) != 0 ||
            ::mount("", directory.c_str(), "none", MS_SHARED | MS_REC, nullptr) != 0)
          ready = failure("share " + directory);
      }
    });
    if (!ready) return ready;
    const UniqueFd pin(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0444));
    if (!pin) return failure("make " + path);
    Result<> made;
    std::thread([&] {
      if (::unshare(CLONE_NEWNET) != 0) {
        made = failure("make a network namespace");
      } else if (::mount("/proc/thread-self/ns/net", path.c_str(), "none", MS_BIND, nullptr) != 0) {
        made = failure("pin " + path);
      }
    }).join();
    if (!made) {
      ::unlink(path.c_str());
      return made;
    }
  }
  return in_netns(path, [router] { return configure(router); });
}

Result<> remove_netns(const std::string& path) {
  if (::umount2(path.c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT) return failure("unmount " + path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure("remove " + path);
  return {};
}

std::vector<std::string> list_netns(const std::string& directory, const std::string& prefix) {
  std::vector<std::string> out;
  DIR* opened = ::opendir(directory.c_str());
  if (opened == nullptr) return out;
  while (const dirent* entry = ::readdir(opened))
    if (std::string_view(entry->d_name).starts_with(prefix)) out.emplace_back(entry->d_name);
  ::closedir(opened);
  return out;
}

Result<> run_nftables(const std::string& script) {
  nft_ctx* context = nft_ctx_new(NFT_CTX_DEFAULT);
  if (context == nullptr) return failure("open nftables", ENOMEM);
  nft_ctx_buffer_error(context);
  nft_ctx_buffer_output(context);
  Result<> result;
  if (nft_run_cmd_from_buffer(context, script.c_str()) != 0)
    result = failure("nftables: " + std::string(text::trim(nft_ctx_get_error_buffer(context))).substr(0, 600), 0);
  nft_ctx_free(context);
  return result;
}

}  // namespace stratus::network
