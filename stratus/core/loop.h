// The event loop that owns all state. Services, controllers and state run on it and on nothing else; blocking work runs
// on a pool and comes back by message.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "stratus/core/clock.h"

namespace stratus {

using TimerId = std::uint64_t;

/// Thread safety: `post` may be called from any thread; everything else only from the loop's own thread.
class Loop {
 public:
  virtual ~Loop() = default;
  virtual const Clock& clock() const = 0;
  /// Runs `work` in a later turn of the loop, in the order of posting.
  virtual void post(std::function<void()> work) = 0;
  /// Runs `work` once, `delay` from now, unless cancelled before.
  virtual TimerId after(Duration delay, std::function<void()> work) = 0;
  virtual void cancel(TimerId timer) = 0;
  /// Runs `work` on the pool, then `then` on the loop. `work` must not touch anything that the loop owns.
  virtual void run_blocking(std::function<void()> work, std::function<void()> then) = 0;
};

/// A level-triggered controller's heartbeat: `reconcile` runs soon after each `wake` (wakes in between coalesce) and at
/// least every `interval`. Never re-entered.
class Reconciler {
 public:
  Reconciler(Loop& loop, std::string name, Duration interval);
  virtual ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  void start();
  void stop();
  void wake();
  /// Runs `reconcile` again at `delay` from now, if nothing wakes it before.
  void wake_in(Duration delay);
  const std::string& name() const { return name_; }

 protected:
  /// Compares what is desired with what is, and starts what is missing. Idempotent. An exception is logged, and the
  /// reconciler runs again at its interval.
  virtual void reconcile() = 0;

 private:
  void run();
  struct Alive;
  Loop& loop_;
  std::string name_;
  Duration interval_;
  std::shared_ptr<Alive> alive_;
  TimerId timer_ = 0;
  Timestamp timer_at_{};
  bool started_ = false;
  bool queued_ = false;
};

}  // namespace stratus
