// Asks /api/careers at a fixed pace over many connections, whatever the answers take, and measures each answer from the
// moment at which its question was due: a server that stalls is not spared the questions of that time. Prints the rate
// and the 99th percentile in milliseconds. usage: counselor-paced-load PORT RATE CONNECTIONS SECONDS
#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kQuestion = "GET /api/careers HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view kGood = "HTTP/1.1 200 ";

/// All answers have the length of the first: reading one is then no more than counting bytes, and the asking costs
/// little.
std::size_t length_of_an_answer(asio::io_context& context, const tcp::endpoint& server) {
  tcp::socket socket(context);
  socket.connect(server);
  asio::write(socket, asio::buffer(kQuestion));
  std::string text;
  const std::size_t head = asio::read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n");
  const auto at = text.find("Content-Length: ");
  if (!text.starts_with(kGood) || at > head) throw std::runtime_error("no answer of a known length");
  return head + std::strtoul(text.c_str() + at + 16, nullptr, 10);
}

asio::awaitable<void> ask(const tcp::endpoint& server, std::size_t length, Clock::time_point first,
                          Clock::duration pace, Clock::time_point end, std::vector<double>& took) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  co_await socket.async_connect(server, asio::use_awaitable);
  socket.set_option(tcp::no_delay(true));
  asio::steady_timer timer(executor);
  std::vector<char> answer(length);
  for (auto due = first; due < end; due += pace) {
    if (due > Clock::now()) {
      timer.expires_at(due);
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_await asio::async_write(socket, asio::buffer(kQuestion), asio::use_awaitable);
    co_await asio::async_read(socket, asio::buffer(answer), asio::use_awaitable);
    if (!std::string_view(answer.data(), length).starts_with(kGood))
      throw std::runtime_error("an answer that is no 200");
    took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const tcp::endpoint server(asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(argv[1])));
  const double rate = std::atof(argv[2]), seconds = std::atof(argv[4]);
  const int connections = std::atoi(argv[3]);
  if (rate <= 0 || connections <= 0) return 2;
  const auto between = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
  asio::io_context context(1);
  const std::size_t length = length_of_an_answer(context, server);
  const auto begin = Clock::now() + std::chrono::milliseconds(500);
  const auto end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<double> took;
  for (int i = 0; i < connections; ++i)
    asio::co_spawn(context, ask(server, length, begin + i * between, connections * between, end, took),
                   [](const std::exception_ptr& failed) {
                     if (failed) std::rethrow_exception(failed);
                   });
  context.run();
  std::sort(took.begin(), took.end());
  if (took.empty()) return 1;
  std::printf("%.0f %.2f\n", static_cast<double>(took.size()) / seconds, took[took.size() * 99 / 100]);
}
