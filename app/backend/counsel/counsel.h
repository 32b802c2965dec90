// The streamed part of the API: chat, feedback on a résumé and on an interview answer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json.hpp>
#include <memory>
#include <random>
#include <string>

#include "app/backend/api.h"
#include "app/backend/counsel/limits.h"
#include "app/backend/counsel/model.h"
#include "app/backend/counsel/prompt.h"
#include "app/backend/counsel/safety.h"

namespace counselor {

/// Where the events of one answer go.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Returns once the client's socket has taken it; false where the client is gone.
  virtual boost::asio::awaitable<bool> send(std::string_view event, const boost::json::value& data) = 0;
  bool ending = false;  ///< the service stops: what runs is cut
  Stop stop;            ///< pulled when the client leaves, or the service ends
};

/// What a body of /api/interview/feedback says.
struct Practice {
  const Career* career = nullptr;
  std::string question, answer;
};

class Counsel {
 public:
  Counsel(boost::asio::io_context& context, const Catalogue& catalogue, const Search& search, const Config& config)
      : catalogue_(catalogue),
        search_(search),
        config_(config),
        model_(context, config),
        requests_(config.chat_per_minute, std::chrono::minutes(1)),
        tokens_(config.tokens_per_hour, std::chrono::hours(1)),
        streams_(config.streams, config.streams_per_client) {}

  /// Answers by events; throws Problem where it cannot begin. The body is freed once it is read.
  boost::asio::awaitable<void> answer(Request& request, EventSink& sink);
  ModelState state() const;
  int open() const { return streams_.open(); }

 private:
  boost::asio::awaitable<void> chat(Request& request, EventSink& sink);
  boost::asio::awaitable<void> resume(Request& request, EventSink& sink);
  boost::asio::awaitable<void> interview(Request& request, EventSink& sink);
  /// What a body asks of the model, or the notice that stands for an answer. Apart from the coroutines, so that nothing
  /// of it outlives the reading.
  std::optional<Notice> read_chat(Request& request, Prompt& prompt);
  Prompt read_resume(Request& request);
  Practice read_interview(Request& request);
  /// Asks the model and passes its words on. `begin` is sent once it answers.
  boost::asio::awaitable<void> speak(const Request& request, Prompt prompt, EventSink& sink, bool begun);
  boost::json::object meta(const Request& request, const std::vector<const Career*>& careers, bool model) const;
  std::string fence();
  std::string pseudonym(const std::string& client) const;

  const Catalogue& catalogue_;
  const Search& search_;
  const Config& config_;
  Model model_;
  Buckets requests_, tokens_;
  StreamCount streams_;
  std::random_device random_;
  std::uint64_t salt_ = (static_cast<std::uint64_t>(random_()) << 32) | random_();
};

}  // namespace counselor
