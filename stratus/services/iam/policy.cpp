#include "stratus/services/iam/policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <stdexcept>

#include "stratus/core/clock.h"
#include "stratus/core/text.h"

namespace stratus::services::iam {
namespace {

namespace json = boost::json;

std::vector<std::string> strings(const json::value& value, const char* what) {
  std::vector<std::string> out;
  const auto one = [&](const json::value& v) {
    if (v.is_string())
      out.emplace_back(v.as_string());
    else if (v.is_bool() || v.is_number())
      out.push_back(json::serialize(v));
    else
      throw std::invalid_argument(std::string(what) + " must hold strings");
  };
  if (value.is_array()) {
    for (const auto& v : value.as_array()) one(v);
  } else {
    one(value);
  }
  return out;
}

/// Replaces ${key} by the request's value; a key without one leaves text that matches nothing.
std::string expand(const std::string& pattern, const Request& request) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const auto open = pattern.find("${", at);
    if (open == std::string::npos) return out + pattern.substr(at);
    const auto close = pattern.find('}', open);
    if (close == std::string::npos) return out + pattern.substr(at);
    out += pattern.substr(at, open - at);
    const std::string name = text::lower(pattern.substr(open + 2, close - open - 2));
    if (name == "*" || name == "?" || name == "$")
      out += name;
    else if (const auto found = request.context.find(name); found != request.context.end() && !found->second.empty())
      out += found->second[0];
    else
      out += "\x01";
    at = close + 1;
  }
}

std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

bool in_network(const std::string& address, const std::string& network) {
  const auto slash = network.find('/');
  in_addr a{}, n{};
  if (inet_pton(AF_INET, address.c_str(), &a) != 1 || inet_pton(AF_INET, network.substr(0, slash).c_str(), &n) != 1)
    return false;
  const int bits = slash == std::string::npos ? 32 : std::atoi(network.c_str() + slash + 1);
  if (bits < 0 || bits > 32) return false;
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  return (ntohl(a.s_addr) & mask) == (ntohl(n.s_addr) & mask);
}

using Test = std::function<bool(const std::string& value, const std::string& wanted)>;

template <class Compare>
Test by_number(Compare compare) {
  return [compare](const std::string& value, const std::string& wanted) {
    const auto a = number(value), b = number(wanted);
    return a && b && compare(*a, *b);
  };
}

template <class Compare>
Test by_date(Compare compare) {
  return [compare](const std::string& value, const std::string& wanted) {
    Timestamp a, b;
    return parse_rfc3339(value, a) && parse_rfc3339(wanted, b) && compare(a, b);
  };
}

/// The test of an operator's positive form, and whether the operator turns it round.
bool operator_of(const std::string& name, Test& test, bool& negated) {
  static const Test equal = [](const std::string& a, const std::string& b) { return a == b; };
  static const Test same_letters = [](const std::string& a, const std::string& b) {
    return text::lower(a) == text::lower(b);
  };
  static const Test like = [](const std::string& a, const std::string& b) { return text::wildcard_match(b, a); };
  static const std::map<std::string, std::pair<Test, bool>> operators = {
      {"StringEquals", {equal, false}},
      {"StringNotEquals", {equal, true}},
      {"StringEqualsIgnoreCase", {same_letters, false}},
      {"StringNotEqualsIgnoreCase", {same_letters, true}},
      {"StringLike", {like, false}},
      {"StringNotLike", {like, true}},
      {"ArnEquals", {like, false}},
      {"ArnLike", {like, false}},
      {"ArnNotEquals", {like, true}},
      {"ArnNotLike", {like, true}},
      {"Bool", {same_letters, false}},
      {"BinaryEquals", {equal, false}},
      {"IpAddress", {in_network, false}},
      {"NotIpAddress", {in_network, true}},
      {"NumericEquals", {by_number(std::equal_to<>()), false}},
      {"NumericNotEquals", {by_number(std::equal_to<>()), true}},
      {"NumericLessThan", {by_number(std::less<>()), false}},
      {"NumericLessThanEquals", {by_number(std::less_equal<>()), false}},
      {"NumericGreaterThan", {by_number(std::greater<>()), false}},
      {"NumericGreaterThanEquals", {by_number(std::greater_equal<>()), false}},
      {"DateEquals", {by_date(std::equal_to<>()), false}},
      {"DateNotEquals", {by_date(std::equal_to<>()), true}},
      {"DateLessThan", {by_date(std::less<>()), false}},
      {"DateLessThanEquals", {by_date(std::less_equal<>()), false}},
      {"DateGreaterThan", {by_date(std::greater<>()), false}},
      {"DateGreaterThanEquals", {by_date(std::greater_equal<>()), false}}};
  const auto found = operators.find(name);
  if (found == operators.end()) return false;
  test = found->second.first;
  negated = found->second.second;
  return true;
}

