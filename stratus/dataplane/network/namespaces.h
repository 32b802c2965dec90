// Named network namespaces, pinned where `ip netns` looks for them.
#pragma once

#include <string>
#include <vector>

#include "stratus/core/result.h"

namespace stratus::network {

/// Makes the namespace, pins it at `path`, brings `lo` up and sets the sysctls that every namespace of ours has;
/// `router` adds forwarding. One that is there already is success: its sysctls are set again.
Result<> ensure_netns(const std::string& path, bool router);
/// Unpins; the kernel removes it, its links and routes when nothing runs in it any more. ENOENT is success.
Result<> remove_netns(const std::string& path);
bool netns_exists(const std::string& path);
/// Pinned namespaces in `directory` whose names begin with `prefix`: the names.
std::vector<std::string> list_netns(const std::string& directory, const std::string& prefix);
/// Runs an nftables script in the namespace of the calling thread, as one transaction.
Result<> run_nftables(const std::string& script);
Result<> set_sysctl(const std::string& name, const std::string& value);

}  // namespace stratus::network
