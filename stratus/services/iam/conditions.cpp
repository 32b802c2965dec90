#include "stratus/services/iam/conditions.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "stratus/core/clock.h"
#include "stratus/core/text.h"

namespace stratus::services::iam {
namespace {

/// Wildcards that a variable's value brought along, hidden from the match: private use, one byte each that no UTF-8
/// text holds.
constexpr char kStar = '\xfe', kQuestion = '\xff';

std::string hide_wildcards(std::string text) {
  std::replace(text.begin(), text.end(), '*', kStar);
  std::replace(text.begin(), text.end(), '?', kQuestion);
  return text;
}

std::optional<std::string> expand_hidden(const std::string& pattern, const Request& request) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const auto open = pattern.find("${", at);
    const auto close = open == std::string::npos ? open : pattern.find('}', open);
    if (close == std::string::npos) return out + pattern.substr(at);
    out += pattern.substr(at, open - at);
    std::string name = pattern.substr(open + 2, close - open - 2);
    std::optional<std::string> fallback;
    if (const auto comma = name.find(','); comma != std::string::npos) {
      std::string_view quoted = text::trim(std::string_view(name).substr(comma + 1));
      if (quoted.size() >= 2 && quoted.front() == '\'' && quoted.back() == '\'')
        fallback = std::string(quoted.substr(1, quoted.size() - 2));
      name.resize(comma);
    }
    name = text::lower(text::trim(name));
    const auto found = request.context.find(name);
    if (name == "*" || name == "?" || name == "$")
      out += hide_wildcards(name);
    else if (found != request.context.end() && found->second.size() == 1)
      out += hide_wildcards(found->second[0]);
    else if (fallback)
      out += hide_wildcards(*fallback);
    else
      return std::nullopt;
    at = close + 1;
  }
}

std::string show_wildcards(std::string text) {
  std::replace(text.begin(), text.end(), kStar, '*');
  std::replace(text.begin(), text.end(), kQuestion, '?');
  return text;
}

std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

/// RFC 3339, a bare date, or seconds since the epoch.
std::optional<std::int64_t> instant(const std::string& text) {
  Timestamp out;
  if (parse_rfc3339(text, out) || parse_rfc3339(text + "T00:00:00Z", out)) return out.ms;
  if (const auto seconds = number(text)) return static_cast<std::int64_t>(*seconds * 1000);
  return std::nullopt;
}

struct Address {
  std::array<unsigned char, 16> bytes{};  // an IPv4 address stands in the first four
  int bits = 0;
};

std::optional<Address> address(const std::string& text) {
  Address out;
  if (inet_pton(AF_INET, text.c_str(), out.bytes.data()) == 1) return out.bits = 32, out;
  if (inet_pton(AF_INET6, text.c_str(), out.bytes.data()) == 1) return out.bits = 128, out;
  return std::nullopt;
}

bool in_network(const std::string& value, const std::string& network) {
  const auto slash = network.find('/');
  const auto a = address(value), n = address(network.substr(0, slash));
  if (!a || !n || a->bits != n->bits) return false;
  const auto prefix = slash == std::string::npos ? std::optional<double>(n->bits) : number(network.substr(slash + 1));
  if (!prefix || *prefix < 0 || *prefix > n->bits) return false;
  const auto length = static_cast<std::size_t>(*prefix);
  if (std::memcmp(a->bytes.data(), n->bytes.data(), length / 8) != 0) return false;
  const unsigned mask = 0xffU << (8 - length % 8) & 0xffU;
  return length % 8 == 0 || (a->bytes.at(length / 8) & mask) == (n->bytes.at(length / 8) & mask);
}

/// Each of an ARN's six parts is matched by itself, so that a wildcard does not reach over a colon into the next.
bool arn_like(const std::string& value, const std::string& pattern, const Request& request) {
  std::string_view v = value, p = pattern;
  for (int part = 0; part < 5; ++part) {
    const auto end_v = v.find(':'), end_p = p.find(':');
    if (end_v == std::string_view::npos || end_p == std::string_view::npos) return p == "*" && part == 0;
    if (!matches_pattern(std::string(p.substr(0, end_p)), std::string(v.substr(0, end_v)), request)) return false;
    v.remove_prefix(end_v + 1);
    p.remove_prefix(end_p + 1);
  }
  return matches_pattern(std::string(p), std::string(v), request);
}

}  // namespace

std::optional<std::string> expand(const std::string& pattern, const Request& request) {
  auto out = expand_hidden(pattern, request);
  if (out) out = show_wildcards(std::move(*out));
  return out;
}

