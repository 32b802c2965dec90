#include "stratus/dataplane/balancer/runtime_api.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <charconv>
#include <chrono>
#include <cstring>

#include "stratus/core/fd.h"
#include "stratus/core/text.h"

namespace stratus::balancer {

Rows parse_stat(std::string_view csv) {
  Rows rows;
  std::vector<std::string> columns;
  for (const auto& line : text::split(csv, '\n')) {
    if (line.starts_with("# ")) {
      columns = text::split(std::string_view(line).substr(2), ',');
      continue;
    }
    const auto values = text::split(line, ',');
    if (values.size() < 2 || columns.size() < 2) continue;
    Row row;
    for (std::size_t i = 0; i < values.size() && i < columns.size(); ++i)
      if (!values[i].empty()) row.emplace(columns[i], values[i]);
    rows.emplace(std::pair(values[0], values[1]), std::move(row));
  }
  return rows;
}

std::uint64_t number(const Row& row, std::string_view column) {
  std::uint64_t out = 0;
  const auto value = text_of(row, column);
  std::from_chars(value.data(), value.data() + value.size(), out);
  return out;
}

std::string_view text_of(const Row& row, std::string_view column) {
  const auto found = row.find(column);
  return found == row.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::string> ask(const std::string& socket_path, std::string_view commands, Duration timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return failure("connect to " + socket_path, ENAMETOOLONG);
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failure("make a socket for " + socket_path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failure("connect to " + socket_path);
  std::string question(commands);
  question += '\n';
  std::string_view rest = question;
  while (!rest.empty()) {
    const auto sent = ::send(fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return failure("send to " + socket_path);
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string out;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return failure("read from " + socket_path, ETIMEDOUT);
    pollfd polled{fd.get(), POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(left)) < 0 && errno != EINTR) return failure("poll " + socket_path);
    if (polled.revents == 0) continue;
    char buffer[65536];
    const auto got = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read from " + socket_path);
    if (got == 0) return out;
    out.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace stratus::balancer
