#include "stratus/dataplane/balancer/responses.h"

#include <fmt/format.h>

namespace stratus::balancer {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Time-out";
    case 413:
      return "Request Entity Too Large";
    case 414:
      return "Request-URI Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Temporarily Unavailable";
    case 504:
      return "Gateway Time-out";
    default:
      return "";
  }
}

std::string page(std::string_view line) {
  return fmt::format(
      "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n",
      line);
}

std::string page(int status) { return page(fmt::format("{} {}", status, reason_phrase(status))); }

std::string error_file(int status) {
  const auto body = page(status);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: "
      "close\r\n\r\n{}",
      status, reason_phrase(status), body.size(), body);
}

}  // namespace stratus::balancer
