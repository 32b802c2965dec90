#include "stratus/services/s3/cors.h"

#include <algorithm>

#include "stratus/core/text.h"
#include "stratus/services/s3/errors.h"

namespace stratus::services::s3 {
namespace {

const std::vector<std::string>& list(const std::optional<std::vector<std::string>>& values) {
  static const std::vector<std::string> none;
  return values ? *values : none;
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& value) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return text::wildcard_match(pattern, value); });
}

}  // namespace

void check_cors(const std::vector<api::CORSRule>& rules) {
  for (const api::CORSRule& rule : rules) {
    for (const auto& method : list(rule.allowed_methods))
      if (method != "GET" && method != "PUT" && method != "HEAD" && method != "POST" && method != "DELETE")
        throw refuse::invalid_request("Found unsupported HTTP method in CORS config. Unsupported method is " + method);
    for (const auto& origin : list(rule.allowed_origins))
      if (std::count(origin.begin(), origin.end(), '*') > 1)
        throw refuse::invalid_request("AllowedOrigin \"" + origin + "\" can not have more than one wildcard.");
    for (const auto& header : list(rule.allowed_headers))
      if (std::count(header.begin(), header.end(), '*') > 1)
        throw refuse::invalid_request("AllowedHeader \"" + header + "\" can not have more than one wildcard.");
    for (const auto& header : list(rule.expose_headers))
      if (header.find('*') != std::string::npos)
        throw refuse::invalid_request("ExposeHeader \"" + header +
                                      "\" contains wildcard. We currently do not support wildcard for ExposeHeader.");
  }
}

std::map<std::string, std::string> cors_headers(const std::vector<api::CORSRule>& rules, const std::string& origin,
                                                const std::string& method, const std::optional<std::string>& wanted) {
  std::vector<std::string> asked;
  if (wanted)
    for (const auto& name : text::split(*wanted, ','))
      if (!text::trim(name).empty()) asked.push_back(text::lower(text::trim(name)));
  for (const api::CORSRule& rule : rules) {
    const auto& methods = list(rule.allowed_methods);
    if (!any_matches(list(rule.allowed_origins), origin) ||
        std::find(methods.begin(), methods.end(), method) == methods.end())
      continue;
    std::vector<std::string> allowed;
    for (const auto& pattern : list(rule.allowed_headers)) allowed.push_back(text::lower(pattern));
    if (!std::all_of(asked.begin(), asked.end(), [&](const std::string& name) { return any_matches(allowed, name); }))
      continue;
    const auto& origins = list(rule.allowed_origins);
    const bool everyone = std::find(origins.begin(), origins.end(), "*") != origins.end();
    std::map<std::string, std::string> out = {
        {"Access-Control-Allow-Origin", everyone ? "*" : origin},
        {"Access-Control-Allow-Methods", text::join(methods, ", ")},
        {"Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}};
    if (!everyone) out["Access-Control-Allow-Credentials"] = "true";
    if (!asked.empty()) out["Access-Control-Allow-Headers"] = text::join(asked, ", ");
    if (!list(rule.expose_headers).empty())
      out["Access-Control-Expose-Headers"] = text::join(list(rule.expose_headers), ", ");
    if (rule.max_age_seconds) out["Access-Control-Max-Age"] = std::to_string(*rule.max_age_seconds);
    return out;
  }
  return {};
}

}  // namespace stratus::services::s3