struct Condition {
  std::string op;  // without set prefix and IfExists
  bool if_exists = false, for_all = false, for_any = false;
  std::string key;  // lower case
  std::vector<std::string> wanted;

  bool holds(const Request& request) const {
    const auto found = request.context.find(key);
    const bool exists = found != request.context.end() && !found->second.empty();
    if (op == "Null")
      return std::any_of(wanted.begin(), wanted.end(),
                         [&](const std::string& w) { return (text::lower(w) == "true") != exists; });
    Test test;
    bool negated = false;
    operator_of(op, test, negated);
    if (!exists) return if_exists || for_all || (negated && !for_any);
    const auto matches = [&](const std::string& value) {
      const bool any = std::any_of(wanted.begin(), wanted.end(),
                                   [&](const std::string& w) { return test(value, expand(w, request)); });
      return any != negated;
    };
    if (for_any) return std::any_of(found->second.begin(), found->second.end(), matches);
    return std::all_of(found->second.begin(), found->second.end(), matches);
  }
};

}  // namespace

struct Policy::Statement {
  bool allow = false;
  std::vector<std::string> actions, not_actions, resources, not_resources;
  std::optional<std::vector<std::string>> principals, not_principals;
  std::vector<Condition> conditions;

  static bool principal_matches(const std::vector<std::string>& wanted, const std::string& principal) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& w) {
      if (w == "*" || w == principal) return true;
      // An account number or its root stands for everyone in it.
      const auto parts = text::split(principal, ':');
      const std::string account = parts.size() > 4 ? parts[4] : "";
      if (!account.empty() && (w == account || w == "arn:aws:iam::" + account + ":root")) return true;
      // A role stands for its sessions.
      if (w.find(":role/") != std::string::npos && parts.size() > 5 && parts[5].starts_with("assumed-role/")) {
        const auto session = text::split(parts[5], '/');
        return session.size() > 1 && w.starts_with("arn:aws:iam::" + account + ":role/") &&
               text::split(w, '/').back() == session[1];
      }
      return false;
    });
  }

  bool applies(const Request& request) const {
    const std::string action = text::lower(request.action);
    const auto action_in = [&](const std::vector<std::string>& list) {
      return std::any_of(list.begin(), list.end(),
                         [&](const std::string& a) { return text::wildcard_match(text::lower(a), action); });
    };
    if (!actions.empty() ? !action_in(actions) : action_in(not_actions)) return false;
    const auto resource_in = [&](const std::vector<std::string>& list) {
      return std::any_of(list.begin(), list.end(), [&](const std::string& r) {
        return text::wildcard_match(expand(r, request), request.resource);
      });
    };
    if (!resources.empty() && !resource_in(resources)) return false;
    if (!not_resources.empty() && resource_in(not_resources)) return false;
    if (principals && !principal_matches(*principals, request.principal)) return false;
    if (not_principals && principal_matches(*not_principals, request.principal)) return false;
    return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& c) { return c.holds(request); });
  }
};

Policy::~Policy() = default;
Policy::Policy(Policy&&) noexcept = default;

