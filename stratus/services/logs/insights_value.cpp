// Values and expressions of Insights.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "stratus/core/clock.h"
#include "stratus/core/text.h"
#include "stratus/services/logs/insights.h"

namespace stratus::services::logs::insights {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostFields = 1000;  // of one JSON message
constexpr int kDeepest = 16;

void flatten(const json::value& value, const std::string& name, int depth, Record& record) {
  if (record.values.size() > kMostFields || depth > kDeepest) return;
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object)
      flatten(member.value(), name.empty() ? std::string(member.key()) : name + "." + std::string(member.key()),
              depth + 1, record);
  } else if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      flatten((*array)[i], name + "." + std::to_string(i), depth + 1, record);
  } else if (value.is_string()) {
    record.values.emplace(name, Value::of(std::string(value.as_string())));
  } else if (value.is_number()) {
    record.values.emplace(name, Value::of(value.to_number<double>()));
  } else if (value.is_bool()) {
    record.values.emplace(name, Value::of(value.as_bool() ? 1.0 : 0.0));
  }
}

bool truth(const Value& value) {
  if (value.kind == Value::Kind::number) return value.number != 0;
  return value.kind == Value::Kind::text ? !value.text.empty() && value.text != "false" && value.text != "0"
                                         : value.present();
}

Value flag(bool value) { return Value::of(value ? 1.0 : 0.0); }

bool equal(const Value& a, const Value& b) {
  const auto x = number_of(a), y = number_of(b);
  return x && y ? *x == *y : shown(a) == shown(b);
}

Value compared(const std::string& op, const Value& a, const Value& b) {
  if (op == "!=") return flag(!(a.present() && b.present() && equal(a, b)));
  if (!a.present() || !b.present()) return flag(false);
  if (op == "=") return flag(equal(a, b));
  if (op == "<") return flag(less(a, b));
  if (op == ">") return flag(less(b, a));
  return flag(op == "<=" ? !less(b, a) : !less(a, b));
}

Value computed(const std::string& op, const Value& a, const Value& b) {
  const auto x = number_of(a), y = number_of(b);
  if (!x || !y) return {};
  if (op == "+") return Value::of(*x + *y);
  if (op == "-") return Value::of(*x - *y);
  if (op == "*") return Value::of(*x * *y);
  if (op == "^") return Value::of(std::pow(*x, *y));
  if (*y == 0) return {};
  return Value::of(op == "/" ? *x / *y : std::fmod(*x, *y));
}

std::string trimmed(std::string text, const std::string& characters, bool left, bool right) {
  if (left) text.erase(0, std::min(text.find_first_not_of(characters), text.size()));
  if (right) text.resize(text.find_last_not_of(characters) + 1);
  return text;
}

bool blank(const Value& value) { return text::trim(shown(value)).empty(); }

bool address(const std::string& text, int family) {
  unsigned char bytes[16];
  return inet_pton(family, text.c_str(), bytes) == 1;
}

bool in_subnet(const std::string& text, const std::string& subnet) {
  in_addr one{}, net{};
  const auto slash = subnet.find('/');
  if (slash == std::string::npos || inet_pton(AF_INET, text.c_str(), &one) != 1 ||
      inet_pton(AF_INET, subnet.substr(0, slash).c_str(), &net) != 1)
    return false;
  const int bits = std::clamp(std::atoi(subnet.c_str() + slash + 1), 0, 32);
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  return (ntohl(one.s_addr) & mask) == (ntohl(net.s_addr) & mask);
}

struct Function {
  std::size_t least, most;
  Value (*of)(const std::vector<Value>& arguments, const Record& record);
};

using Arguments = std::vector<Value>;
template <double (*Compute)(double)>
Value numeric(const Arguments& a, const Record&) {
  const auto x = number_of(a[0]);
  return x && std::isfinite(Compute(*x)) ? Value::of(Compute(*x)) : Value();
}

Value floor_of(const Value& time, const Value& period, bool up) {
  const auto at = number_of(time), step = number_of(period);
  if (!at || !step || *step <= 0) return {};
  return Value::at((up ? std::ceil(*at / *step) : std::floor(*at / *step)) * *step);
}

Value extreme(const Arguments& a, bool greatest) {
  const Value* best = nullptr;
  for (const Value& one : a)
    if (one.present() && (best == nullptr || (greatest ? less(*best, one) : less(one, *best)))) best = &one;
  return best == nullptr ? Value() : *best;
}

