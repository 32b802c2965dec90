// The real event loop, on Boost.Asio: one thread runs the loop, a small pool does blocking work.
#pragma once

#include <memory>

#include "stratus/core/loop.h"

namespace boost::asio {
class io_context;
}

namespace stratus {

class AsioLoop final : public Loop {
 public:
  explicit AsioLoop(std::size_t pool_threads = 8);
  ~AsioLoop() override;

  const Clock& clock() const override;
  void post(std::function<void()> work) override;
  TimerId after(Duration delay, std::function<void()> work) override;
  void cancel(TimerId timer) override;
  void run_blocking(std::function<void()> work, std::function<void()> then) override;

  /// Runs until `stop`. The calling thread becomes the loop's thread.
  void run();
  /// From any thread, or from a handler.
  void stop();
  /// Calls `handler(signal)` on the loop for SIGTERM, SIGINT and SIGHUP.
  void on_signal(std::function<void(int)> handler);
  boost::asio::io_context& context();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stratus
