// Frozen tasks: each has a file that says until when, and a guard, a process of its own that waits for that instant and
// lets the task go on. The guard outlives the daemon; a guard that was killed is made again when the daemon starts.
#include <unistd.h>

#include <filesystem>

#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/dataplane/containers/runtime.h"

namespace stratus::containers {
namespace {

namespace fs = std::filesystem;

/// $1 is the file with the instant, $2 the kernel's file, $3 the word that thaws. Where the first is gone, somebody has
/// ended the freeze: thawing once more does no harm.
constexpr const char* kGuard =
    "while read -r until < \"$1\" && [ \"$(date +%s)\" -lt \"$until\" ]; do sleep 0.5; done; "
    "rm -f \"$1\"; echo \"$3\" > \"$2\"";

}  // namespace

Result<> Runtime::guard_freeze(const std::string& task) const {
  Command command;
  command.argv = {
      "sh", "-c", kGuard, "stratus-thaw", freeze_path(task), cgroups_.freezer_file(task), cgroups_.freezer_word(false)};
  const auto guard = spawn_detached(command);
  if (!guard) return guard.error();
  return cgroups_.adopt_supervisor(*guard);
}

Result<> Runtime::freeze(const std::string& task, Timestamp until) {
  if (::access(cgroups_.freezer_file(task).c_str(), W_OK) != 0) return failure("freeze task " + task);
  // The guard first: nothing is ever frozen that nobody thaws.
  const std::string seconds = std::to_string((until.ms + 999) / 1000) + "\n";
  if (auto written = write_volatile(freeze_path(task), seconds, 0600); !written) return written;
  if (auto guarded = guard_freeze(task); !guarded) return guarded;
  const auto frozen = cgroups_.set_frozen(task, true);
  const bool held = ::access(freeze_path(task).c_str(), F_OK) == 0;
  if (frozen && held) return {};
  // Half of a task that stands still is worse than none. And whoever took the file away has thawed the task, before it
  // was frozen perhaps: nobody would do it again.
  if (auto thawed = thaw(task); !thawed) {
    log::error("task_not_thawed", {{"task", task}, {"error", thawed.error().message()}});
    return thawed;
  }
  if (!held && SystemClock().now() >= until) return {};
  return frozen ? Failure{"freeze task " + task + ": it was thawed meanwhile", ECANCELED} : frozen;
}

Result<> Runtime::thaw(const std::string& task) {
  if (::unlink(freeze_path(task).c_str()) != 0 && errno != ENOENT) return failure("remove " + freeze_path(task));
  if (auto thawed = cgroups_.set_frozen(task, false); !thawed && thawed.error().error != ENOENT) return thawed;
  return {};
}

Result<> Runtime::guard_freezes() {
  std::error_code error;
  std::vector<std::string> tasks;
  for (fs::directory_iterator it(settings_.run_directory + "/frozen", error), end; !error && it != end;
       it.increment(error))
    tasks.push_back(it->path().filename().string());
  if (error) return Failure{"list " + settings_.run_directory + "/frozen", error.value()};
  for (const auto& task : tasks) {
    log::warning("task_frozen", {{"task", task}});
    if (auto guarded = guard_freeze(task); !guarded) return guarded;
  }
  return {};
}

}  // namespace stratus::containers
