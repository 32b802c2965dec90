// An event loop with virtual time, for tests and simulation: nothing happens until the test turns it.
#pragma once

#include <deque>
#include <map>

#include "stratus/core/loop.h"

namespace stratus {

class SimulatedLoop final : public Loop {
 public:
  /// Starts at 2026-01-01T00:00:00Z.
  SimulatedLoop() = default;

  const Clock& clock() const override { return clock_; }
  void post(std::function<void()> work) override { ready_.push_back(std::move(work)); }
  TimerId after(Duration delay, std::function<void()> work) override;
  void cancel(TimerId timer) override;
  /// Runs `work` at once and posts `then`.
  void run_blocking(std::function<void()> work, std::function<void()> then) override;

  Timestamp now() const { return clock_.time; }
  /// Runs what is posted, until nothing is; time stands still.
  void settle();
  /// Moves time forward, running each timer at its own instant, and settles.
  void advance(Duration duration);
  /// Advances until `condition` holds; false if it does not within `limit`.
  bool advance_until(const std::function<bool()>& condition, Duration limit, Duration step = Duration(100));

 private:
  struct VirtualClock final : Clock {
    Timestamp time{1'767'225'600'000};
    Timestamp now() const override { return time; }
  };
  VirtualClock clock_;
  std::deque<std::function<void()>> ready_;
  std::map<std::pair<Timestamp, TimerId>, std::function<void()>> timers_;
  TimerId next_ = 1;
};

}  // namespace stratus
