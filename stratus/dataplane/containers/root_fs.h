// A container's root file system: the image's layers, idmapped into the task's range of users, below a writable overlay
// layer. Everything here runs inside the mount namespace (MountSpace::in).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stratus/core/fd.h"
#include "stratus/core/result.h"

namespace stratus::containers {

struct RootFs {
  std::vector<std::string> layers;  ///< lowest first
  std::string directory;            ///< "root" (the mount) and "lower" are made here; on the run directory
  std::string writable;             ///< "upper" and "work" are made here; on a disk
  std::uint32_t base = 0, count = 65536;
  bool idmapped = true;
};

/// Mounts it at <directory>/root. Where layers are not idmapped, every file of the image is given its owner in the
/// writable layer instead (overlayfs copies metadata only): right as well, but it takes time and space that grow with
/// the image.
Result<> mount_root_fs(const RootFs& root);

/// A file or directory inside the root, every symbolic link resolved inside it: never a file of the host.
Result<UniqueFd> open_in_root(const std::string& root, const std::string& path, int flags);
/// Reads a small file of the image; "" where it has none.
Result<std::string> read_in_root(const std::string& root, const std::string& path);
/// Makes a directory inside the root, with its parents, owned by `uid` and `gid` of the host; leaves one that exists
/// alone.
Result<> make_directory_in_root(const std::string& root, const std::string& path, std::uint32_t uid, std::uint32_t gid);

Result<> bind_mount(const std::string& from, const std::string& to);

}  // namespace stratus::containers
