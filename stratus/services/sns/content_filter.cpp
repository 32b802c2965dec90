#include "stratus/services/sns/content_filter.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "stratus/core/text.h"

namespace stratus::services::sns {
namespace json = boost::json;
namespace {

constexpr int kMaxDepth = 100;
constexpr double kMaxNumber = 5e9;  // what AWS compares
using Test = std::function<bool(const json::value&)>;

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::optional<double> number(const json::value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  return std::nullopt;
}

bool is_scalar(const json::value& value) { return !value.is_object() && !value.is_array(); }

bool same(const json::value& a, const json::value& b) {
  const auto left = number(a), right = number(b);
  if (left && right) return *left == *right;
  return a.kind() == b.kind() && a == b;
}

/// Of strings only: numbers have no beginning.
Test of_text(std::function<bool(std::string_view)> test) {
  return [test = std::move(test)](const json::value& value) {
    return value.is_string() && test(view(value.get_string()));
  };
}

/// `*` is any run of characters; `\*` and `\\` are the characters themselves.
bool wildcard(std::string_view pattern, std::string_view value) {
  std::size_t p = 0, v = 0;
  std::optional<std::size_t> star;
  std::size_t resume = 0;
  while (v < value.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = v;
      continue;
    }
    std::size_t at = p;
    if (at + 1 < pattern.size() && pattern[at] == '\\') ++at;
    if (v < value.size() && at < pattern.size() && pattern[at] == value[v]) {
      p = at + 1;
      ++v;
      continue;
    }
    if (!star || resume >= value.size()) return false;
    p = *star;
    v = ++resume;
  }
  return true;
}

void check_wildcard(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      if (i + 1 == pattern.size() || (pattern[i + 1] != '*' && pattern[i + 1] != '\\'))
        throw FilterError("Invalid escape character at pos " + std::to_string(i));
      ++i;
    } else if (pattern[i] == '*' && i + 1 < pattern.size() && pattern[i + 1] == '*') {
      throw FilterError("Consecutive wildcard characters at pos " + std::to_string(i));
    }
  }
}

/// Bytes of an address, 4 or 16; empty where the text is none.
std::string address(const std::string& text) {
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return "";
}

Test in_cidr(const json::value& value) {
  if (!value.is_string()) throw FilterError("prefix match pattern must be a string");
  const std::string text(view(value.get_string()));
  const auto slash = text.find('/');
  if (slash == std::string::npos || text.find('/', slash + 1) != std::string::npos)
    throw FilterError("Malformed CIDR, one '/' required");
  const std::string network = address(text.substr(0, slash)), digits = text.substr(slash + 1);
  if (network.empty()) throw FilterError("Nonstandard IP address: " + text.substr(0, slash));
  if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos)
    throw FilterError("Malformed CIDR, mask bits must be an integer");
  const std::size_t bits = std::stoul(digits);
  if (bits > network.size() * 8)
    throw FilterError("Malformed CIDR, mask bits must not exceed " + std::to_string(network.size() * 8));
  return of_text([network, bits](std::string_view candidate) {
    const std::string bytes = address(std::string(candidate));
    if (bytes.size() != network.size()) return false;
    for (std::size_t bit = 0; bit < bits; ++bit) {
      const auto mask = static_cast<unsigned char>(0x80U >> (bit % 8));
      if (((static_cast<unsigned char>(bytes[bit / 8]) ^ static_cast<unsigned char>(network[bit / 8])) & mask) != 0)
        return false;
    }
    return true;
  });
}

