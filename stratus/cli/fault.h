// `stratus fault`: what is broken on purpose.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stratus/cli/daemon_client.h"

namespace stratus::cli {

/// The words of `stratus fault start`, as `/_stratus/fault` takes them.
using FaultWords = std::vector<std::pair<std::string, std::string>>;

/// The id of the fault, which is in effect by then.
Result<std::string> start_fault(const Address& address, const FaultWords& words);
/// A table, or what the daemon answered.
Result<std::string> list_faults(const Address& address, bool json);
/// `id` or "all"; the ids of those that ended, one a line. What they did is undone by then.
Result<std::string> stop_fault(const Address& address, const std::string& id);

}  // namespace stratus::cli
