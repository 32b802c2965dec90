#include "stratus/cli/daemon_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <boost/json.hpp>

#include "stratus/core/fd.h"
#include "stratus/core/process.h"

namespace stratus::cli {

Result<Page> request(const Address& address, const std::string& method, const std::string& path, int seconds) {
  const std::string where = address.host + ":" + std::to_string(address.port);
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failure("socket");
  const timeval limit{seconds, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(address.port);
  if (inet_pton(AF_INET, address.host.c_str(), &peer.sin_addr) != 1)
    return failure(address.host + " is not an address", EINVAL);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0) return failure("connect to " + where);
  const std::string message =
      method + " " + path + " HTTP/1.1\r\nHost: " + where + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  if (::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(message.size()))
    return failure("send to " + where);
  std::string answer;
  char buffer[16384];
  for (;;) {
    const auto got = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (got < 0) return failure("receive from " + where);
    if (got == 0) break;
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  Page page;
  const auto end = answer.find("\r\n\r\n");
  if (std::sscanf(answer.c_str(), "HTTP/1.1 %d", &page.status) != 1 || end == std::string::npos)
    return failure(where + " is not Stratus", EPROTO);
  page.body = answer.substr(end + 4);
  return page;
}

std::optional<pid_t> daemon_pid(const Address& address) {
  const std::string path = address.state_directory + "/lock";
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return std::nullopt;
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return std::nullopt;  // nobody holds it
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  const long pid = std::strtol(text->c_str(), nullptr, 10);
  if (pid <= 1) return std::nullopt;
  return static_cast<pid_t>(pid);
}

std::string not_ready(const std::string& health) {
  boost::system::error_code error;
  const auto page = boost::json::parse(health, error);
  const auto* parts = error || !page.is_object() ? nullptr : page.as_object().if_contains("parts");
  if (parts == nullptr || !parts->is_object()) return "the daemon does not say what is ready";
  std::string out;
  for (const auto& [name, state] : parts->as_object())
    if (!state.is_string() || state.as_string() != "ready")
      out += (out.empty() ? "" : "; ") + std::string(name) + ": " +
             (state.is_string() ? std::string(state.as_string()) : boost::json::serialize(state));
  return out;
}

}  // namespace stratus::cli
