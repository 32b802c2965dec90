// A marked block in /etc/hosts, so that browsers and curl find our names without a resolver of ours.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stratus/core/result.h"

namespace stratus::dns {

/// Address and name, one line each.
using HostsEntries = std::vector<std::pair<std::string, std::string>>;

/// `content` with the block of `tag` holding `entries`: replaced where it stands, appended where there is none, removed
/// where `entries` is empty. Every other byte stays. Where its end marker is missing, only the begin marker counts as
/// ours.
std::string with_hosts_block(std::string_view content, std::string_view tag, const HostsEntries& entries);

/// Blocks: call it on the pool.
class HostsFile {
 public:
  /// The block is "# stratus <tag> begin" … "# stratus <tag> end".
  HostsFile(std::string path, std::string tag) : path_(std::move(path)), tag_(std::move(tag)) {}

  /// Atomically, by renaming a new file over it; where that is impossible (a bind mount) in place. Writes nothing where
  /// nothing changes.
  Result<> update(const HostsEntries& entries) const;
  Result<> remove() const { return update({}); }

 private:
  std::string path_, tag_;
};

}  // namespace stratus::dns
