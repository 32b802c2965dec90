// Where the model's service is. The system's resolver works off one question after the other, in a thread, and cannot
// be stopped: with a dead server a question takes it ten seconds. So nobody waits for it beyond their own deadline, all
// who ask at once share one question, and what it found serves the next ones.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace counselor {

class Names {
 public:
  using Clock = std::chrono::steady_clock;
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  using Answered = std::function<void(const std::string& error, Endpoints found)>;
  /// Asks, and calls `Answered` once, later.
  using Lookup = std::function<void(const std::string& host, const std::string& port, Answered)>;

  static constexpr std::chrono::seconds kFresh{60};  ///< an answer older than this is asked for anew, but still used
  static constexpr std::chrono::minutes kGood{15};   ///< one older than this is not

  explicit Names(boost::asio::io_context& context);
  explicit Names(Lookup lookup) : state_(std::make_shared<State>(State{std::move(lookup)})) {}

  /// Waits on `timer`; whoever cancels it gets the error "cancelled". Throws std::runtime_error.
  boost::asio::awaitable<Endpoints> find(std::string host, std::string port, boost::asio::steady_timer& timer,
                                         Clock::time_point deadline);

 private:
  struct State {
    Lookup lookup;
    Endpoints found = {};
    std::string error = {};
    Clock::time_point at{};
    std::uint64_t answers = 0;
    bool asking = false;
    std::list<boost::asio::steady_timer*> waiting = {};
  };
  void ask(const std::string& host, const std::string& port);
  std::shared_ptr<State> state_;  ///< an answer may come when nobody is there any more
};

}  // namespace counselor
