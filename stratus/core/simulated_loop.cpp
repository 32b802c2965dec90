#include "stratus/core/simulated_loop.h"

namespace stratus {

TimerId SimulatedLoop::after(Duration delay, std::function<void()> work) {
  const TimerId id = next_++;
  timers_.emplace(std::pair(clock_.time + delay, id), std::move(work));
  return id;
}

void SimulatedLoop::cancel(TimerId timer) {
  std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
}

void SimulatedLoop::run_blocking(std::function<void()> work, std::function<void()> then) {
  work();
  post(std::move(then));
}

void SimulatedLoop::settle() {
  while (!ready_.empty()) {
    auto work = std::move(ready_.front());
    ready_.pop_front();
    work();
  }
}

void SimulatedLoop::advance(Duration duration) {
  const Timestamp end = clock_.time + duration;
  settle();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    auto node = timers_.extract(timers_.begin());
    clock_.time = std::max(clock_.time, node.key().first);
    node.mapped()();
    settle();
  }
  clock_.time = end;
  settle();
}

bool SimulatedLoop::advance_until(const std::function<bool()>& condition, Duration limit, Duration step) {
  settle();
  for (Duration passed{0}; passed < limit; passed += step) {
    if (condition()) return true;
    advance(step);
  }
  return condition();
}

}  // namespace stratus
