#include "stratus/core/shape_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "stratus/core/base64.h"
#include "stratus/core/text.h"

namespace stratus {
namespace {

namespace json = boost::json;

void write(std::string& out, const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::string:
      out += text::json_quote(*static_cast<const std::string*>(value));
      return;
    case Kind::boolean:
      out += *static_cast<const bool*>(value) ? "true" : "false";
      return;
    case Kind::int32:
      out += std::to_string(*static_cast<const std::int32_t*>(value));
      return;
    case Kind::int64:
      out += std::to_string(*static_cast<const std::int64_t*>(value));
      return;
    case Kind::float64: {
      const double number = *static_cast<const double*>(value);
      if (std::isnan(number)) {
        out += "\"NaN\"";
      } else if (std::isinf(number)) {
        out += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
      } else {
        fmt::format_to(std::back_inserter(out), "{}", number);
      }
      return;
    }
    case Kind::blob:
      out += '"';
      out += base64::encode(static_cast<const Blob*>(value)->bytes);
      out += '"';
      return;
    case Kind::timestamp: {
      const std::int64_t ms = static_cast<const Timestamp*>(value)->ms;
      if (ms % 1000 == 0) {
        out += std::to_string(ms / 1000);
      } else {
        fmt::format_to(std::back_inserter(out), "{:.3f}", static_cast<double>(ms) / 1000.0);
      }
      return;
    }
    case Kind::document: {
      const auto& document = static_cast<const Document*>(value)->json;
      out += document.empty() ? "null" : document;
      return;
    }
    case Kind::list: {
      out += '[';
      const std::size_t size = shape.size(value);
      for (std::size_t i = 0; i < size; ++i) {
        if (i != 0) out += ',';
        write(out, shape.element(), shape.at(value, i));
      }
      out += ']';
      return;
    }
    case Kind::map: {
      out += '{';
      bool first = true;
      shape.each(value, [&](const std::string& key, const void* element) {
        if (!first) out += ',';
        first = false;
        out += text::json_quote(key);
        out += ':';
        write(out, shape.element(), element);
      });
      out += '}';
      return;
    }
    case Kind::structure: {
      out += '{';
      bool first = true;
      for (const Member& member : shape.members) {
        const void* element = member_value(member, value);
        if (element == nullptr) continue;
        if (!first) out += ',';
        first = false;
        out += '"';
        out += member.wire;
        out += "\":";
        write(out, member.shape(), element);
      }
      out += '}';
      return;
    }
  }
}

[[noreturn]] void mismatch(const std::string& path, const char* expected) {
  throw ShapeError((path.empty() ? "value" : path) + " is not " + expected);
}

double number_of(const json::value& value, const std::string& path) {
  if (value.is_number()) return value.to_number<double>();
  if (value.is_string()) {
    if (value.as_string() == "NaN") return std::nan("");
    if (value.as_string() == "Infinity") return HUGE_VAL;
    if (value.as_string() == "-Infinity") return -HUGE_VAL;
  }
  mismatch(path, "a number");
}

std::int64_t integer_of(const json::value& value, const std::string& path) {
  if (value.is_int64()) return value.as_int64();
  if (value.is_uint64() && value.as_uint64() <= INT64_MAX) return static_cast<std::int64_t>(value.as_uint64());
  if (value.is_double() && std::floor(value.as_double()) == value.as_double() && std::abs(value.as_double()) < 9e15)
    return static_cast<std::int64_t>(value.as_double());
  mismatch(path, "an integer");
}

void read(const Shape& shape, const json::value& source, void* value, const std::string& path) {
  switch (shape.kind) {
    case Kind::string:
      if (!source.is_string()) mismatch(path, "a string");
      *static_cast<std::string*>(value) = source.as_string();
      return;
    case Kind::boolean:
      if (!source.is_bool()) mismatch(path, "a boolean");
      *static_cast<bool*>(value) = source.as_bool();
      return;
    case Kind::int32: {
      const auto number = integer_of(source, path);
      if (number < INT32_MIN || number > INT32_MAX) mismatch(path, "an integer of 32 bits");
      *static_cast<std::int32_t*>(value) = static_cast<std::int32_t>(number);
      return;
    }
    case Kind::int64:
      *static_cast<std::int64_t*>(value) = integer_of(source, path);
      return;
    case Kind::float64:
      *static_cast<double*>(value) = number_of(source, path);
      return;
    case Kind::blob: {
      if (!source.is_string()) mismatch(path, "a base64 string");
      auto bytes = base64::decode(std::string_view(source.as_string()));
      if (!bytes) mismatch(path, "a base64 string");
      static_cast<Blob*>(value)->bytes = std::move(*bytes);
      return;
    }
    case Kind::timestamp: {
      auto& time = *static_cast<Timestamp*>(value);
      if (source.is_string()) {
        if (!parse_rfc3339(std::string_view(source.as_string()), time)) mismatch(path, "a timestamp");
        return;
      }
      const double ms = number_of(source, path) * 1000.0;
      if (!(std::abs(ms) < 9e15)) mismatch(path, "a timestamp");
      time.ms = std::llround(ms);
      return;
    }
    case Kind::document:
      static_cast<Document*>(value)->json = json::serialize(source);
      return;
    case Kind::list: {
      if (!source.is_array()) mismatch(path, "a list");
      std::size_t index = 0;
      for (const auto& element : source.as_array())
        read(shape.element(), element, shape.append(value), path + "[" + std::to_string(index++) + "]");
      return;
    }
    case Kind::map: {
      if (!source.is_object()) mismatch(path, "a map");
      for (const auto& [key, element] : source.as_object())
        if (!element.is_null()) read(shape.element(), element, shape.insert(value, key), path + "." + std::string(key));
      return;
    }
    case Kind::structure: {
      if (!source.is_object()) mismatch(path, "a structure");
      for (const auto& [key, element] : source.as_object()) {
        if (element.is_null()) continue;
        const Member* member = shape.find_wire(std::string_view(key.data(), key.size()));
        if (member == nullptr) continue;
        read(member->shape(), element, member_emplace(*member, value),
             path.empty() ? std::string(key) : path + "." + std::string(key));
      }
      return;
    }
  }
}

}  // namespace

std::string to_json(const Shape& shape, const void* value) {
  std::string out;
  write(out, shape, value);
  return out;
}

void from_json(const Shape& shape, std::string_view text, void* value) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  if (error) throw ShapeError("not JSON: " + error.message());
  read(shape, document, value, "");
}

}  // namespace stratus
