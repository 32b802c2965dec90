#include "app/backend/server.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <list>
#include <random>
#include <set>
#include <unordered_map>

#include "app/backend/access.h"
#include "app/backend/api.h"
#include "app/backend/client_address.h"
#include "app/backend/counsel/counsel.h"
#include "app/backend/log.h"
#include "app/backend/resume/sandbox.h"
#include "app/backend/text.h"

namespace counselor {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using tcp = asio::ip::tcp;
using asio::awaitable;
using asio::use_awaitable;

namespace {

constexpr std::size_t kConnections = 10'000;
constexpr std::uint32_t kHeader = 16 * 1024;
/// The most that is read ahead. What frames a body (sizes of chunks, their extensions, trailers) counts for no limit of
/// the body, so it has to fit in here.
constexpr std::size_t kAhead = 80 * 1024;
/// Bodies that are being read or worked on, of all clients and of one.
constexpr std::size_t kBodies = 64 * 1024 * 1024, kBodiesOfOne = 8 * 1024 * 1024;
constexpr std::size_t kTarget = 4096;
constexpr auto kHeaderPatience = std::chrono::seconds(10), kWritePatience = std::chrono::seconds(30),
               kIdle = std::chrono::seconds(75);

/// What a client sends as an id is kept where it is harmless.
bool harmless(std::string_view id) {
  return !id.empty() && id.size() <= 128 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=;:") ==
             std::string_view::npos;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// All lines of a list's header as one. A balancer may add its entry as a line of its own, after those of the client.
std::string joined(const http::fields& fields, std::string_view name) {
  std::string out;
  const auto [first, last] = fields.equal_range(beast::string_view(name.data(), name.size()));
  for (auto line = first; line != last; ++line) {
    if (!out.empty()) out += ',';
    out += view(line->value());
  }
  return out;
}

/// What the parser lets pass, and two readers of one connection could understand differently (RFC 9112, 3.2 and 6.1).
const char* ambiguous(const http::request<http::string_body>& message) {
  const auto hosts = message.equal_range(http::field::host);
  if (message.version() >= 11 && (hosts.first == hosts.second || std::next(hosts.first) != hosts.second))
    return "A request of HTTP/1.1 has one Host header.";
  const auto encoding = message[http::field::transfer_encoding];
  if (!encoding.empty() && (!beast::iequals(encoding, "chunked") || message.version() < 11))
    return "The only Transfer-Encoding that is read is chunked, of HTTP/1.1.";
  return nullptr;
}

/// A connection, and the time by which what it waits for has to have happened; the sweep ends what is late. (A timer
/// for each wait would cost more than the wait.)
struct Line {
  explicit Line(tcp::socket connected) : socket(std::move(connected)) {}
  void within(Clock::duration patience) { deadline = Clock::now() + patience; }
  void at_leisure() { deadline = Clock::time_point::max(); }
  tcp::socket socket;
  Clock::time_point deadline = Clock::time_point::max();
};

/// A connection that waits for its next request, or for the rest of one. Whoever takes it off the list says so to
/// the connection.
struct Idle {
  Line* line;
  Clock::time_point since;
  bool* listed;
};

/// A connection's place among those whose request is on its way.
struct Sending {
  Sending(std::list<Idle>& all, Line& line) : list(all), place(all.insert(all.end(), {&line, Clock::now(), &listed})) {}
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;
  ~Sending() { over(); }
  void over() {
    if (std::exchange(listed, false)) list.erase(place);
  }
  std::list<Idle>& list;
  bool listed = true;
  std::list<Idle>::iterator place;
};

/// Notices that the client hangs up while it waits for an answer.
struct Watch {
  tcp::socket* socket;
  EventSink* sink;
  bool done = false;
};

awaitable<void> watch(std::shared_ptr<Watch> state) {
  boost::system::error_code error;
  co_await state->socket->async_wait(tcp::socket::wait_read, asio::redirect_error(use_awaitable, error));
  if (state->done || error) co_return;
  char byte = 0;
  const auto got = ::recv(state->socket->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // A byte is the next request come early: it will be read in its turn.
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) state->sink->stop.stop();
}

class Events final : public EventSink {
 public:
  /// `chunked`: not for HTTP/1.0, where the end of the connection is the end of the answer.
  Events(Line& line, std::string request_id, bool keep, bool chunked)
      : line_(line), request_id_(std::move(request_id)), keep_(keep), chunked_(chunked) {}
  bool begun = false, broken = false;

  awaitable<bool> send(std::string_view event, const json::value& data) override {
    if (broken) co_return false;
    std::string text = "event: " + std::string(event) + "\ndata: " + json::serialize(data) + "\n\n";
    std::string out;
    if (!begun) {
      begun = true;
      out =
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: "
          "no\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: " +
          request_id_ + (keep_ ? "\r\n" : "\r\nConnection: close\r\n") +
          (chunked_ ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    }
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    out += chunked_ ? size + text + "\r\n" : text;
    co_return co_await write(out);
  }

  awaitable<void> finish() {
    if (begun && !broken && chunked_) co_await write("0\r\n\r\n");
  }

 private:
  awaitable<bool> write(const std::string& text) {
    boost::system::error_code error;
    // A client that takes nothing for so long is given up; until then nothing more is read for it.
    line_.within(kWritePatience);
    co_await asio::async_write(line_.socket, asio::buffer(text), asio::redirect_error(use_awaitable, error));
    line_.at_leisure();
    if (error) broken = true;
    co_return !broken;
  }
  Line& line_;
  std::string request_id_;
  bool keep_, chunked_;
};

/// Room for the bodies under way. Without it ten thousand slow uploads would be twenty GiB.
class Bodies {
 public:
  bool enter(const std::string& client, std::size_t bytes) {
    if (all_ + bytes > kBodies) return false;
    std::size_t& mine = clients_[client];
    if (mine + bytes > kBodiesOfOne) return false;
    all_ += bytes;
    mine += bytes;
    return true;
  }
  void leave(const std::string& client, std::size_t bytes) {
    all_ -= bytes;
    const auto found = clients_.find(client);
    if ((found->second -= bytes) == 0) clients_.erase(found);
  }

 private:
  std::size_t all_ = 0;
  std::unordered_map<std::string, std::size_t> clients_;
};

/// One body's room, given back once.
struct Room {
  Bodies& bodies;
  std::string client = {};
  std::size_t bytes = 0;
  explicit Room(Bodies& all) : bodies(all) {}
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  ~Room() { release(); }
  bool take(const std::string& of, std::size_t wanted) {
    if (!bodies.enter(of, wanted)) return false;
    client = of;
    bytes = wanted;
    return true;
  }
  void release() {
    if (bytes > 0) bodies.leave(client, std::exchange(bytes, 0));
  }
};

class Server {
 public:
  /// `context` has to end before the server: coroutines that are cut refer to what is here.
  Server(const Config& config, std::size_t connections, asio::io_context& context)
      : config_(config),
        most_(connections),
        context_(context),
        catalogue_(career_documents()),
        search_(catalogue_),
        api_(catalogue_, search_, config),
        counsel_(context_, catalogue_, search_, config),
        reviews_(config.reviews_per_minute, std::chrono::minutes(1)) {
    api_.model_state = [this] { return counsel_.state(); };
    api_.draining = [this] { return stopping_; };
  }

  void run();

 private:
  awaitable<void> accept();
  awaitable<void> session(tcp::socket socket);
  awaitable<bool> serve_one(Line& line, beast::flat_buffer& buffer, const std::string& peer);
  awaitable<Response> review(Request& request);
  awaitable<Response> stream_events(Request& request, Line& line, bool keep, bool chunked);
  awaitable<bool> reply(Line& line, const Request& request, Response answer, bool keep);
  awaitable<void> linger(Line& line);
  bool end_idlest();
  awaitable<void> sweep();
  awaitable<void> drain();
  std::string new_request_id();

  const Config& config_;
  const std::size_t most_;  ///< connections at once
  asio::io_context& context_;
  std::optional<tcp::acceptor> acceptor_{context_};
  Catalogue catalogue_;
  Search search_;
  Api api_;
  Counsel counsel_;
  Buckets reviews_;
  Bodies bodies_;
  std::list<Idle> idle_, sending_;  ///< between requests; within one
  std::list<Line*> lines_;
  std::set<EventSink*> streams_;
  std::size_t open_ = 0;
  int reading_ = 0, waiting_ = 0;
  std::list<asio::steady_timer*> queue_;
  bool stopping_ = false, flushing_ = false;
  std::mt19937_64 engine_{std::random_device{}()};
};

std::string Server::new_request_id() {
  std::string out(32, '0');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 16 == 0) bits = engine_();
    out[i] = "0123456789abcdef"[bits & 15U];
    bits >>= 4U;
  }
  return out;
}

/// Ends the connection that has been silent longest or, where none is, the one whose request takes longest to come.
bool Server::end_idlest() {
  auto& list = idle_.empty() ? sending_ : idle_;
  if (list.empty()) return false;
  boost::system::error_code ignored;
  list.front().line->socket.cancel(ignored);
  *list.front().listed = false;
  list.pop_front();
  return true;
}

awaitable<void> Server::accept() {
  while (acceptor_->is_open()) {
    boost::system::error_code error;
    tcp::socket socket = co_await acceptor_->async_accept(asio::redirect_error(use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, most likely: some are made free, and given a moment.
      for (int i = 0; i < 16 && end_idlest(); ++i) {
      }
      asio::steady_timer pause(context_, std::chrono::milliseconds(50));
      co_await pause.async_wait(asio::redirect_error(use_awaitable, error));
      continue;
    }
    // At the limit another makes room.
    if (open_ >= most_ && !end_idlest()) continue;
    asio::co_spawn(context_, session(std::move(socket)), asio::detached);
  }
}

awaitable<void> Server::sweep() {
  asio::steady_timer timer(context_);
  for (;;) {
    timer.expires_after(std::chrono::seconds(1));
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(use_awaitable, error));
    for (Line* line : lines_)
      if (line->deadline < Clock::now()) line->socket.cancel(error);
    while (!idle_.empty() && Clock::now() - idle_.front().since > kIdle) end_idlest();
  }
}

awaitable<void> Server::session(tcp::socket socket) {
  ++open_;
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  const std::string peer = error ? "" : endpoint.address().to_string();
  socket.set_option(tcp::no_delay(true), error);
  {
    Line line(std::move(socket));
    const auto entry = lines_.insert(lines_.end(), &line);
    beast::flat_buffer buffer(kAhead);
    bool keep = true;
    // A connection that comes while we drain still gets one answer.
    for (bool first = true; keep && (first || !stopping_); first = false) {
      if (buffer.size() == 0) {
        // Nothing is held for a connection that says nothing.
        buffer.shrink_to_fit();
        bool listed = true;
        const auto place = idle_.insert(idle_.end(), Idle{&line, Clock::now(), &listed});
        co_await line.socket.async_wait(tcp::socket::wait_read, asio::redirect_error(use_awaitable, error));
        if (listed) idle_.erase(place);
        if (error) break;
      }
      keep = co_await serve_one(line, buffer, peer);
    }
    line.socket.shutdown(tcp::socket::shutdown_both, error);
    lines_.erase(entry);
  }
  --open_;
}

/// After an answer to a request that was not read to its end: lets the answer arrive before the connection is reset.
awaitable<void> Server::linger(Line& line) {
  boost::system::error_code error;
  line.socket.shutdown(tcp::socket::shutdown_send, error);
  char block[16384];
  line.within(std::chrono::seconds(3));
  for (std::size_t read = 0; !error && read < 8U * 1024 * 1024;)
    read += co_await line.socket.async_read_some(asio::buffer(block), asio::redirect_error(use_awaitable, error));
}

awaitable<bool> Server::serve_one(Line& line, beast::flat_buffer& buffer, const std::string& peer) {
  boost::system::error_code error;
  http::request_parser<http::string_body> parser;
  parser.header_limit(kHeader);
  parser.body_limit(boost::none);  // the route's own limit is set below
  line.within(kHeaderPatience);
  Sending sending(sending_, line);
  co_await http::async_read_header(line.socket, buffer, parser, asio::redirect_error(use_awaitable, error));
  // What is cut or late has the system's category.
  if (error == http::error::end_of_stream || (error && error.category() == boost::system::system_category()))
    co_return false;
  const auto begun = Clock::now();
  auto& message = parser.get();
  Request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  const auto given = view(message["X-Request-Id"]), trace = view(message["X-Amzn-Trace-Id"]);
  request.request_id = harmless(given) ? std::string(given) : new_request_id();
  request.client = client_address(peer, joined(message, "X-Forwarded-For"), config_.proxies);
  request.content_type = std::string(message[http::field::content_type]);
  request.if_none_match = std::string(message[http::field::if_none_match]);
  const std::string trace_id = harmless(trace) ? std::string(trace) : "";
  const Route* route = error ? nullptr : Api::route(request.path());
  const std::size_t limit = route != nullptr ? route->body_limit : 4096;

  Room room(bodies_);
  std::optional<Problem> problem;
  if (error == http::error::header_limit)
    problem = Problem{431, "about:blank", "The header is larger than 16 KiB."};
  else if (error)
    problem = Problem{400, "about:blank", "The request is no HTTP that can be read."};
  else if (request.target.size() > kTarget)
    problem = Problem{414, "about:blank", "The address is longer than 4096 characters."};
  else if (const char* why = ambiguous(message); why != nullptr)
    problem = Problem{400, "about:blank", why};
  else if (const auto length = parser.content_length(); length && *length > limit)
    problem = Problem{413, "about:blank", "The body is larger than " + std::to_string(limit / 1024) + " KiB."};
  else if (!parser.is_done() && !room.take(request.client, length ? *length : limit))
    problem = Problem{503, "/problems/busy", "Too much is being sent here at once. Try again shortly.", {}, 5};
  if (!problem && !parser.is_done()) {
    parser.body_limit(limit);
    if (beast::iequals(message[http::field::expect], "100-continue"))
      co_await asio::async_write(line.socket, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")),
                                 asio::redirect_error(use_awaitable, error));
    line.within(std::chrono::seconds(config_.body_seconds));
    co_await http::async_read(line.socket, buffer, parser, asio::redirect_error(use_awaitable, error));
    if (error == http::error::body_limit)
      problem = Problem{413, "about:blank", "The body is larger than " + std::to_string(limit / 1024) + " KiB."};
    else if (error && error.category() != boost::system::system_category())
      problem = Problem{400, "about:blank", "The body is no HTTP that can be read."};
    else if (error && line.deadline < Clock::now())
      problem = Problem{408, "about:blank",
                        "The body did not arrive within " + std::to_string(config_.body_seconds) + " seconds."};
    else if (error)
      co_return false;
  }
  sending.over();
  line.at_leisure();
  bool keep = !problem && message.keep_alive() && !stopping_;
  const bool unread = problem.has_value();
  Response answer;
  if (problem) {
    answer = problem->response(request.request_id);
  } else {
    request.body = std::move(message.body());
    if (route != nullptr && route->kind == Route::Kind::kStream) {
      // A stream may last minutes: what it needs of the body it takes at once.
      room.release();
      if (buffer.size() == 0) buffer.shrink_to_fit();
    }
    if (route == nullptr || route->kind == Route::Kind::kPlain || request.method != "POST")
      answer = api_.answer(request);
    else if (route->kind == Route::Kind::kDocument)
      answer = co_await review(request);
    else
      answer = co_await stream_events(request, line, keep, message.version() >= 11);
  }
  const int status = answer.status;
  if (stopping_) keep = false;
  const bool sent = answer.streamed || co_await reply(line, request, std::move(answer), keep);
  log_access(request, status, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun), trace_id);
  if (unread && sent) co_await linger(line);
  co_return keep&& sent;
}

awaitable<bool> Server::reply(Line& line, const Request& request, Response answer, bool keep) {
  const std::string head = answer_head(answer, request.request_id, keep);
  const std::string_view body = request.method == "HEAD" ? std::string_view() : std::string_view(answer.body);
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(head), asio::buffer(body.data(), body.size())};
  boost::system::error_code error;
  line.within(kWritePatience);
  co_await asio::async_write(line.socket, parts, asio::redirect_error(use_awaitable, error));
  line.at_leisure();
  co_return !error;
}