/// A test on text that may be wanted in any case: {"prefix": "x"}, {"prefix": {"equals-ignore-case": "x"}}.
Test affix(std::string_view keyword, const json::value& value) {
  const bool prefix = keyword == "prefix";
  bool any_case = false;
  const json::value* wanted = &value;
  if (const auto* object = value.if_object()) {
    if (object->size() != 1 || !object->contains("equals-ignore-case"))
      throw FilterError("Unsupported " + std::string(keyword) + " pattern");
    any_case = true;
    wanted = object->if_contains("equals-ignore-case");
  }
  if (!wanted->is_string()) throw FilterError(std::string(keyword) + " match pattern must be a string");
  std::string text(view(wanted->get_string()));
  if (any_case) text = text::lower(text);
  return of_text([text, any_case, prefix](std::string_view candidate) {
    const std::string folded = any_case ? text::lower(candidate) : std::string(candidate);
    return prefix ? folded.starts_with(text) : folded.ends_with(text);
  });
}

Test ignoring_case(const json::value& value) {
  if (!value.is_string()) throw FilterError("equals-ignore-case match pattern must be a string");
  return of_text([text = text::lower(view(value.get_string()))](std::string_view candidate) {
    return text::lower(candidate) == text;
  });
}

Test like(const json::value& value) {
  if (!value.is_string()) throw FilterError("wildcard match pattern must be a string");
  check_wildcard(view(value.get_string()));
  return of_text(
      [text = std::string(view(value.get_string()))](std::string_view candidate) { return wildcard(text, candidate); });
}

Test numeric(const json::value& value) {
  const auto* list = value.if_array();
  if (list == nullptr) throw FilterError("Value of numeric must be an array.");
  if (list->empty()) throw FilterError("Invalid member in numeric match: ]");
  const auto operand = [&](std::size_t at, const std::string& op) {
    const auto found = at < list->size() ? number((*list)[at]) : std::nullopt;
    if (!found) throw FilterError("Value of " + op + " must be numeric");
    if (std::abs(*found) > kMaxNumber) throw FilterError("Value must be between -5.0E9 and 5.0E9, inclusive");
    return *found;
  };
  const auto operation = [&](std::size_t at) {
    const json::value& item = (*list)[at];
    if (!item.is_string()) throw FilterError("Invalid member in numeric match: " + json::serialize(item));
    return std::string(view(item.get_string()));
  };
  const std::string first = operation(0);
  static constexpr std::array<std::string_view, 5> known = {"=", "<", "<=", ">", ">="};
  if (std::find(known.begin(), known.end(), first) == known.end())
    throw FilterError("Unrecognized numeric range operator: " + first);
  const double one = operand(1, first);
  const auto compare = [](const std::string& op, double left, double right) {
    return op == "="    ? left == right
           : op == "<"  ? left < right
           : op == "<=" ? left <= right
           : op == ">"  ? left > right
                        : left >= right;
  };
  if (list->size() == 2)
    return [=](const json::value& candidate) {
      const auto found = number(candidate);
      return found && compare(first, *found, one);
    };
  if (first.starts_with("=") || first.starts_with("<")) throw FilterError("Too many elements in numeric expression");
  const std::string second = operation(2);
  if (second != "<" && second != "<=") throw FilterError("Bad numeric range operator: " + second);
  const double two = operand(3, second);
  if (list->size() > 4) throw FilterError("Too many terms in numeric range expression");
  if (one >= two) throw FilterError("Bottom must be less than top");
  return [=](const json::value& candidate) {
    const auto found = number(candidate);
    return found && compare(first, *found, one) && compare(second, *found, two);
  };
}

/// Any of what `make` says about a value or about each of a list.
Test any_of(const json::value& value, Test (*make)(const json::value&)) {
  if (!value.is_array()) return make(value);
  if (value.get_array().empty()) throw FilterError("Empty arrays are not allowed");
  std::vector<Test> tests;
  for (const auto& item : value.get_array()) tests.push_back(make(item));
  return [tests](const json::value& candidate) {
    return std::any_of(tests.begin(), tests.end(), [&](const Test& test) { return test(candidate); });
  };
}

