// Named network namespaces, pinned where `ip netns` looks for them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/fd.h"
#include "stratus/core/result.h"

namespace stratus::network {

/// Makes the namespace and pins it at `path`, with `lo` up and the sysctls that all of ours have; `forwards` adds what
/// a router needs. `owner` is kept as the alias of `lo`: what is pinned tells whose it is.
Result<> create_netns(const std::string& path, bool forwards, const std::string& owner);
/// Sets the sysctls of the calling thread's namespace, where they differ.
Result<> configure_netns(bool forwards);
/// Writes a file under /proc/sys.
Result<> write_sysctl(const std::string& path, std::string_view value);
/// Unpins; the kernel removes it, its links and routes when nothing runs in it any more. One that is gone is success.
Result<> remove_netns(const std::string& path);
bool netns_exists(const std::string& path);
Result<UniqueFd> open_netns(const std::string& path);
/// Pinned namespaces in `directory` whose names begin with `prefix`: the names.
std::vector<std::string> list_netns(const std::string& directory, const std::string& prefix);

/// Runs `work` on a thread of its own, which may change its namespace as it likes.
Result<> on_own_thread(const std::function<Result<>()>& work);
/// Runs `work` in a namespace that goes with it.
Result<> in_scratch_netns(const std::function<Result<>()>& work);
/// Runs `work` inside, on the calling thread, and comes back. Only within `on_own_thread`.
Result<> inside(int netns, const std::function<Result<>()>& work);

}  // namespace stratus::network
