#include "app/backend/counsel/model.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <stdexcept>

#include "app/backend/log.h"

namespace counselor {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;
using asio::use_awaitable;

namespace {

constexpr int kAttempts = 3;
constexpr auto kConnectPatience = std::chrono::seconds(5);
constexpr std::size_t kRead = 4096;

}  // namespace

void EventLines::feed(std::string_view bytes) {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = seen_ = 0;
  }
  buffer_ += bytes;
  if (buffer_.size() > kMostLine || data_.size() > kMostLine) throw std::runtime_error("an event is too long");
}

std::optional<std::string> EventLines::next() {
  for (;;) {
    // What was looked through once is not again, however small the pieces are in which a long line comes.
    const auto end = buffer_.find('\n', std::max(at_, seen_));
    seen_ = end == std::string::npos ? buffer_.size() : end + 1;
    if (end == std::string::npos) return std::nullopt;
    std::string_view line(buffer_.data() + at_, end - at_);
    at_ = end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) {
      if (!has_data_) continue;
      has_data_ = false;
      return std::exchange(data_, {});
    }
    if (!line.starts_with("data:")) continue;  // comments, names, ids
    line.remove_prefix(5);
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += line;
    has_data_ = true;
  }
}

void Stop::stop() {
  now = true;
  if (connection != nullptr) connection->cancel();
  if (pause != nullptr) pause->cancel();
}

Model::Model(asio::io_context& context, const Config& config)
    : context_(context), config_(config), tls_(config.ca_file, config.ca_pem), names_(context) {
  const auto url = boost::urls::parse_uri(config.base_url);
  if (!url || (url->scheme() != "https" && url->scheme() != "http") || url->encoded_host().empty())
    throw std::runtime_error("OPENAI_BASE_URL is no http or https URL");
  secure_ = url->scheme() == "https";
  host_ = url->host();
  if (host_.size() > 2 && host_.front() == '[') host_ = host_.substr(1, host_.size() - 2);
  port_ = url->has_port() ? std::string(url->port()) : secure_ ? "443" : "80";
  path_ = std::string(url->encoded_path());
  while (!path_.empty() && path_.back() == '/') path_.pop_back();
  path_ += "/chat/completions";
  // What was given by hand is looked at before anybody asks.
  if (!config.ca_pem.empty()) tls_.get();
}

asio::awaitable<bool> Answer::fill() {
  // Feeds the parser what is there; reads more only when that is not enough.
  static thread_local char block[kRead];  // never used across a wait, and so not in each coroutine's frame
  auto& body = parser.get().body();
  for (;;) {
    body.data = block;
    body.size = sizeof block;
    boost::system::error_code error;
    bool starved = buffer.size() == 0;
    if (!starved) {
      const auto used = parser.put(buffer.data(), error);
      buffer.consume(used);
      if (error == http::error::need_buffer) error = {};
      if (error == http::error::need_more) {
        error = {};
        starved = true;
      }
      if (error) throw std::runtime_error(error.message());
      const std::size_t got = sizeof block - body.size;
      if (got > 0) lines.feed({block, got});
      if (parser.is_done()) ended = true;
      if (got > 0 || ended) co_return true;
      if (used == 0) starved = true;
    }
    if (!starved) continue;
    buffer.shrink_to_fit();  // the wait may be long: it holds no spare room
    // One buffer for all streams: it is filled when the wait is over, and emptied before anything else can run.
    static thread_local char arrived[kRead];
    const std::size_t got = co_await connection.read(arrived, sizeof arrived, std::min(Clock::now() + silence, last));
    if (got == 0) {
      parser.put_eof(error);
      if (error) throw std::runtime_error("cut");
      ended = true;
      co_return true;
    }
    buffer.commit(asio::buffer_copy(buffer.prepare(got), asio::buffer(arrived, got)));
  }
}

