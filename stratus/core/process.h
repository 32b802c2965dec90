// Child processes and namespaces, for the rooms that drive programs. Everything here blocks: call it on the pool.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/fd.h"
#include "stratus/core/result.h"

namespace stratus {

/// A program to run. `argv[0]` is looked up in PATH. `environment` ("NAME=value") replaces the inherited one where it
/// is not empty. `netns` and `mntns` are paths of namespaces to enter before the program starts ("" stays where we
/// are).
struct Command {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string input;  ///< given on standard input
  std::string netns;
  std::string mntns;
  std::string directory;
  std::vector<std::pair<int, int>> fds;  ///< our fd → the child's number; everything else is closed on exec
  Duration timeout{30'000};              ///< the child is killed after it; Failure{ETIMEDOUT}
};

struct Exited {
  int status = 0;      ///< exit status, or 128 + signal
  std::string output;  ///< standard output, at most 16 MiB
  std::string errors;  ///< standard error, at most 1 MiB
};

/// Runs to the end. A Failure means that it could not be started or had to be killed; a non-zero status is a value.
Result<Exited> run(const Command& command);

/// Runs to the end and wants status 0; otherwise the Failure carries the program's standard error.
Result<std::string> run_checked(const Command& command);

/// Starts a process that outlives us: own session, standard streams on /dev/null (errors to `log_path` where it is not
/// empty).
Result<pid_t> spawn_detached(const Command& command, const std::string& log_path = "");

/// Runs `work` on a thread of its own inside the network namespace at `path` ("/run/netns/st-…"), and waits for it.
Result<> in_netns(const std::string& path, const std::function<Result<>()>& work);

Result<std::string> read_file(const std::string& path);
/// Writes beside `path`, fsyncs and renames over it: a reader sees the old content or the new.
Result<> write_file(const std::string& path, std::string_view content, mode_t mode = 0644);

}  // namespace stratus
