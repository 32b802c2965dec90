// The daemon as the command line sees it: its address, its process, its internal pages.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "stratus/core/result.h"

namespace stratus::cli {

struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4566;
  std::string state_directory = "/var/lib/stratus";
};

struct Page {
  int status = 0;
  std::string body;
};

/// One HTTP request to the daemon. A Failure means that nobody answered. Blocks for `seconds` at most.
Result<Page> request(const Address& address, const std::string& method, const std::string& path, int seconds = 10);
/// What of the daemon's health page is not ready, and why: "containers: …; network: …". Empty where all of it is.
std::string not_ready(const std::string& health);
/// The daemon's pid, from the lock that it holds on its state; nothing where none runs.
std::optional<pid_t> daemon_pid(const Address& address);

}  // namespace stratus::cli