awaitable<Response> Server::review(Request& request) {
  std::optional<Problem> problem;
  Document document;
  try {
    if (const int wait = reviews_.take(request.client, 1, Clock::now()); wait > 0)
      throw Problem{429,
                    "/problems/rate-limit",
                    "You have sent several files within a minute. Try again in " + std::to_string(wait) + " seconds.",
                    {},
                    wait};
    Api::check_document_type(request);
    if (const std::string id = query_value(request.query(), "careerId"); !id.empty()) known_career(catalogue_, id);
    if (reading_ >= config_.readers && waiting_ >= config_.readers_waiting)
      throw Problem{503, "/problems/busy", "Many files are being read. Try again shortly.", {}, 5};
  } catch (const Problem& error) {
    problem = error;
  }
  if (problem) co_return problem->response(request.request_id);
  while (reading_ >= config_.readers) {
    ++waiting_;
    asio::steady_timer turn(context_, std::chrono::steady_clock::time_point::max());
    queue_.push_back(&turn);
    boost::system::error_code ignored;
    co_await turn.async_wait(asio::redirect_error(use_awaitable, ignored));
    --waiting_;
  }
  ++reading_;
  try {
    document = co_await read_in_sandbox(context_, request.body);
  } catch (const std::exception& error) {
    log_line({{"event", "reader_failed"}, {"reason", error.what()}, {"request_id", request.request_id}});
    document = refused("busy", "Files cannot be read just now.");
  }
  --reading_;
  if (!queue_.empty()) {
    queue_.front()->cancel();
    queue_.pop_front();
  }
  Response out;
  try {
    out = api_.review(request, document);
  } catch (const Problem& error) {
    out = error.response(request.request_id);
  }
  co_return out;
}