Test anything_but(const json::value& value) {
  Test unwanted;
  if (const auto* object = value.if_object()) {
    if (object->size() != 1) throw FilterError("Only one key allowed in match expression");
    const std::string keyword = object->begin()->key();
    const json::value& wanted = object->begin()->value();
    if (keyword == "prefix") {
      unwanted = any_of(wanted, [](const json::value& v) { return affix("prefix", v); });
    } else if (keyword == "suffix") {
      unwanted = any_of(wanted, [](const json::value& v) { return affix("suffix", v); });
    } else if (keyword == "equals-ignore-case") {
      unwanted = any_of(wanted, &ignoring_case);
    } else if (keyword == "wildcard") {
      unwanted = any_of(wanted, &like);
    } else {
      throw FilterError("Unsupported anything-but pattern: " + keyword);
    }
  } else {
    const json::array list = value.is_array() ? value.get_array() : json::array{value};
    if (list.empty()) throw FilterError("Empty arrays are not allowed");
    bool strings = false, numbers = false;
    for (const auto& item : list) {
      strings |= item.is_string();
      numbers |= number(item).has_value();
      if (!item.is_string() && !number(item))
        throw FilterError("Inside anything but list, start|null|boolean is not supported.");
    }
    if (strings && numbers)
      throw FilterError(
          "Inside anything but list, either all values are number or string, mixed type is not supported");
    unwanted = [list](const json::value& candidate) {
      return std::any_of(list.begin(), list.end(), [&](const json::value& item) { return same(item, candidate); });
    };
  }
  return [unwanted](const json::value& candidate) { return !unwanted(candidate); };
}

/// "$or" is an operator only where it holds two or more objects that are no match expressions.
bool is_or(std::string_view key, const json::value& value) {
  if (key != "$or" || !value.is_array() || value.get_array().size() < 2) return false;
  static constexpr std::array<std::string_view, 9> keywords = {
      "exactly", "prefix", "suffix", "anything-but", "numeric", "cidr", "exists", "equals-ignore-case", "wildcard"};
  return std::all_of(value.get_array().begin(), value.get_array().end(), [](const json::value& item) {
    return item.is_object() && std::none_of(keywords.begin(), keywords.end(),
                                            [&](std::string_view word) { return item.get_object().contains(word); });
  });
}

}  // namespace

ContentFilter::ContentFilter(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) throw FilterError("Filter is not an object");
  root_ = read(value.get_object(), 0);
}

ContentFilter::Node ContentFilter::read(const json::object& object, int depth) {
  if (depth > kMaxDepth) throw FilterError("Path too deep");
  Node out;
  if (object.empty()) throw FilterError("Empty objects are not allowed");
  for (const auto& member : object) {
    Field field;
    field.name = std::string(member.key());
    const json::value& value = member.value();
    if (is_or(field.name, value)) {
      for (const auto& item : value.get_array()) field.alternatives.push_back(read(item.get_object(), depth + 1));
    } else if (value.is_object()) {
      field.inside.push_back(read(value.get_object(), depth + 1));
    } else if (value.is_array()) {
      if (value.get_array().empty()) throw FilterError("Empty arrays are not allowed");
      for (const auto& item : value.get_array()) field.rules.push_back(rule(item));
    } else {
      throw FilterError("\"" + field.name + "\" must be an object or an array");
    }
    out.fields.push_back(std::move(field));
  }
  return out;
}

ContentFilter::Rule ContentFilter::rule(const json::value& value) {
  if (const auto* object = value.if_object()) return expression(*object);
  if (value.is_array()) throw FilterError("Match value must be String, number, true, false, or null");
  return {false, [value](const json::value& candidate) { return same(value, candidate); }};
}