asio::awaitable<std::optional<Piece>> Answer::next() {
  if (done) co_return std::nullopt;
  std::string reason;
  try {
    for (;;) {
      if (Clock::now() > last) throw std::runtime_error("the answer takes too long");
      while (auto data = lines.next()) {
        if (*data == "[DONE]") {
          done = true;
          co_return std::nullopt;
        }
        boost::system::error_code error;
        const auto event = json::parse(*data, error);
        if (error || !event.is_object()) throw std::runtime_error("an event is no JSON");
        const auto& object = event.as_object();
        if (object.contains("error")) throw std::runtime_error("the service reports an error in the stream");
        Piece piece;
        if (const auto* usage = object.if_contains("usage"); usage != nullptr && usage->is_object()) {
          const auto count = [&](const char* key) {
            const auto* value = usage->as_object().if_contains(key);
            boost::system::error_code ignored;
            const auto number = value != nullptr && value->is_number() ? value->to_number<int>(ignored) : -1;
            return ignored ? -1 : number;
          };
          piece.input_tokens = count("prompt_tokens");
          piece.output_tokens = count("completion_tokens");
        }
        if (const auto* choices = object.if_contains("choices"); choices != nullptr && choices->is_array() &&
                                                                 !choices->as_array().empty() &&
                                                                 choices->as_array()[0].is_object()) {
          const auto& choice = choices->as_array()[0].as_object();
          if (const auto* delta = choice.if_contains("delta"); delta != nullptr && delta->is_object())
            if (const auto* content = delta->as_object().if_contains("content");
                content != nullptr && content->is_string())
              piece.text = std::string(content->as_string());
          if (const auto* finish = choice.if_contains("finish_reason"); finish != nullptr && finish->is_string())
            piece.finish_reason = std::string(finish->as_string());
          finished = finished || !piece.finish_reason.empty();
        }
        if (!piece.text.empty() || !piece.finish_reason.empty() || piece.input_tokens >= 0) co_return piece;
      }
      // Some services that speak this protocol leave out the mark after the end.
      if (ended && finished) {
        done = true;
        co_return std::nullopt;
      }
      if (ended) throw std::runtime_error("the stream ended before its end");
      co_await fill();
    }
  } catch (const std::exception& error) {
    reason = error.what();
  }
  done = true;
  throw ModelFailure{reason == "cancelled" ? ModelFailure::Kind::kGone : ModelFailure::Kind::kFailing, reason, 2};
}

asio::awaitable<std::unique_ptr<Answer>> Model::attempt(const std::string& request, Stop& stop,
                                                        Clock::time_point deadline) {
  std::unique_ptr<Answer> answer(new Answer(context_));
  answer->silence = std::chrono::seconds(config_.silence_seconds);
  answer->last = Clock::now() + std::chrono::seconds(config_.answer_seconds);
  stop.connection = &answer->connection;
  struct Forget {
    Stop& stop;
    bool keep = false;
    ~Forget() {
      if (!keep) stop.connection = nullptr;
    }
  } forget{stop};
  std::string reason;
  try {
    co_await answer->connection.open(names_, host_, port_, secure_ ? &tls_ : nullptr,
                                     std::min(deadline, Clock::now() + kConnectPatience));
    co_await answer->connection.write(request, deadline);
    answer->parser.body_limit(8 * 1024 * 1024);
    answer->parser.header_limit(16 * 1024);
    answer->parser.eager(false);
    while (!answer->parser.is_header_done()) {
      auto room = answer->buffer.prepare(kRead);
      const std::size_t got = co_await answer->connection.read(static_cast<char*>(room.data()), room.size(), deadline);
      if (got == 0) throw std::runtime_error("closed before an answer");
      answer->buffer.commit(got);
      boost::system::error_code error;
      const auto used = answer->parser.put(answer->buffer.data(), error);
      answer->buffer.consume(used);
      if (error && error != http::error::need_more) throw std::runtime_error(error.message());
    }
  } catch (const std::exception& error) {
    reason = error.what();
  }
  if (!reason.empty())
    throw ModelFailure{stop.now ? ModelFailure::Kind::kGone : ModelFailure::Kind::kFailing, reason, 0};
  const auto& message = answer->parser.get();
  const int status = message.result_int();
  if (status != 200) {
    int retry_after = 0;
    if (const auto given = message["Retry-After"];
        !given.empty() && given.size() <= 4 &&
        std::all_of(given.begin(), given.end(), [](char c) { return c >= '0' && c <= '9'; }))
      retry_after = std::stoi(std::string(given));
    const auto kind = status == 429                                     ? ModelFailure::Kind::kRateLimited
                      : status >= 500 || status == 408                  ? ModelFailure::Kind::kFailing
                      : status == 400 || status == 413 || status == 422 ? ModelFailure::Kind::kUnfit
                                                                        : ModelFailure::Kind::kRefused;
    throw ModelFailure{kind, "status " + std::to_string(status), retry_after};
  }
  if (!boost::beast::iequals(message[http::field::content_type].substr(0, 17), "text/event-stream"))
    throw ModelFailure{ModelFailure::Kind::kFailing, "no event stream", 0};
  forget.keep = true;
  co_return answer;
}

