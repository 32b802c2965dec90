#include "stratus/wire/internal_pages.h"

namespace stratus::wire {
namespace {

constexpr std::string_view kRoot = "/_stratus/";

/// "127.0.0.1" of "127.0.0.1:4566", "::1" of "[::1]:4566".
std::string_view without_port(std::string_view host) {
  if (host.starts_with("[")) return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  return host.substr(0, host.find(':'));
}

std::string header_of(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

HttpReply message(int status, const std::string& text) {
  HttpReply out;
  out.status = status;
  out.headers["Content-Type"] = "application/json";
  out.body = "{\"message\":\"" + text + "\"}\n";
  return out;
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "::ffff:127.0.0.1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool from_this_machine(const HttpRequest& request) {
  if (!is_loopback(request.peer)) return false;
  const std::string host = header_of(request, "host"), origin = header_of(request, "origin");
  if (!is_loopback(without_port(host))) return false;
  if (!origin.empty() && origin != "http://" + host) return false;
  const std::string site = header_of(request, "sec-fetch-site");
  return site.empty() || site == "same-origin" || site == "none";
}

void InternalPages::add(const std::string& method, const std::string& path, HttpHandler handler) {
  pages_[{method, std::string(kRoot) + path}] = std::move(handler);
}

void InternalPages::serve(HttpRequest request, std::function<void(HttpReply)> reply) const {
  if (!from_this_machine(request)) return reply(message(403, "only from this machine"));
  if (request.broken) return reply(message(request.broken->status, "the body cannot be read"));
  std::string path = request.target.substr(0, request.target.find('?'));
  for (;;) {
    if (const auto found = pages_.find({request.method, path}); found != pages_.end())
      return found->second(std::move(request), std::move(reply));
    // Upwards, to a page that takes everything below it.
    const auto slash = path.size() > 1 ? path.rfind('/', path.size() - 2) : std::string::npos;
    if (slash == std::string::npos || slash + 1 <= kRoot.size()) break;
    path.resize(slash + 1);
  }
  reply(message(404, "no such page"));
}

}  // namespace stratus::wire
