#include "stratus/core/asio_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <unordered_map>

#include "stratus/core/check.h"

namespace stratus {

namespace asio = boost::asio;

struct AsioLoop::State {
  explicit State(std::size_t threads) : pool(threads) {}
  SystemClock clock;
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  asio::thread_pool pool;
  asio::signal_set signals{context};
  std::unordered_map<TimerId, std::unique_ptr<asio::steady_timer>> timers;
  TimerId next_timer = 1;
};

AsioLoop::AsioLoop(std::size_t pool_threads) : state_(std::make_unique<State>(pool_threads)) {}

AsioLoop::~AsioLoop() { state_->pool.join(); }

const Clock& AsioLoop::clock() const { return state_->clock; }

void AsioLoop::post(std::function<void()> work) { asio::post(state_->context, std::move(work)); }

TimerId AsioLoop::after(Duration delay, std::function<void()> work) {
  const TimerId id = state_->next_timer++;
  auto timer = std::make_unique<asio::steady_timer>(state_->context, delay);
  timer->async_wait([this, id, work = std::move(work)](const boost::system::error_code& error) {
    if (error || state_->timers.erase(id) == 0) return;
    work();
  });
  state_->timers.emplace(id, std::move(timer));
  return id;
}

void AsioLoop::cancel(TimerId timer) { state_->timers.erase(timer); }

void AsioLoop::run_blocking(std::function<void()> work, std::function<void()> then) {
  asio::post(state_->pool, [this, work = std::move(work), then = std::move(then)]() mutable {
    work();
    asio::post(state_->context, std::move(then));
  });
}

void AsioLoop::run() { state_->context.run(); }

void AsioLoop::stop() { state_->context.stop(); }

void AsioLoop::on_signal(std::function<void(int)> handler) {
  state_->signals.add(SIGTERM);
  state_->signals.add(SIGINT);
  state_->signals.add(SIGHUP);
  struct Wait {
    State& state;
    std::function<void(int)> handler;
    void arm(std::shared_ptr<Wait> self) {
      state.signals.async_wait([self = std::move(self)](const boost::system::error_code& error, int number) {
        if (error) return;
        self->handler(number);
        self->arm(self);
      });
    }
  };
  auto wait = std::make_shared<Wait>(Wait{*state_, std::move(handler)});
  wait->arm(wait);
}

boost::asio::io_context& AsioLoop::context() { return state_->context; }

}  // namespace stratus
