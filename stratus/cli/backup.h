// `stratus backup` and `stratus restore`.
#pragma once

#include <string>

#include "stratus/cli/daemon_client.h"

namespace stratus::cli {

/// Where `stratus up` lets regular backups go: outside of the state, so that they outlive its loss.
std::string backup_directory(const Address& address);
/// Asks the running daemon for a backup of its state. The text says what was written.
Result<std::string> back_up(const Address& address, const std::string& file);
/// Puts a backup in the place of the state of a daemon that does not run: a file, the newest one in a folder, or the
/// newest regular one where `file` is "", passing over damaged ones. The text says what was restored and how old it is.
Result<std::string> restore(const Address& address, const std::string& file);

}  // namespace stratus::cli
