// The API's answers, apart from sockets.
#pragma once

#include <string>
#include <vector>

#include "app/backend/careers.h"

namespace counselor {

struct Request {
  std::string method, target, request_id;
};
struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;  ///< of a 405
};

class Api {
 public:
  explicit Api(std::vector<Career> careers) : careers_(std::move(careers)) {}
  Response answer(const Request& request) const;

 private:
  Response list(const std::string& query) const;
  std::vector<Career> careers_;
};

/// RFC 9457.
Response problem(int status, const std::string& title, const std::string& detail);
/// %XX and + decoded; the value of `name` in "a=1&b=2", or "".
std::string query_value(const std::string& query, const std::string& name);

}  // namespace counselor