Policy::Policy(std::string_view document, bool wants_principal) {
  boost::system::error_code error;
  const json::value root = json::parse(document, error);
  if (error || !root.is_object()) throw std::invalid_argument("Syntax errors in policy.");
  const auto& object = root.as_object();
  if (const auto* version = object.if_contains("Version"))
    if (!version->is_string() || (version->as_string() != "2012-10-17" && version->as_string() != "2008-10-17"))
      throw std::invalid_argument("Policy document must be version 2012-10-17 or greater.");
  const auto* list = object.if_contains("Statement");
  if (list == nullptr) throw std::invalid_argument("Syntax errors in policy.");
  json::array one;
  if (list->is_object())
    one.push_back(*list);
  else if (!list->is_array())
    throw std::invalid_argument("Syntax errors in policy.");
  for (const auto& item : list->is_array() ? list->as_array() : one) {
    if (!item.is_object()) throw std::invalid_argument("Syntax errors in policy.");
    Statement s;
    for (const auto& [name, value] : item.as_object()) {
      if (name == "Effect") {
        if (value != "Allow" && value != "Deny")
          throw std::invalid_argument("Invalid effect: " + json::serialize(value));
        s.allow = value == "Allow";
      } else if (name == "Action")
        s.actions = strings(value, "Action");
      else if (name == "NotAction")
        s.not_actions = strings(value, "NotAction");
      else if (name == "Resource")
        s.resources = strings(value, "Resource");
      else if (name == "NotResource")
        s.not_resources = strings(value, "NotResource");
      else if (name == "Principal" || name == "NotPrincipal") {
        if (!wants_principal) throw std::invalid_argument("Policy document should not specify a principal.");
        std::vector<std::string> all;
        if (value.is_object()) {
          for (const auto& [kind, names] : value.as_object())
            for (auto& n : strings(names, "Principal")) all.push_back(std::move(n));
        } else {
          all = strings(value, "Principal");
        }
        (name == "Principal" ? s.principals : s.not_principals) = std::move(all);
      } else if (name == "Condition") {
        if (!value.is_object()) throw std::invalid_argument("Syntax errors in policy.");
        for (const auto& [op, keys] : value.as_object()) {
          if (!keys.is_object()) throw std::invalid_argument("Syntax errors in policy.");
          for (const auto& [key, wanted] : keys.as_object()) {
            Condition c;
            c.op = std::string(op);
            if (c.op.starts_with("ForAllValues:"))
              c.for_all = true, c.op = c.op.substr(13);
            else if (c.op.starts_with("ForAnyValue:"))
              c.for_any = true, c.op = c.op.substr(12);
            if (c.op.ends_with("IfExists")) c.if_exists = true, c.op = c.op.substr(0, c.op.size() - 8);
            Test test;
            bool negated = false;
            if (c.op != "Null" && !operator_of(c.op, test, negated))
              throw std::invalid_argument("Invalid Condition type : " + std::string(op) + ".");
            c.key = text::lower(std::string_view(key.data(), key.size()));
            c.wanted = strings(wanted, "Condition");
            s.conditions.push_back(std::move(c));
          }
        }
      } else if (name != "Sid") {
        throw std::invalid_argument("Syntax errors in policy.");
      }
    }
    if (!item.as_object().contains("Effect"))
      throw std::invalid_argument("Missing required field Effect cannot be empty!");
    if (s.actions.empty() == s.not_actions.empty())
      throw std::invalid_argument("Policy statement must contain actions.");
    if (!wants_principal && s.resources.empty() == s.not_resources.empty())
      throw std::invalid_argument("Policy statement must contain resources.");
    if (wants_principal && !s.principals && !s.not_principals)
      throw std::invalid_argument("Missing required field Principal");
    for (const auto& action : s.actions)
      if (action != "*" && action.find(':') == std::string::npos)
        throw std::invalid_argument("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    statements_.push_back(std::move(s));
  }
}

Decision Policy::decide(const Request& request) const {
  Decision out = Decision::implicit_deny;
  for (const auto& statement : statements_) {
    if (!statement.applies(request)) continue;
    if (!statement.allow) return Decision::explicit_deny;
    out = Decision::allow;
  }
  return out;
}

Decision decide(const std::vector<std::string>& documents, const Request& request) {
  Decision out = Decision::implicit_deny;
  for (const auto& document : documents) {
    const Decision one = Policy(document).decide(request);
    if (one == Decision::explicit_deny) return one;
    if (one == Decision::allow) out = one;
  }
  return out;
}

}  // namespace stratus::services::iam
