#include "app/backend/problem.h"

#include <boost/json.hpp>

namespace counselor {
namespace json = boost::json;

const char* status_title(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

Response Problem::response(const std::string& request_id) const {
  json::object body{{"type", type},
                    {"title", status_title(status)},
                    {"status", status},
                    {"detail", detail},
                    {"requestId", request_id}};
  if (!errors.empty()) {
    json::array list;
    for (const auto& error : errors) list.push_back(json::object{{"pointer", error.pointer}, {"detail", error.detail}});
    body["errors"] = std::move(list);
  }
  Response out{status, "application/problem+json", "", {}};
  if (retry_after > 0) {
    body["retryAfter"] = retry_after;
    out.headers.emplace_back("Retry-After", std::to_string(retry_after));
  }
  out.body = json::serialize(body);
  return out;
}

}  // namespace counselor
