// One thread that sees supervisors end and logs grow. It owns all that it watches; commands reach it by a queue, what
// it sees leaves by the two functions that it was given (called on its thread).
//
// A log is read as it grows (inotify, and every second in case an event was lost), at most 4 MiB ahead of what is
// acknowledged. Acknowledged text is freed by punching holes: offsets stay what they are, nothing is renamed or
// truncated under conmon, and a reader that comes back with an old offset starts at the first byte that is left. A log
// that nobody acknowledges grows; --log-size-max of conmon would throw unread lines away.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "stratus/core/fd.h"
#include "stratus/dataplane/containers/log_reader.h"
#include "stratus/dataplane/containers/runtime.h"

namespace stratus::containers {

class Watcher {
 public:
  struct Events {
    std::function<void(std::uint64_t watch, const Exit&)> exited;
    std::function<void(std::uint64_t watch, LogBatch)> logged;
  };

  Watcher(std::shared_ptr<const Runtime> runtime, Events events);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Starts the thread.
  Result<> open();
  /// `watch` is the caller's number for this container; `exited` where its end is known already.
  void watch(std::uint64_t watch, const Record& record, bool exited);
  void follow(std::uint64_t watch, std::uint64_t offset);
  void acknowledge(std::uint64_t watch, std::uint64_t offset);
  void forget(std::uint64_t watch);

 private:
  struct Watched {
    Record record;
    UniqueFd supervisor;
    std::optional<LogReader> log;
    bool exited = false;
    bool grown = false;
    bool told_all = false;  ///< the log came to its end; what of it is not acknowledged yet is still to be freed
  };
  void tell(std::function<void()> command);
  void run();
  void see_end(std::uint64_t watch, Watched& watched);
  /// True where there may be more to read at once.
  bool read_log(std::uint64_t watch, Watched& watched);
  void take_commands();
  void take_growth();

  std::shared_ptr<const Runtime> runtime_;
  Events events_;
  UniqueFd epoll_, wake_, inotify_;
  std::map<std::uint64_t, Watched> watched_;  ///< of the thread
  std::mutex mutex_;
  std::vector<std::function<void()>> commands_;  ///< guarded by mutex_
  bool stopping_ = false;                        ///< of the thread
  std::thread thread_;
};

}  // namespace stratus::containers