awaitable<Response> Server::stream_events(Request& request, Line& line, bool keep, bool chunked) {
  Events events(line, request.request_id, keep, chunked);
  std::optional<Problem> problem;
  if (stopping_)
    co_return Problem{503, "/problems/draining", "The service is about to stop. Try again.", {}, 2}.response(
        request.request_id);
  const auto state = std::make_shared<Watch>(Watch{&line.socket, &events});
  asio::co_spawn(context_, watch(state), asio::detached);
  streams_.insert(&events);
  try {
    co_await counsel_.answer(request, events);
  } catch (const Problem& error) {
    problem = error;
  } catch (const std::exception& error) {
    log_line({{"event", "failed"}, {"reason", error.what()}, {"request_id", request.request_id}});
    problem = Problem{500, "about:blank", "Something went wrong here. It is in the log under the request's id."};
  }
  streams_.erase(&events);
  state->done = true;
  boost::system::error_code ignored;
  line.socket.cancel(ignored);
  if (problem && !events.begun) co_return problem->response(request.request_id);
  co_await events.finish();
  Response out;
  out.status = events.broken || !events.begun ? 499 : 200;  // 499: the client left (nginx's number; never sent)
  out.streamed = true;
  co_return out;
}

awaitable<void> Server::drain() {
  stopping_ = true;
  log_line({{"event", "draining"}, {"connections", open_}, {"streams", counsel_.open()}});
  boost::system::error_code ignored;
  const auto end = Clock::now() + std::chrono::seconds(config_.drain_seconds);
  asio::steady_timer timer(context_);
  bool cut = false;
  // Connections are still taken while there are streams, so that /ready can tell the load balancer; idle ones end at
  // once.
  for (;;) {
    for (const Idle& idle : idle_)
      if (Clock::now() - idle.since > std::chrono::milliseconds(500) || streams_.empty())
        idle.line->socket.cancel(ignored);
    if (streams_.empty() && acceptor_->is_open()) acceptor_->close(ignored);
    if (open_ == 0 && !acceptor_->is_open()) break;
    if (!cut && Clock::now() >= end) {
      cut = true;
      const auto running = streams_;
      for (EventSink* sink : running) {
        sink->ending = true;
        sink->stop.stop();
      }
    }
    // What is still open then has a client that takes nothing, or sends nothing.
    if (Clock::now() >= end + std::chrono::seconds(1))
      for (Line* line : lines_) line->socket.cancel(ignored);
    if (Clock::now() >= end + std::chrono::seconds(2)) break;
    timer.expires_after(std::chrono::milliseconds(20));
    co_await timer.async_wait(asio::redirect_error(use_awaitable, ignored));
  }
  context_.stop();
}