ContentFilter::Rule ContentFilter::expression(const json::object& object) {
  if (object.empty()) throw FilterError("Empty objects are not allowed");
  const std::string keyword = object.begin()->key();
  const json::value& value = object.begin()->value();
  Rule out;
  if (keyword == "exists") {
    if (!value.is_bool()) throw FilterError("exists match pattern must be either true or false.");
    out.absent = !value.get_bool();
    const bool wanted = value.get_bool();
    out.test = [wanted](const json::value&) { return wanted; };
  } else if (keyword == "prefix" || keyword == "suffix") {
    out.test = affix(keyword, value);
  } else if (keyword == "anything-but") {
    out.test = anything_but(value);
  } else if (keyword == "numeric") {
    out.test = numeric(value);
  } else if (keyword == "cidr") {
    out.test = in_cidr(value);
  } else if (keyword == "equals-ignore-case") {
    out.test = ignoring_case(value);
  } else if (keyword == "wildcard") {
    out.test = like(value);
  } else {
    throw FilterError("Unrecognized match type " + keyword);
  }
  if (object.size() != 1) throw FilterError("Only one key allowed in match expression");
  return out;
}

bool ContentFilter::matches(const json::value& document) const { return holds(root_, &document); }

/// Where the event has an array of objects, one of them must satisfy the whole of `node`.
bool ContentFilter::holds(const Node& node, const json::value* value) {
  if (value != nullptr && value->is_array()) {
    const auto& list = value->get_array();
    return std::any_of(list.begin(), list.end(), [&](const json::value& item) { return holds(node, &item); });
  }
  const json::object* object = value == nullptr ? nullptr : value->if_object();
  return std::all_of(node.fields.begin(), node.fields.end(),
                     [&](const Field& field) { return holds(field, object, value); });
}

bool ContentFilter::holds(const Field& field, const json::object* object, const json::value* whole) {
  if (!field.alternatives.empty())
    return std::any_of(field.alternatives.begin(), field.alternatives.end(),
                       [&](const Node& node) { return holds(node, whole); });
  const json::value* value = object == nullptr ? nullptr : object->if_contains(field.name);
  if (!field.inside.empty()) return holds(field.inside.front(), value);
  // Only leaves are values: an object, and an array without elements, is no value of its field.
  const bool there = value != nullptr && !value->is_object() && !(value->is_array() && value->get_array().empty());
  if (!there) return std::any_of(field.rules.begin(), field.rules.end(), [](const Rule& rule) { return rule.absent; });
  return any(field.rules, *value);
}

bool ContentFilter::any(const std::vector<Rule>& rules, const json::value& value) {
  if (const auto* list = value.if_array())
    return std::any_of(list->begin(), list->end(), [&](const json::value& item) { return any(rules, item); });
  return is_scalar(value) &&
         std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) { return !rule.absent && rule.test(value); });
}

std::size_t ContentFilter::leaves() const { return leaves(root_); }
std::size_t ContentFilter::combinations() const { return combinations(root_, 1); }

bool ContentFilter::nested() const {
  return std::any_of(root_.fields.begin(), root_.fields.end(),
                     [](const Field& field) { return !field.inside.empty(); });
}

std::size_t ContentFilter::leaves(const Node& node) {
  std::size_t sum = 0;
  for (const auto& field : node.fields) {
    if (!field.rules.empty()) ++sum;
    for (const auto& inner : field.inside) sum += leaves(inner);
    for (const auto& inner : field.alternatives) sum += leaves(inner);
  }
  return sum;
}

std::size_t ContentFilter::combinations(const Node& node, std::size_t depth) {
  std::size_t product = 1;
  constexpr std::size_t enough = 1U << 20U;  // beyond every limit; keeps the product from overflowing
  for (const auto& field : node.fields) {
    std::size_t factor = 1;
    if (!field.rules.empty()) factor = field.rules.size() * depth;
    for (const auto& inner : field.inside) factor = combinations(inner, depth + 1);
    if (!field.alternatives.empty()) {
      factor = 0;
      for (const auto& inner : field.alternatives) factor += combinations(inner, depth);
    }
    product = std::min(enough, product * std::min(enough, factor));
  }
  return product;
}

}  // namespace stratus::services::sns
