#include "app/backend/server.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <set>

namespace counselor {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using asio::awaitable;
using asio::use_awaitable;

namespace {

constexpr std::size_t kConnections = 10'000, kBody = 64 * 1024;
constexpr auto kPatience = std::chrono::seconds(30), kIdle = std::chrono::seconds(75),
               kGrace = std::chrono::seconds(20);

std::string new_request_id() {
  static std::mt19937_64 engine{std::random_device{}()};
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(engine()),
                static_cast<unsigned long long>(engine()));
  return text;
}

/// What a client sends as X-Request-Id is kept where it is harmless.
bool harmless(std::string_view id) {
  return !id.empty() && id.size() <= 128 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=;:") ==
             std::string_view::npos;
}

struct Server {
  Server(const Api& a, asio::io_context& c) : api(a), context(c), acceptor(c) {}
  const Api& api;
  asio::io_context& context;
  tcp::acceptor acceptor;
  std::set<beast::tcp_stream*> idle;
  std::size_t open = 0;
  bool stopping = false;

  awaitable<void> accept() {
    while (!stopping) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(use_awaitable, error));
      if (stopping) co_return;
      if (error || open >= kConnections) continue;
      asio::co_spawn(context, session(std::move(socket)), asio::detached);
    }
  }

  awaitable<void> session(tcp::socket socket) {
    ++open;
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    boost::system::error_code error;
    bool keep = true;
    while (keep && !stopping) {
      if (buffer.size() == 0) {
        idle.insert(&stream);
        stream.expires_after(kIdle);
        const auto got =
            co_await stream.async_read_some(buffer.prepare(4096), asio::redirect_error(use_awaitable, error));
        idle.erase(&stream);
        if (error) break;
        buffer.commit(got);
      }
      http::request_parser<http::string_body> parser;
      parser.body_limit(kBody);
      stream.expires_after(kPatience);
      co_await http::async_read(stream, buffer, parser, asio::redirect_error(use_awaitable, error));
      if (error == http::error::end_of_stream || error == beast::error::timeout ||
          (error && error.category() == boost::system::system_category()))
        break;
      const auto begun = std::chrono::steady_clock::now();
      const auto& message = parser.get();
      Request request{std::string(message.method_string()), std::string(message.target()), ""};
      const auto given = message["X-Request-Id"];
      request.request_id = harmless({given.data(), given.size()}) ? std::string(given) : new_request_id();
      Response answer = error == http::error::body_limit
                            ? problem(413, "Content Too Large", "the body is larger than 64 KiB")
                        : error ? problem(400, "Bad Request", "the request cannot be read")
                                : api.answer(request);
      keep = !error && message.keep_alive() && !stopping;
      http::response<http::string_body> reply(static_cast<http::status>(answer.status), 11);
      reply.set(http::field::content_type, answer.content_type);
      reply.set("X-Request-Id", request.request_id);
      reply.set("X-Content-Type-Options", "nosniff");
      reply.set(http::field::cache_control, "no-store");
      if (!answer.allow.empty()) reply.set(http::field::allow, answer.allow);
      reply.keep_alive(keep);
      reply.content_length(answer.body.size());
      if (request.method != "HEAD") reply.body() = std::move(answer.body);
      http::response_serializer<http::string_body> serializer(reply);
      if (request.method == "HEAD")
        co_await http::async_write_header(stream, serializer, asio::redirect_error(use_awaitable, error));
      else
        co_await http::async_write(stream, serializer, asio::redirect_error(use_awaitable, error));
      log(request, answer.status, begun);
      if (error) break;
    }
    stream.socket().shutdown(tcp::socket::shutdown_both, error);
    --open;
  }

  static void log(const Request& request, int status, std::chrono::steady_clock::time_point begun) {
    const auto us =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count();
    const auto line = boost::json::serialize(
        boost::json::object{{"event", "request"},
                            {"method", request.method.substr(0, 16)},
                            {"path", request.target.substr(0, std::min<std::size_t>(request.target.find('?'), 200))},
                            {"status", status},
                            {"us", us},
                            {"request_id", request.request_id}});
    std::puts(line.c_str());
    std::fflush(stdout);
  }

  void stop() {
    stopping = true;
    boost::system::error_code ignored;
    acceptor.close(ignored);
    for (auto* stream : idle) stream->cancel();
  }
};

}  // namespace

void serve(const Api& api, std::uint16_t port) {
  asio::io_context context(1);
  Server server(api, context);
  const tcp::endpoint endpoint(tcp::v4(), port);
  server.acceptor.open(endpoint.protocol());
  server.acceptor.set_option(tcp::acceptor::reuse_address(true));
  server.acceptor.bind(endpoint);
  server.acceptor.listen();
  std::printf("{\"event\":\"started\",\"port\":%u}\n", static_cast<unsigned>(server.acceptor.local_endpoint().port()));
  std::fflush(stdout);
  asio::co_spawn(context, server.accept(), asio::detached);
  asio::signal_set signals(context, SIGTERM, SIGINT);
  asio::steady_timer grace(context);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    server.stop();
    grace.expires_after(kGrace);
    grace.async_wait([&](const boost::system::error_code& over) {
      if (!over) context.stop();
    });
    // What runs ends by itself; then nothing but the timer is left.
    auto watch = std::make_shared<asio::steady_timer>(context);
    auto look = std::make_shared<std::function<void()>>();
    *look = [&, watch, look] {
      if (server.open == 0) return context.stop();
      watch->expires_after(std::chrono::milliseconds(20));
      watch->async_wait([look](const boost::system::error_code&) { (*look)(); });
    };
    (*look)();
  });
  context.run();
  std::puts("{\"event\":\"stopped\"}");
}

bool healthy(std::uint16_t port) {
  asio::io_context context(1);
  bool ok = false;
  asio::co_spawn(
      context,
      [&]() -> awaitable<void> {
        beast::tcp_stream stream(context);
        stream.expires_after(std::chrono::seconds(2));
        co_await stream.async_connect(tcp::endpoint(asio::ip::address_v4::loopback(), port), use_awaitable);
        http::request<http::empty_body> request(http::verb::get, "/health", 11);
        request.set(http::field::host, "localhost");
        co_await http::async_write(stream, request, use_awaitable);
        beast::flat_buffer buffer;
        http::response<http::string_body> reply;
        co_await http::async_read(stream, buffer, reply, use_awaitable);
        ok = reply.result_int() == 200;
      },
      [](const std::exception_ptr&) {});
  context.run();
  return ok;
}

}  // namespace counselor
