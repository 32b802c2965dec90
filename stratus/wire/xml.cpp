#include "stratus/wire/xml.h"

#include <fmt/format.h>

#include <cmath>
#include <pugixml.hpp>

#include "stratus/core/base64.h"
#include "stratus/core/error.h"

namespace stratus::wire::xml {
namespace {

constexpr int kMaxDepth = 32;

std::string timestamp(Timestamp time, TimestampFormat format) {
  switch (format) {
    case TimestampFormat::rfc822: return to_http_date(time);
    case TimestampFormat::unix_seconds: return std::to_string(time.ms / 1000);
    default: return to_rfc3339(time);
  }
}

void open_tag(std::string& out, const char* name, const Member* member, const Shape* shape, const void* value) {
  out += '<';
  out += name;
  if (member != nullptr && member->xml_namespace != nullptr) {
    out += member->xml_prefix != nullptr ? std::string(" xmlns:") + member->xml_prefix : std::string(" xmlns");
    out += "=\"";
    escape(out, member->xml_namespace);
    out += '"';
  }
  if (shape != nullptr && shape->kind == Kind::structure)
    for (const Member& attribute : shape->members) {
      if (!attribute.xml_attribute) continue;
      const void* text = member_value(attribute, value);
      if (text == nullptr) continue;
      out += ' ';
      out += attribute.wire;
      out += "=\"";
      escape(out, scalar(attribute.shape(), text, attribute.timestamp_format, TimestampFormat::iso8601));
      out += '"';
    }
  out += '>';
}

void close_tag(std::string& out, const char* name) {
  out += "</";
  out += name;
  out += '>';
}

void write_value(std::string& out, const char* name, const Member* member, const Shape& shape, const void* value) {
  open_tag(out, name, member, &shape, value);
  switch (shape.kind) {
    case Kind::structure: write_structure(out, shape, value); break;
    case Kind::list: {
      const std::size_t size = shape.size(value);
      for (std::size_t i = 0; i < size; ++i) write_value(out, "member", nullptr, shape.element(), shape.at(value, i));
      break;
    }
    case Kind::map:
      shape.each(value, [&](const std::string& key, const void* element) {
        out += "<entry><key>";
        escape(out, key);
        out += "</key>";
        write_value(out, "value", nullptr, shape.element(), element);
        out += "</entry>";
      });
      break;
    default: escape(out, scalar(shape, value, member == nullptr ? TimestampFormat::unset : member->timestamp_format, TimestampFormat::iso8601));
  }
  close_tag(out, name);
}

[[noreturn]] void malformed() {
  throw aws::Error("MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema");
}

void read_value(const pugi::xml_node& element, const Shape& shape, void* out, int depth);

void read_structure_at(const pugi::xml_node& element, const Shape& shape, void* out, int depth) {
  if (depth > kMaxDepth) malformed();
  for (const Member& member : shape.members) {
    if (member.location != Location::body) continue;
    const Shape& target = member.shape();
    if (member.xml_attribute) {
      std::string_view name = member.wire;
      auto attribute = element.attribute(member.wire);
      if (!attribute && name.find(':') != std::string_view::npos) attribute = element.attribute(std::string(name.substr(name.find(':') + 1)).c_str());
      if (attribute && !parse_scalar(attribute.value(), target, member_emplace(member, out))) malformed();
      continue;
    }
    const char* name = member.wire;
    if (target.kind == Kind::list && member.flattened) {
      if (member.element != nullptr) name = member.element;
      void* list = nullptr;
      for (auto child = element.child(name); child; child = child.next_sibling(name)) {
        if (list == nullptr) list = member_emplace(member, out);
        read_value(child, target.element(), target.append(list), depth + 1);
      }
      continue;
    }
    const auto child = element.child(name);
    if (!child) continue;
    void* value = member_emplace(member, out);
    if (target.kind == Kind::list) {
      for (auto item = child.first_child(); item; item = item.next_sibling())
        if (item.type() == pugi::node_element) read_value(item, target.element(), target.append(value), depth + 1);
    } else if (target.kind == Kind::map) {
      const char* key_name = member.map_key != nullptr ? member.map_key : "key";
      const char* value_name = member.element != nullptr ? member.element : "value";
      for (auto entry = child.first_child(); entry; entry = entry.next_sibling())
        if (entry.type() == pugi::node_element)
          read_value(entry.child(value_name), target.element(), target.insert(value, entry.child(key_name).text().get()), depth + 1);
    } else {
      read_value(child, target, value, depth + 1);
    }
  }
}

void read_value(const pugi::xml_node& element, const Shape& shape, void* out, int depth) {
  if (shape.kind == Kind::structure) {
    read_structure_at(element, shape, out, depth);
  } else if (shape.kind == Kind::list) {
    if (depth > kMaxDepth) malformed();
    for (auto item = element.first_child(); item; item = item.next_sibling())
      if (item.type() == pugi::node_element) read_value(item, shape.element(), shape.append(out), depth + 1);
  } else if (!parse_scalar(element.text().get(), shape, out)) {
    malformed();
  }
}

}  // namespace

void escape(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\r': out += "&#xD;"; break;
      default:
        // XML 1.0 knows no other control characters, not even as references.
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
}

std::string scalar(const Shape& shape, const void* value, TimestampFormat format, TimestampFormat fallback) {
  switch (shape.kind) {
    case Kind::string: return *static_cast<const std::string*>(value);
    case Kind::boolean: return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::int32: return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::int64: return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::float64: {
      const double number = *static_cast<const double*>(value);
      if (std::isnan(number)) return "NaN";
      if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
      return std::floor(number) == number && std::abs(number) < 1e15 ? fmt::format("{:.1f}", number) : fmt::format("{}", number);
    }
    case Kind::blob: return base64::encode(static_cast<const Blob*>(value)->bytes);
    case Kind::timestamp: return timestamp(*static_cast<const Timestamp*>(value), format == TimestampFormat::unset ? fallback : format);
    case Kind::document: return static_cast<const Document*>(value)->json;
    default: return "";
  }
}

void write_member(std::string& out, const Member& member, const void* value) {
  const Shape& shape = member.shape();
  if (shape.kind == Kind::list) {
    const std::size_t size = shape.size(value);
    const char* element = member.element != nullptr ? member.element : "member";
    if (member.flattened) {
      const char* name = member.element != nullptr ? member.element : member.wire;
      for (std::size_t i = 0; i < size; ++i) write_value(out, name, nullptr, shape.element(), shape.at(value, i));
      return;
    }
    open_tag(out, member.wire, &member, nullptr, nullptr);
    for (std::size_t i = 0; i < size; ++i) write_value(out, element, nullptr, shape.element(), shape.at(value, i));
    close_tag(out, member.wire);
    return;
  }
  if (shape.kind == Kind::map) {
    const char* key_name = member.map_key != nullptr ? member.map_key : "key";
    const char* value_name = member.element != nullptr ? member.element : "value";
    if (!member.flattened) open_tag(out, member.wire, &member, nullptr, nullptr);
    const char* entry = member.flattened ? member.wire : "entry";
    shape.each(value, [&](const std::string& key, const void* element) {
      open_tag(out, entry, nullptr, nullptr, nullptr);
      open_tag(out, key_name, nullptr, nullptr, nullptr);
      escape(out, key);
      close_tag(out, key_name);
      write_value(out, value_name, nullptr, shape.element(), element);
      close_tag(out, entry);
    });
    if (!member.flattened) close_tag(out, member.wire);
    return;
  }
  write_value(out, member.wire, &member, shape, value);
}

void write_structure(std::string& out, const Shape& shape, const void* value) {
  for (const Member& member : shape.members) {
    if (member.location != Location::body || member.xml_attribute) continue;
    if (const void* present = member_value(member, value)) write_member(out, member, present);
  }
}

bool parse_scalar(std::string_view text, const Shape& shape, void* out) {
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  switch (shape.kind) {
    case Kind::string: *static_cast<std::string*>(out) = copy; return true;
    case Kind::boolean:
      if (copy != "true" && copy != "false" && copy != "True" && copy != "False" && copy != "1" && copy != "0" && copy != "TRUE" && copy != "FALSE") return false;
      *static_cast<bool*>(out) = copy == "true" || copy == "True" || copy == "TRUE" || copy == "1";
      return true;
    case Kind::int32: {
      const long number = std::strtol(copy.c_str(), &end, 10);
      if (copy.empty() || *end != '\0' || errno != 0 || number < INT32_MIN || number > INT32_MAX) return false;
      *static_cast<std::int32_t*>(out) = static_cast<std::int32_t>(number);
      return true;
    }
    case Kind::int64: {
      const long long number = std::strtoll(copy.c_str(), &end, 10);
      if (copy.empty() || *end != '\0' || errno != 0) return false;
      *static_cast<std::int64_t*>(out) = number;
      return true;
    }
    case Kind::float64: {
      const double number = std::strtod(copy.c_str(), &end);
      if (copy.empty() || *end != '\0') return false;
      *static_cast<double*>(out) = number;
      return true;
    }
    case Kind::blob: {
      auto bytes = base64::decode(text);
      if (!bytes) return false;
      static_cast<Blob*>(out)->bytes = std::move(*bytes);
      return true;
    }
    case Kind::timestamp: {
      auto& time = *static_cast<Timestamp*>(out);
      if (parse_rfc3339(text, time) || parse_http_date(text, time)) return true;
      const double seconds = std::strtod(copy.c_str(), &end);
      if (copy.empty() || *end != '\0' || !(std::abs(seconds) < 9e12)) return false;
      time.ms = std::llround(seconds * 1000.0);
      return true;
    }
    case Kind::document: static_cast<Document*>(out)->json = copy; return true;
    default: return false;
  }
}

void read_structure(const pugi::xml_node& element, const Shape& shape, void* out) { read_structure_at(element, shape, out, 0); }

}  // namespace stratus::wire::xml
