// OpenAI's streaming chat completions: https://platform.openai.com/docs/api-reference/chat/create. One request, its
// retries before the first byte, and then the words as they come.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "app/backend/config.h"
#include "app/backend/counsel/connection.h"
#include "app/backend/counsel/limits.h"

namespace counselor {

struct ModelFailure {
  /// kRefused: by what the service thinks of us, as of a wrong key. kUnfit: of this request alone.
  enum class Kind { kFailing, kRateLimited, kRefused, kUnfit, kGone } kind = Kind::kFailing;
  std::string reason;   ///< for the log
  int retry_after = 5;  ///< seconds
};

struct Piece {
  std::string text;           ///< may be empty
  std::string finish_reason;  ///< as the API says it; "" until the end
  int input_tokens = -1, output_tokens = -1;
};

/// Splits a stream of server-sent events into the data of each (WHATWG HTML, 9.2.6, as far as this API uses it).
class EventLines {
 public:
  static constexpr std::size_t kMostLine = 256 * 1024;
  /// Throws std::runtime_error where a line is too long.
  void feed(std::string_view bytes);
  std::optional<std::string> next();

 private:
  std::string buffer_, data_;
  std::size_t at_ = 0, seen_ = 0;  ///< where the next line begins; up to where no end of it is
  bool has_data_ = false;
};

class Model;

/// An answer that is being given. Lives as long as one reads from it.
class Answer {
 public:
  /// The next piece; nothing at the end. Throws ModelFailure where it is cut. Reads only when asked: a slow reader
  /// slows the sender.
  boost::asio::awaitable<std::optional<Piece>> next();

 private:
  friend class Model;
  explicit Answer(boost::asio::io_context& context) : connection(context) {}
  boost::asio::awaitable<bool> fill();
  Connection connection;
  boost::beast::http::response_parser<boost::beast::http::buffer_body> parser;
  boost::beast::flat_buffer buffer;
  EventLines lines;
  std::chrono::seconds silence{30};
  Connection::Deadline last = Connection::Deadline::max();  ///< of the whole answer, however it trickles
  bool ended = false, done = false, finished = false;
};

/// By which a leaving client ends what is under way.
struct Stop {
  bool now = false;
  Connection* connection = nullptr;
  boost::asio::steady_timer* pause = nullptr;
  void stop();
};

class Model {
 public:
  Model(boost::asio::io_context& context, const Config& config);
  /// Throws ModelFailure. On return the service has begun to answer.
  boost::asio::awaitable<std::unique_ptr<Answer>> ask(const boost::json::array& messages, const std::string& request_id,
                                                      const std::string& client_hash, Stop& stop);
  bool configured() const { return !config_.key.empty(); }
  bool failing() const { return breaker_.open(Clock::now()); }
  CircuitBreaker& breaker() { return breaker_; }

 private:
  boost::asio::awaitable<std::unique_ptr<Answer>> attempt(const std::string& request, Stop& stop,
                                                          Clock::time_point deadline);
  boost::asio::io_context& context_;
  const Config& config_;
  std::string host_, port_, path_;
  bool secure_ = true;
  TlsContext tls_;
  Names names_;
  CircuitBreaker breaker_;
  std::mt19937 engine_{std::random_device{}()};
};

}  // namespace counselor