bool matches_pattern(const std::string& pattern, const std::string& value, const Request& request) {
  if (pattern.find("${") == std::string::npos) return text::wildcard_match(pattern, value);
  const auto expanded = expand_hidden(pattern, request);
  return expanded && text::wildcard_match(*expanded, hide_wildcards(value));
}

struct Operators {
  using Test = Condition::Test;
  struct Entry {
    Test test;
    bool negated;
  };

  template <class Read, class Compare>
  static Entry by(Read read, Compare compare, bool negated = false) {
    return {[read, compare](const std::string& value, const std::string& wanted, const Request&) {
              const auto a = read(value), b = read(wanted);
              return a && b && compare(*a, *b);
            },
            negated};
  }

  static const std::map<std::string, Entry>& all() {
    static const Test equal = [](const std::string& v, const std::string& w, const Request& r) {
      return expand(w, r) == v;
    };
    static const Test same_letters = [](const std::string& v, const std::string& w, const Request& r) {
      const auto wanted = expand(w, r);
      return wanted && text::lower(v) == text::lower(*wanted);
    };
    static const Test like = [](const std::string& v, const std::string& w, const Request& r) {
      return matches_pattern(w, v, r);
    };
    static const Test inside = [](const std::string& v, const std::string& w, const Request&) {
      return in_network(v, w);
    };
    static const std::map<std::string, Entry> operators = {
        {"StringEquals", {equal, false}},
        {"StringNotEquals", {equal, true}},
        {"StringEqualsIgnoreCase", {same_letters, false}},
        {"StringNotEqualsIgnoreCase", {same_letters, true}},
        {"StringLike", {like, false}},
        {"StringNotLike", {like, true}},
        {"ArnEquals", {arn_like, false}},
        {"ArnLike", {arn_like, false}},
        {"ArnNotEquals", {arn_like, true}},
        {"ArnNotLike", {arn_like, true}},
        {"Bool", {same_letters, false}},
        {"BinaryEquals", {equal, false}},
        {"IpAddress", {inside, false}},
        {"NotIpAddress", {inside, true}},
        {"NumericEquals", by(number, std::equal_to<>())},
        {"NumericNotEquals", by(number, std::equal_to<>(), true)},
        {"NumericLessThan", by(number, std::less<>())},
        {"NumericLessThanEquals", by(number, std::less_equal<>())},
        {"NumericGreaterThan", by(number, std::greater<>())},
        {"NumericGreaterThanEquals", by(number, std::greater_equal<>())},
        {"DateEquals", by(instant, std::equal_to<>())},
        {"DateNotEquals", by(instant, std::equal_to<>(), true)},
        {"DateLessThan", by(instant, std::less<>())},
        {"DateLessThanEquals", by(instant, std::less_equal<>())},
        {"DateGreaterThan", by(instant, std::greater<>())},
        {"DateGreaterThanEquals", by(instant, std::greater_equal<>())}};
    return operators;
  }
};

Condition::Condition(const std::string& op, const std::string& key, std::vector<std::string> wanted)
    : key_(text::lower(key)), wanted_(std::move(wanted)) {
  std::string name = op;
  const auto strip = [&](std::string_view prefix) {
    const bool found = name.starts_with(prefix);
    if (found) name.erase(0, prefix.size());
    return found;
  };
  for_all_ = strip("ForAllValues:");
  for_any_ = !for_all_ && strip("ForAnyValue:");
  constexpr std::string_view suffix = "IfExists";
  if_exists_ = name.ends_with(suffix);
  if (if_exists_) name.resize(name.size() - suffix.size());
  null_ = name == "Null" && !if_exists_;
  if (null_) return;
  const auto found = Operators::all().find(name);
  if (found == Operators::all().end()) throw std::invalid_argument("Invalid Condition type : " + op + ".");
  test_ = found->second.test;
  negated_ = found->second.negated;
}

bool Condition::holds(const Request& request) const {
  const auto found = request.context.find(key_);
  const bool exists = found != request.context.end() && !found->second.empty();
  if (null_)
    return std::any_of(wanted_.begin(), wanted_.end(),
                       [&](const std::string& w) { return (text::lower(w) == "true") != exists; });
  if (!exists) return if_exists_ || for_all_ || (negated_ && !for_any_);
  const auto matches = [&](const std::string& value) {
    return negated_ !=
           std::any_of(wanted_.begin(), wanted_.end(), [&](const std::string& w) { return test_(value, w, request); });
  };
  if (for_all_) return std::all_of(found->second.begin(), found->second.end(), matches);
  // Without a set operator a key has one value; should it have more, a negated operator must hold for each.
  if (for_any_ || !negated_) return std::any_of(found->second.begin(), found->second.end(), matches);
  return std::all_of(found->second.begin(), found->second.end(), matches);
}

}  // namespace stratus::services::iam
