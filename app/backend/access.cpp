#include "app/backend/access.h"

#include <boost/beast/http/status.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include "app/backend/log.h"

namespace counselor {

namespace json = boost::json;

std::string answer_head(const Response& answer, const std::string& request_id, bool keep) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(answer.status));
  std::string out;
  out.reserve(512);
  out.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ").append(reason.data(), reason.size());
  if (!keep) out.append("\r\nConnection: close");
  if (answer.status != 304)
    out.append("\r\nContent-Type: ")
        .append(answer.content_type)
        .append("\r\nContent-Length: ")
        .append(std::to_string(answer.body.size()));
  out.append("\r\nX-Request-Id: ").append(request_id).append("\r\nX-Content-Type-Options: nosniff");
  bool caching = false;
  for (const auto& [name, value] : answer.headers) {
    out.append("\r\n").append(name).append(": ").append(value);
    caching = caching || name == "Cache-Control";
  }
  if (!caching) out.append("\r\nCache-Control: no-store");
  out.append("\r\n\r\n");
  return out;
}

namespace {

/// What a log may hold of an address: at most 200 printable ASCII characters, the rest as %XX, so that each line is
/// JSON.
std::string printable(std::string_view path) {
  std::string out;
  for (const unsigned char c : path) {
    if (out.size() >= 200) break;
    if (c > 0x20 && c < 0x7F) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += "0123456789ABCDEF"[c >> 4];
      out += "0123456789ABCDEF"[c & 15];
    }
  }
  return out;
}

}  // namespace

void log_access(const Request& request, int status, std::chrono::microseconds took, const std::string& trace_id) {
  unsigned char space[1024];
  json::monotonic_resource memory(space);
  json::object line(&memory);
  line.reserve(8);
  line.emplace("event", "request");
  line.emplace("method", std::string_view(request.method).substr(0, 16));
  line.emplace("path", printable(request.path()));
  line.emplace("status", status);
  line.emplace("us", took.count());
  line.emplace("request_id", request.request_id);
  if (!trace_id.empty()) line.emplace("trace_id", trace_id);
  log_line(line);
}

}  // namespace counselor
