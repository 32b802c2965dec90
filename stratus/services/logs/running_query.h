// A query of Insights that is under way in this process: its pipeline, and where its events come from.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "stratus/services/logs/insights.h"
#include "stratus/state/store.h"

namespace stratus::services::logs {

/// A stream's events, newest first, some at a time.
struct EventSource {
  struct Found {
    std::int64_t id, time, ingested;
    std::string message;  ///< as stored
  };
  static constexpr std::int64_t kSlice = 500;  ///< events that are read at once
  std::int64_t serial = 0;
  std::string group, stream, log;
  std::optional<std::string> key;
  std::deque<Found> ready;
  std::int64_t time = INT64_MAX, id = INT64_MAX;  ///< everything newer was read
  bool exhausted = false;

  void fill(state::Store& store, std::int64_t start, std::int64_t end) {
    if (!ready.empty() || exhausted) return;
    auto query = store.sql().query(
        "SELECT id, time, ingested, message FROM log_events WHERE stream=?1 AND time>=?2 AND time<=?3 AND "
        "(time,id)<(?4,?5) ORDER BY time DESC, id DESC LIMIT ?6");
    query.bind(1, serial).bind(2, start).bind(3, end).bind(4, time).bind(5, id).bind(6, kSlice);
    while (query.step()) ready.push_back({query.integer(0), query.integer(1), query.integer(2), query.blob(3)});
    exhausted = static_cast<std::int64_t>(ready.size()) < kSlice;
    if (ready.empty()) return;
    time = ready.back().time;
    id = ready.back().id;
  }
};

struct RunningQuery {
  RunningQuery(std::vector<insights::Command> commands, std::int64_t most)
      : pipeline(std::move(commands), static_cast<std::size_t>(most)) {}
  insights::Pipeline pipeline;
  std::vector<EventSource> sources;
  double scanned = 0, bytes = 0;
};

}  // namespace stratus::services::logs
