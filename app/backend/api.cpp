#include "app/backend/api.h"

#include <boost/json.hpp>

#ifndef COUNSELOR_VERSION
#define COUNSELOR_VERSION "0.1.0"
#endif

namespace counselor {
namespace json = boost::json;

Response problem(int status, const std::string& title, const std::string& detail) {
  return {
      status, "application/problem+json",
      json::serialize(json::object{{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}}),
      ""};
}

std::string query_value(const std::string& query, const std::string& name) {
  const auto hex = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::size_t at = 0;
  while (at < query.size()) {
    const auto end = std::min(query.find('&', at), query.size());
    const std::string pair = query.substr(at, end - at);
    at = end + 1;
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name || equals == std::string::npos) continue;
    std::string out;
    for (std::size_t i = equals + 1; i < pair.size(); ++i) {
      if (pair[i] == '%' && i + 2 < pair.size() && hex(pair[i + 1]) >= 0 && hex(pair[i + 2]) >= 0) {
        out += static_cast<char>(hex(pair[i + 1]) * 16 + hex(pair[i + 2]));
        i += 2;
      } else {
        out += pair[i] == '+' ? ' ' : pair[i];
      }
    }
    return out;
  }
  return "";
}

Response Api::list(const std::string& query) const {
  CareerQuery wanted{query_value(query, "q"), query_value(query, "interest"), 0, 20};
  if (wanted.text.size() > 100) return problem(400, "Bad Request", "q is longer than 100 characters");
  if (!wanted.interest.empty() &&
      (wanted.interest.size() != 1 || std::string("RIASEC").find(wanted.interest) == std::string::npos))
    return problem(400, "Bad Request", "interest must be one of R, I, A, S, E, C");
  const auto number = [&](const char* name, std::size_t& out, std::size_t least, std::size_t most) {
    const std::string text = query_value(query, name);
    if (text.empty()) return true;
    if (text.size() > 6 || text.find_first_not_of("0123456789") != std::string::npos) return false;
    out = std::stoul(text);
    return out >= least && out <= most;
  };
  if (!number("offset", wanted.offset, 0, 100'000))
    return problem(400, "Bad Request", "offset must be a number from 0");
  if (!number("limit", wanted.limit, 1, 100))
    return problem(400, "Bad Request", "limit must be a number from 1 to 100");
  const CareerPage page = find_careers(careers_, wanted);
  std::string body =
      "{\"total\":" + std::to_string(page.total) + ",\"offset\":" + std::to_string(wanted.offset) + ",\"careers\":[";
  for (std::size_t i = 0; i < page.careers.size(); ++i) body += (i == 0 ? "" : ",") + page.careers[i]->json;
  return {200, "application/json", body + "]}", ""};
}

Response Api::answer(const Request& request) const {
  const auto mark = request.target.find('?');
  const std::string path = request.target.substr(0, mark);
  const std::string query = mark == std::string::npos ? "" : request.target.substr(mark + 1);
  const bool one = path.starts_with("/api/careers/");
  if (path != "/health" && path != "/ready" && path != "/api/version" && path != "/api/careers" && !one)
    return problem(404, "Not Found", "there is nothing at " + path.substr(0, 200));
  if (request.method != "GET" && request.method != "HEAD") {
    Response out = problem(405, "Method Not Allowed", "only GET and HEAD are served here");
    out.allow = "GET, HEAD";
    return out;
  }
  if (path == "/health" || path == "/ready") return {200, "application/json", "{\"status\":\"ok\"}", ""};
  if (path == "/api/version")
    return {200, "application/json", "{\"name\":\"counselor-backend\",\"version\":\"" COUNSELOR_VERSION "\"}", ""};
  if (path == "/api/careers") return list(query);
  for (const Career& career : careers_)
    if (career.id == path.substr(13)) return {200, "application/json", career.json, ""};
  return problem(404, "Not Found", "no such career");
}

}  // namespace counselor