void Server::run() {
  const tcp::endpoint endpoint(tcp::v4(), config_.port);
  acceptor_->open(endpoint.protocol());
  acceptor_->set_option(tcp::acceptor::reuse_address(true));
  acceptor_->bind(endpoint);
  acceptor_->listen(4096);
  log_line({{"event", "started"},
            {"port", acceptor_->local_endpoint().port()},
            {"careers", catalogue_.all().size()},
            {"model", counsel_.state().available ? config_.model.c_str() : "none"}});
  on_log([this] {
    if (std::exchange(flushing_, true)) return;
    asio::post(context_, [this] {
      flushing_ = false;
      flush_log();
    });
  });
  asio::co_spawn(context_, accept(), asio::detached);
  asio::co_spawn(context_, sweep(), asio::detached);
  asio::signal_set signals(context_, SIGTERM, SIGINT);
  signals.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) asio::co_spawn(context_, drain(), asio::detached);
  });
  context_.run();
  acceptor_.reset();
  on_log({});
  log_line({{"event", "stopped"}});
}

}  // namespace

void serve(const Config& config) {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  std::size_t connections = kConnections;
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    // Some are for the program itself, and each stream has one more, to the model.
    const auto others = 40 + std::min<std::size_t>(static_cast<std::size_t>(config.streams), files.rlim_max / 3);
    connections = std::clamp<std::size_t>(files.rlim_max - std::min<rlim_t>(files.rlim_max, others), 16, kConnections);
  }
  // Large blocks are the system's: what a stream was asked with goes back to it, and is not held in pieces for minutes.
  ::mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  std::setvbuf(stdout, nullptr, _IOFBF, 1 << 16);
  auto context = std::make_unique<asio::io_context>(1);
  Server server(config, connections, *context);
  server.run();
  context.reset();
}

}  // namespace counselor
