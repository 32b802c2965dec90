#include "app/backend/counsel/names.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <utility>

namespace counselor {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

Names::Names(asio::io_context& context)
    : Names([&context](const std::string& host, const std::string& port, Answered answered) {
        const auto resolver = std::make_shared<tcp::resolver>(context);
        resolver->async_resolve(host, port,
                                [resolver, answered = std::move(answered)](const boost::system::error_code& error,
                                                                           const tcp::resolver::results_type& found) {
                                  answered(error ? error.message() : "", Endpoints(found.begin(), found.end()));
                                });
      }) {}

void Names::ask(const std::string& host, const std::string& port) {
  if (std::exchange(state_->asking, true)) return;
  state_->lookup(host, port, [state = state_](const std::string& error, Endpoints found) {
    state->asking = false;
    state->error = found.empty() && error.empty() ? "no address" : error;
    ++state->answers;
    if (state->error.empty()) {
      state->found = std::move(found);
      state->at = Clock::now();
    }
    for (asio::steady_timer* timer : state->waiting) timer->cancel();
  });
}

asio::awaitable<Names::Endpoints> Names::find(std::string host, std::string port, asio::steady_timer& timer,
                                              Clock::time_point deadline) {
  boost::system::error_code none;
  if (const auto address = asio::ip::make_address(host, none); !none)
    co_return Endpoints(1, tcp::endpoint(address, static_cast<std::uint16_t>(std::stoi(port))));
  const auto state = state_;
  const auto age = Clock::now() - state->at;
  if (state->found.empty() || age > kFresh) {
    const auto before = state->answers;
    timer.expires_at(deadline);
    ask(host, port);
    if (state->found.empty() || age > kGood) {
      if (state->answers == before) {
        const auto place = state->waiting.insert(state->waiting.end(), &timer);
        boost::system::error_code over;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, over));
        state->waiting.erase(place);
        if (state->answers == before)
          throw std::runtime_error(over ? "cancelled" : "the name of the service was not found in time");
      }
      if (!state->error.empty()) throw std::runtime_error(state->error);
    }
  }
  co_return state->found;
}

}  // namespace counselor
