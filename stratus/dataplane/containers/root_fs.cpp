#include "stratus/dataplane/containers/root_fs.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "stratus/core/process.h"
#include "stratus/core/text.h"

namespace stratus::containers {
namespace {

Result<> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return failure("make directory " + path);
  return {};
}

/// A user namespace that maps [0, count) to [base, base + count); it lives as long as its descriptor.
Result<UniqueFd> user_namespace(std::uint32_t base, std::uint32_t count) {
  int ready[2], hold[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return failure("pipe");
  UniqueFd ready_read(ready[0]), ready_write(ready[1]);
  if (::pipe2(hold, O_CLOEXEC) != 0) return failure("pipe");
  UniqueFd hold_read(hold[0]), hold_write(hold[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return failure("fork for a user namespace");
  if (pid == 0) {
    // Only async-signal-safe calls: other threads of the parent may hold locks. Of what was inherited nothing else may
    // stay open: the owner's lock would outlive a killed owner, and another helper's pipe would not close.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto low = static_cast<unsigned>(std::min(ready[1], hold[0]));
    const auto high = static_cast<unsigned>(std::max(ready[1], hold[0]));
    if (low > 3) ::syscall(SYS_close_range, 3U, low - 1, 0U);
    if (high > low + 1) ::syscall(SYS_close_range, low + 1, high - 1, 0U);
    ::syscall(SYS_close_range, high + 1, ~0U, 0U);
    const char answer = ::unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
    char ignored;
    if (::write(ready[1], &answer, 1) == 1) [[maybe_unused]]
      const auto got = ::read(hold[0], &ignored, 1);
    ::_exit(0);
  }
  ready_write.reset();
  char answer = 'n';
  const auto got = ::read(ready_read.get(), &answer, 1);
  const std::string proc = "/proc/" + std::to_string(pid);
  Result<UniqueFd> result = failure("make a user namespace", EPERM);
  if (got == 1 && answer == 'y') {
    const std::string map = "0 " + std::to_string(base) + " " + std::to_string(count);
    const auto write_map = [&](const char* name) {
      const UniqueFd fd(::open((proc + name).c_str(), O_WRONLY | O_CLOEXEC));
      return fd && ::write(fd.get(), map.data(), map.size()) == static_cast<ssize_t>(map.size());
    };
    if (!write_map("/uid_map") || !write_map("/gid_map")) {
      result = failure("map users " + map);
    } else {
      UniqueFd fd(::open((proc + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
      if (fd)
        result = std::move(fd);
      else
        result = failure("open " + proc + "/ns/user");
    }
  }
  // Not by closing `hold`: a child that was forked at the same time by another thread holds its write end too, and that
  // one may wait in the same way.
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return result;
}

Result<> mount_idmapped(const std::string& layer, const std::string& place, int users) {
  const UniqueFd tree(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, layer.c_str(), OPEN_TREE_CLONE | static_cast<unsigned>(O_CLOEXEC))));
  if (!tree) return failure("open layer " + layer);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV;
  attributes.userns_fd = static_cast<std::uint64_t>(users);
  if (::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return failure("idmap layer " + layer);
  if (::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, place.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return failure("mount layer at " + place);
  return {};
}

/// nftw has no argument for its callback.
thread_local std::uint32_t shift_base = 0, shift_count = 0;

int shift_owner(const char* path, const struct stat* status, int, FTW*) {
  if (status->st_uid >= shift_count || status->st_gid >= shift_count)
    return 0;  // nobody, as an idmapped mount shows it
  if (::lchown(path, status->st_uid + shift_base, status->st_gid + shift_base) != 0) return -1;
  // chown takes the set-id bits away.
  if (!S_ISLNK(status->st_mode) && (status->st_mode & 06000U) != 0) return ::chmod(path, status->st_mode & 07777U);
  return 0;
}

}  // namespace

Result<> bind_mount(const std::string& from, const std::string& to) {
  if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) != 0) return failure("bind " + from + " at " + to);
  return {};
}

Result<> mount_root_fs(const RootFs& root) {
  if (root.layers.empty()) return Failure{"an image without layers has nothing to run", EINVAL};
  const std::string lower = root.directory + "/lower", mounted = root.directory + "/root";
  const std::string upper = root.writable + "/upper", work = root.writable + "/work";
  for (const auto& path : {lower, mounted, root.writable, upper, work})
    if (auto made = make_directory(path, 0755); !made) return made;
  struct stat lowest {};
  if (::stat(root.layers.back().c_str(), &lowest) != 0) return failure("stat layer " + root.layers.back());
  // The root directory's own owner and mode come from the upper one.
  if (::chown(upper.c_str(), root.base, root.base) != 0 ||
      ::chmod(upper.c_str(), (lowest.st_mode & 07777U) | 0555U) != 0)
    return failure("set owner of " + upper);
  UniqueFd users;
  if (root.idmapped) {
    auto made = user_namespace(root.base, root.count);
    if (!made) return made.error();
    users = std::move(*made);
  }
  // Short relative names: all options of a mount must fit into one page.
  if (::chdir(lower.c_str()) != 0) return failure("enter " + lower);
  std::string option = "lowerdir=";
  for (std::size_t i = root.layers.size(); i-- > 0;) {
    const std::string name = std::to_string(i);
    if (auto made = make_directory(lower + "/" + name, 0700); !made) return made;
    auto placed = root.idmapped ? mount_idmapped(root.layers[i], lower + "/" + name, users.get())
                                : bind_mount(root.layers[i], lower + "/" + name);
    if (!placed) return placed;
    option += name + (i == 0 ? "" : ":");
  }
  option += ",upperdir=" + upper + ",workdir=" + work;
  option += root.idmapped ? ",volatile" : ",volatile,metacopy=on";
  const std::string source = "stratus";
  if (::mount(source.c_str(), mounted.c_str(), "overlay", MS_NODEV, option.c_str()) != 0)
    return failure("mount overlay on " + mounted + " (" + std::to_string(root.layers.size()) +
                   " layers, writable layer at " + root.writable + ")");
  // overlayfs holds mounts of its own.
  for (std::size_t i = 0; i < root.layers.size(); ++i)
    if (::umount2(std::to_string(i).c_str(), MNT_DETACH) != 0) return failure("unmount layer " + std::to_string(i));
  if (!root.idmapped) {
    shift_base = root.base;
    shift_count = root.count;
    // The upper root directory has its owner already, and would be shifted twice: it is beyond shift_count.
    if (::nftw(mounted.c_str(), shift_owner, 64, FTW_PHYS | FTW_MOUNT) != 0)
      return failure("shift owners in " + mounted);
  }
  return {};
}

Result<UniqueFd> open_in_root(const std::string& root, const std::string& path, int flags) {
  const UniqueFd at(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at) return failure("open " + root);
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, at.get(), path.empty() ? "/" : path.c_str(), &how, sizeof how)));
  if (!fd) return failure("open " + path + " in the container's root");
  return fd;
}

Result<std::string> read_in_root(const std::string& root, const std::string& path) {
  auto fd = open_in_root(root, path, O_RDONLY | O_NONBLOCK);
  if (!fd && (fd.error().error == ENOENT || fd.error().error == ENOTDIR)) return std::string();
  if (!fd) return fd.error();
  std::string out;
  char buffer[16384];
  for (ssize_t got; (got = ::read(fd->get(), buffer, sizeof buffer)) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read " + path + " in the container's root");
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > (4U << 20U)) return Failure{path + " of the image is larger than 4 MiB", EFBIG};
  }
  return out;
}

Result<> make_directory_in_root(const std::string& root, const std::string& path, std::uint32_t uid,
                                std::uint32_t gid) {
  if (open_in_root(root, path, O_PATH | O_DIRECTORY)) return {};
  std::string so_far = "/";
  auto at = open_in_root(root, so_far, O_PATH | O_DIRECTORY);
  if (!at) return at.error();
  for (const auto& part : text::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return Failure{"path " + path + " of the container has \"..\" in it", EINVAL};
    so_far += part + "/";
    auto next = open_in_root(root, so_far, O_PATH | O_DIRECTORY);
    if (!next && next.error().error == ENOENT) {
      if (::mkdirat(at->get(), part.c_str(), 0755) != 0 ||
          ::fchownat(at->get(), part.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
        return failure("make directory " + so_far + " in the container's root");
      next = open_in_root(root, so_far, O_PATH | O_DIRECTORY);
    }
    if (!next) return next.error();
    at = std::move(next);
  }
  return {};
}

}  // namespace stratus::containers