const std::map<std::string, Function, std::less<>>& functions() {
  static const std::map<std::string, Function, std::less<>> all = {
      {"abs", {1, 1, numeric<std::fabs>}},
      {"ceil", {1, 1, numeric<std::ceil>}},
      {"floor", {1, 1, numeric<std::floor>}},
      {"log", {1, 1, numeric<std::log>}},
      {"sqrt", {1, 1, numeric<std::sqrt>}},
      {"greatest", {1, 99, [](const Arguments& a, const Record&) { return extreme(a, true); }}},
      {"least", {1, 99, [](const Arguments& a, const Record&) { return extreme(a, false); }}},
      {"bin",
       {1, 1,
        [](const Arguments& a, const Record& r) {
          const Value* time = r.find("@timestamp");
          return time == nullptr ? Value() : floor_of(*time, a[0], false);
        }}},
      {"datefloor", {2, 2, [](const Arguments& a, const Record&) { return floor_of(a[0], a[1], false); }}},
      {"dateceil", {2, 2, [](const Arguments& a, const Record&) { return floor_of(a[0], a[1], true); }}},
      {"fromMillis",
       {1, 1,
        [](const Arguments& a, const Record&) {
          const auto ms = number_of(a[0]);
          return ms ? Value::at(*ms) : Value();
        }}},
      {"toMillis",
       {1, 1,
        [](const Arguments& a, const Record&) {
          const auto ms = number_of(a[0]);
          return ms ? Value::of(*ms) : Value();
        }}},
      {"ispresent", {1, 1, [](const Arguments& a, const Record&) { return flag(a[0].present()); }}},
      {"coalesce",
       {1, 99,
        [](const Arguments& a, const Record&) {
          const auto found = std::find_if(a.begin(), a.end(), [](const Value& v) { return v.present(); });
          return found == a.end() ? Value() : *found;
        }}},
      {"isempty",
       {1, 1, [](const Arguments& a, const Record&) { return flag(!a[0].present() || shown(a[0]).empty()); }}},
      {"isblank", {1, 1, [](const Arguments& a, const Record&) { return flag(blank(a[0])); }}},
      {"concat",
       {1, 99,
        [](const Arguments& a, const Record&) {
          std::string out;
          for (const Value& one : a) out += shown(one);
          return Value::of(out);
        }}},
      {"strlen",
       {1, 1,
        [](const Arguments& a, const Record&) {
          // Characters, not bytes: what continues one of UTF-8 does not count.
          const std::string text = shown(a[0]);
          return Value::of(static_cast<double>(
              std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; })));
        }}},
      {"toupper",
       {1, 1,
        [](const Arguments& a, const Record&) {
          std::string text = shown(a[0]);
          for (char& c : text)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
          return Value::of(text);
        }}},
      {"tolower", {1, 1, [](const Arguments& a, const Record&) { return Value::of(text::lower(shown(a[0]))); }}},
      {"substr",
       {2, 3,
        [](const Arguments& a, const Record&) {
          const std::string text = shown(a[0]);
          const auto from = static_cast<std::size_t>(std::max(0.0, number_of(a[1]).value_or(0)));
          const auto size =
              a.size() > 2 ? static_cast<std::size_t>(std::max(0.0, number_of(a[2]).value_or(0))) : std::string::npos;
          return Value::of(from >= text.size() ? std::string() : text.substr(from, size));
        }}},
      {"replace",
       {3, 3,
        [](const Arguments& a, const Record&) {
          std::string text = shown(a[0]);
          const std::string old = shown(a[1]), fresh = shown(a[2]);
          for (std::size_t at = 0; !old.empty() && (at = text.find(old, at)) != std::string::npos; at += fresh.size())
            text.replace(at, old.size(), fresh);
          return Value::of(text);
        }}},
      {"strcontains",
       {2, 2,
        [](const Arguments& a, const Record&) { return flag(shown(a[0]).find(shown(a[1])) != std::string::npos); }}},
      {"trim",
       {1, 2,
        [](const Arguments& a, const Record&) {
          return Value::of(trimmed(shown(a[0]), a.size() > 1 ? shown(a[1]) : " \t\r\n", true, true));
        }}},
      {"ltrim",
       {1, 2,
        [](const Arguments& a, const Record&) {
          return Value::of(trimmed(shown(a[0]), a.size() > 1 ? shown(a[1]) : " \t\r\n", true, false));
        }}},
      {"rtrim",
       {1, 2,
        [](const Arguments& a, const Record&) {
          return Value::of(trimmed(shown(a[0]), a.size() > 1 ? shown(a[1]) : " \t\r\n", false, true));
        }}},
      {"isValidIp",
       {1, 1,
        [](const Arguments& a, const Record&) {
          return flag(address(shown(a[0]), AF_INET) || address(shown(a[0]), AF_INET6));
        }}},
      {"isValidIpv4", {1, 1, [](const Arguments& a, const Record&) { return flag(address(shown(a[0]), AF_INET)); }}},
      {"isValidIpv6", {1, 1, [](const Arguments& a, const Record&) { return flag(address(shown(a[0]), AF_INET6)); }}},
      {"isIpv4InSubnet",
       {2, 2, [](const Arguments& a, const Record&) { return flag(in_subnet(shown(a[0]), shown(a[1]))); }}},
  };
  return all;
}

}  // namespace

