#include "stratus/dataplane/balancer/conditions.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "stratus/core/text.h"
#include "stratus/dataplane/balancer/text_safety.h"

namespace stratus::balancer {
namespace {

using Field = Condition::Field;

Failure bad(std::string_view field, std::string_view value) {
  return Failure{fmt::format("{} condition with value '{}' cannot be carried", field, value), EINVAL};
}

/// One expression that matches any of the wildcard patterns, whole.
std::string any_of(const std::vector<std::string>& patterns) {
  std::vector<std::string> parts;
  for (const auto& pattern : patterns) parts.push_back(wildcard_regex(pattern));
  return "^(?:" + text::join(parts, "|") + ")$";
}

bool is_cidr(std::string_view value) {
  const auto slash = value.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string address(value.substr(0, slash)), bits(value.substr(slash + 1));
  in6_addr parsed{};
  const bool v4 = inet_pton(AF_INET, address.c_str(), &parsed) == 1;
  if (!v4 && inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return false;
  if (bits.empty() || bits.size() > 3 || bits.find_first_not_of("0123456789") != std::string::npos) return false;
  return std::stoi(bits) <= (v4 ? 32 : 128);
}

/// Key and value are compared without regard to case. Without a key, the value may belong to any key or stand alone.
std::string query_regex(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : pairs) {
    const auto wanted = wildcard_regex(value, "[^&]");
    parts.push_back(key.empty() ? "(?:[^&=]*=)?" + wanted : wildcard_regex(key, "[^&=]") + "=" + wanted);
  }
  return "(?:^|&)(?:" + text::join(parts, "|") + ")(?:&|$)";
}

Result<std::string> one(const Condition& condition) {
  for (const auto& value : condition.values)
    if (!is_one_line(value) || value.empty()) return bad("rule", value);
  for (const auto& [key, value] : condition.query_pairs)
    if (!is_one_line(key) || !is_one_line(value)) return bad("query-string", value);
  const bool by_pairs = condition.field == Field::query_string;
  if (by_pairs ? condition.query_pairs.empty() : condition.values.empty())
    return Failure{"a rule condition without values", EINVAL};

  switch (condition.field) {
    case Field::path_pattern:
      return "{ path -m reg -- " + quoted(any_of(condition.values)) + " }";
    case Field::host_header:
      return "{ req.hdr(host),host_only -m reg -i -- " + quoted(any_of(condition.values)) + " }";
    case Field::http_header:
      if (condition.header_name.find_first_of(" ,()\"'\\:") != std::string::npos ||
          !is_one_line(condition.header_name) || condition.header_name.empty())
        return bad("http-header", condition.header_name);
      return "{ req.fhdr(" + condition.header_name + ") -m reg -i -- " + quoted(any_of(condition.values)) + " }";
    case Field::http_request_method: {
      std::string out = "{ method -m str --";
      for (const auto& value : condition.values) out += " " + quoted(value);
      return out + " }";
    }
    case Field::query_string:
      return "{ query -m reg -i -- " + quoted(query_regex(condition.query_pairs)) + " }";
    case Field::source_ip: {
      std::string out = "{ src --";
      for (const auto& value : condition.values) {
        if (!is_cidr(value)) return bad("source-ip", value);
        out += " " + value;
      }
      return out + " }";
    }
  }
  return Failure{"an unknown rule condition", EINVAL};
}

}  // namespace

Result<std::string> acl(const std::vector<Condition>& conditions) {
  std::vector<std::string> parts;
  for (const auto& condition : conditions) {
    auto part = one(condition);
    if (!part) return part.error();
    parts.push_back(std::move(*part));
  }
  return text::join(parts, " ");
}

}  // namespace stratus::balancer
