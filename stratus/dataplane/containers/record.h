// What is written down about a running container, so that a restarted daemon knows its processes again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stratus/core/clock.h"
#include "stratus/core/fd.h"
#include "stratus/core/result.h"

namespace stratus::containers {

/// A process by its pid and its start time in clock ticks: a pid alone may be another process after a while.
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t started = 0;

  /// Of a process that runs now; started = 0 where it does not.
  static ProcessId of(pid_t pid);
  /// Zombies do not count.
  bool alive() const;
  /// A descriptor of exactly this process; ESRCH where it is gone.
  Result<UniqueFd> open() const;
};

struct Record {
  std::string id, task;
  ProcessId process;
  ProcessId supervisor;
  Timestamp started_at;
  int stop_signal = 15;
};

std::string to_json(const Record& record);
Result<Record> parse_record(std::string_view json);

}  // namespace stratus::containers