std::string shown(const Value& value) {
  switch (value.kind) {
    case Value::Kind::none:
      return "";
    case Value::Kind::text:
      return value.text;
    case Value::Kind::time: {
      // "2024-01-31T13:00:00Z" without its marks, and the milliseconds behind it.
      const auto ms = static_cast<std::int64_t>(value.number);
      std::string out = to_rfc3339(Timestamp{ms - ms % 1000}).substr(0, 19);
      out[10] = ' ';
      return out + fmt::format(".{:03}", ms % 1000);
    }
    case Value::Kind::number:
      break;
  }
  if (value.number == std::floor(value.number) && std::fabs(value.number) < 1e15)
    return std::to_string(static_cast<std::int64_t>(value.number));
  std::string out = fmt::format("{:.4f}", value.number);
  out.resize(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::optional<double> number_of(const Value& value) {
  if (value.kind == Value::Kind::number || value.kind == Value::Kind::time) return value.number;
  if (value.kind == Value::Kind::none || value.text.empty()) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(value.text.c_str(), &end);
  return *end == '\0' && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

bool less(const Value& a, const Value& b) {
  const auto x = number_of(a), y = number_of(b);
  return x && y ? *x < *y : shown(a) < shown(b);
}

Record record_of(std::int64_t time, std::int64_t ingested, const std::string& message, const std::string& stream,
                 const std::string& log, const std::string& pointer) {
  Record out;
  out.pointer = pointer;
  out.values["@timestamp"] = Value::at(static_cast<double>(time));
  out.values["@ingestionTime"] = Value::at(static_cast<double>(ingested));
  out.values["@message"] = Value::of(message);
  out.values["@logStream"] = Value::of(stream);
  out.values["@log"] = Value::of(log);
  out.values["@ptr"] = Value::of(pointer);
  const auto begin = message.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos || message[begin] != '{') return out;
  boost::system::error_code error;
  const json::value document = json::parse(message, error);
  if (!error) flatten(document, "", 0, out);
  return out;
}

bool known_function(std::string_view name, std::size_t arguments) {
  const auto found = functions().find(name);
  return found != functions().end() && arguments >= found->second.least && arguments <= found->second.most;
}

Value evaluate(const Expression& e, const Record& record) {
  using Kind = Expression::Kind;
  switch (e.kind) {
    case Kind::literal:
      return e.literal;
    case Kind::field: {
      const Value* found = record.find(e.name);
      return found == nullptr ? Value() : *found;
    }
    case Kind::call: {
      // What `stats` computed goes by its text: "bin(5m)".
      if (const Value* found = record.find(e.text)) return *found;
      std::vector<Value> arguments;
      for (const auto& part : e.parts) arguments.push_back(evaluate(part, record));
      return functions().find(e.name)->second.of(arguments, record);
    }
    case Kind::negate: {
      const auto number = number_of(evaluate(e.parts[0], record));
      return number ? Value::of(-*number) : Value();
    }
    case Kind::invert:
      return flag(!truth(evaluate(e.parts[0], record)));
    case Kind::in: {
      const Value value = evaluate(e.parts[0], record);
      return flag(value.present() && std::any_of(e.parts.begin() + 1, e.parts.end(), [&](const Expression& one) {
                    return equal(value, evaluate(one, record));
                  }));
    }
    case Kind::like: {
      const Value value = evaluate(e.parts[0], record);
      return flag(value.present() && shown(value).find(shown(evaluate(e.parts[1], record))) != std::string::npos);
    }
    case Kind::matches: {
      const Value value = evaluate(e.parts[0], record);
      return flag(value.present() && e.regex->found_in(shown(value)));
    }
    case Kind::binary:
      break;
  }
  if (e.name == "and") return flag(truth(evaluate(e.parts[0], record)) && truth(evaluate(e.parts[1], record)));
  if (e.name == "or") return flag(truth(evaluate(e.parts[0], record)) || truth(evaluate(e.parts[1], record)));
  const Value a = evaluate(e.parts[0], record), b = evaluate(e.parts[1], record);
  return e.name.find_first_of("=<>") != std::string::npos ? compared(e.name, a, b) : computed(e.name, a, b);
}

}  // namespace stratus::services::logs::insights
