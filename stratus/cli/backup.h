// `stratus backup` and `stratus restore`.
#pragma once

#include <string>

#include "stratus/cli/daemon_client.h"

namespace stratus::cli {

/// Asks the running daemon for a backup of its state. The text says what was written.
Result<std::string> back_up(const Address& address, const std::string& file);
/// Puts a backup in the place of the state of a daemon that does not run. The text says what was restored and how old
/// it is.
Result<std::string> restore(const Address& address, const std::string& file);

}  // namespace stratus::cli
