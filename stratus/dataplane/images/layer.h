// One layer's tar, plain or compressed, made into a directory that overlayfs can use as a lower layer.
//
// The tar is hostile until shown otherwise: no entry lands outside the directory (the kernel resolves every path with
// the directory as root), ".." is refused, devices are skipped, extended attributes are dropped, bytes and entries are
// counted.
#pragma once

#include <cstdint>
#include <string>

#include "stratus/core/result.h"

namespace stratus::images {

struct LayerLimits {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
};

struct UnpackedLayer {
  std::string diff_id;  ///< digest of the uncompressed tar
  std::uint64_t bytes = 0, entries = 0, skipped = 0;
};

/// Unpacks `blob` (tar; gzip, zstd, bzip2 or xz around it) into `directory`, which must exist and be empty. Whiteouts
/// become overlayfs's own: character device 0/0 for a removed name, trusted.overlay.opaque for a directory that hides
/// those below. Failures: EINVAL a malformed or hostile tar, EFBIG a limit.
Result<UnpackedLayer> unpack_tar(const std::string& blob, const std::string& directory, const LayerLimits& limits);

}  // namespace stratus::images
