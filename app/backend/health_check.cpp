// The container's health check: the same program asks the running one.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "app/backend/server.h"

namespace counselor {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

bool healthy(std::uint16_t port) {
  asio::io_context context(1);
  bool ok = false;
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
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
