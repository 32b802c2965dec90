// What the API says when something is wrong (RFC 9457), and what it answers in general.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace counselor {

struct Request {
  std::string method, target, request_id;
  std::string client;  ///< whom limits count: an IPv4 address, or the /64 of an IPv6 address
  std::string content_type, if_none_match, body;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string_view query() const {
    const auto mark = target.find('?');
    return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
  }
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool streamed = false;  ///< already sent, event by event
};

struct FieldError {
  std::string pointer, detail;  ///< a JSON pointer into the body
};

/// Thrown wherever a request cannot be served; one place makes the answer of it.
struct Problem {
  int status = 500;
  std::string type = "about:blank";
  std::string detail;
  std::vector<FieldError> errors = {};
  int retry_after = 0;  ///< seconds; 0: not said

  Response response(const std::string& request_id) const;
};

const char* status_title(int status);

}  // namespace counselor
