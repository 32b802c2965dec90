// The pages under /_stratus/: health, metrics, and what other rooms register there.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "stratus/wire/server.h"

namespace stratus::wire {

/// "localhost", 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

class InternalPages {
 public:
  /// `path` without "/_stratus/"; with a slash at its end it takes everything below.
  void add(const std::string& method, const std::string& path, HttpHandler handler);
  /// Answers a request whose path begins with "/_stratus/".
  void serve(HttpRequest request, std::function<void(HttpReply)> reply) const;

 private:
  std::map<std::pair<std::string, std::string>, HttpHandler> pages_;  // method, path
};

/// True where `request` comes from a program on this machine. A browser's page of another site reaches loopback too, by
/// a cross-site request or by a name that it lets resolve to 127.0.0.1: the Origin and Host headers tell.
bool from_this_machine(const HttpRequest& request);

}  // namespace stratus::wire