asio::awaitable<std::unique_ptr<Answer>> Model::ask(const json::array& messages, const std::string& request_id,
                                                    const std::string& client_hash, Stop& stop) {
  const auto begun = Clock::now();
  if (!breaker_.allow(begun))
    throw ModelFailure{ModelFailure::Kind::kFailing, "the circuit is open", breaker_.seconds_left(begun)};
  const auto body = json::serialize(json::object{{"model", config_.model},
                                                 {"messages", messages},
                                                 {"stream", true},
                                                 {"stream_options", json::object{{"include_usage", true}}},
                                                 {"max_completion_tokens", config_.answer_tokens},
                                                 {"user", client_hash}});
  const std::string request =
      "POST " + path_ + " HTTP/1.1\r\nHost: " + host_ + (port_ == "443" || port_ == "80" ? "" : ":" + port_) +
      "\r\nAuthorization: Bearer " + config_.key +
      "\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nUser-Agent: "
      "counselor-backend\r\nX-Client-Request-Id: " +
      request_id + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  const auto deadline = begun + std::chrono::seconds(config_.first_byte_seconds);
  for (int attempt_number = 1;; ++attempt_number) {
    std::optional<ModelFailure> failure;
    try {
      auto answer = co_await attempt(request, stop, deadline);
      co_return answer;
    } catch (const ModelFailure& error) {
      failure = error;
    }
    if (failure->kind == ModelFailure::Kind::kGone || stop.now) {
      breaker_.undecided();
      throw ModelFailure{ModelFailure::Kind::kGone, "the client left", 0};
    }
    // Full jitter (half to whole of 250 ms, 750 ms): clients that failed together do not come back together. The
    // service's own wish comes first.
    auto pause = std::chrono::milliseconds(
        static_cast<int>(std::uniform_real_distribution<>(0.5, 1.0)(engine_) * 250 * (attempt_number == 1 ? 1 : 3)));
    if (failure->retry_after > 0 && failure->kind != ModelFailure::Kind::kRefused)
      pause = std::max<std::chrono::milliseconds>(pause, std::chrono::seconds(failure->retry_after));
    const bool useless = failure->kind == ModelFailure::Kind::kRefused || failure->kind == ModelFailure::Kind::kUnfit ||
                         attempt_number == kAttempts || Clock::now() + pause + std::chrono::seconds(1) > deadline ||
                         pause > std::chrono::seconds(4);
    log_line({{"event", "model_attempt_failed"},
              {"attempt", attempt_number},
              {"reason", failure->reason},
              {"request_id", request_id}});
    if (useless) {
      // A rate limit says that the service lives, and so does the refusal of one request, or a client could shut the
      // circuit for all by asking what is refused; that of a key, say, will not go away by itself.
      if (failure->kind == ModelFailure::Kind::kFailing || failure->kind == ModelFailure::Kind::kRefused)
        breaker_.failed(Clock::now());
      else
        breaker_.undecided();
      failure->retry_after = std::max(failure->retry_after, 5);
      throw ModelFailure(*failure);
    }
    asio::steady_timer timer(context_, pause);
    stop.pause = &timer;
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(use_awaitable, ignored));
    stop.pause = nullptr;
  }
}

}  // namespace counselor
