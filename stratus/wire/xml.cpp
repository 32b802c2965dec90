#include "stratus/wire/xml.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <pugixml.hpp>

#include "stratus/core/base64.h"
#include "stratus/core/error.h"
#include "stratus/core/text.h"
#include "stratus/wire/protocol_text.h"

namespace stratus::wire::xml {
namespace {

constexpr int kMaxDepth = 32;
constexpr double kMaxSeconds = 9e12;  // of a timestamp, so that its milliseconds fit 64 bits

std::string timestamp(Timestamp time, TimestampFormat format) {
  switch (format) {
    case TimestampFormat::rfc822:
      return to_http_date(time);
    case TimestampFormat::unix_seconds:
      return std::to_string(time.ms / 1000);
    default:
      return to_rfc3339(time);
  }
}

void write_attributes(std::string& out, const Shape& shape, const void* value) {
  for (const Member& attribute : shape.members) {
    if (!attribute.xml_attribute) continue;
    const void* text = member_value(attribute, value);
    if (text == nullptr) continue;
    out += ' ';
    out += attribute.wire;
    out += "=\"";
    escape(out, scalar(attribute.shape(), text, attribute.timestamp_format, TimestampFormat::iso8601));
    out += '"';
  }
}

void open_tag(std::string& out, const char* name, const Member* member, const Shape* shape, const void* value) {
  out += '<';
  out += name;
  if (member != nullptr && member->xml_namespace != nullptr) {
    out += " xmlns";
    if (member->xml_prefix != nullptr) {
      out += ':';
      out += member->xml_prefix;
    }
    out += "=\"";
    escape(out, member->xml_namespace);
    out += '"';
  }
  if (shape != nullptr && shape->kind == Kind::structure) write_attributes(out, *shape, value);
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
    case Kind::structure:
      write_structure(out, shape, value);
      break;
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
    case Kind::string:
      escape(out, *static_cast<const std::string*>(value));
      break;
    default:
      escape(out, scalar(shape, value, member == nullptr ? TimestampFormat::unset : member->timestamp_format,
                         TimestampFormat::iso8601));
  }
  close_tag(out, name);
}

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_float(std::string_view text, double& out) {
  if (text == "NaN") {
    out = std::nan("");
  } else if (text == "Infinity" || text == "-Infinity") {
    out = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
  } else {
    // from_chars knows further spellings of these, which AWS does not.
    return parse_number(text, out) && std::isfinite(out);
  }
  return true;
}

/// Fills values from elements, and counts what it appends: a small body must not become a huge value.
class Reader {
 public:
  void structure(const pugi::xml_node& element, const Shape& shape, void* out, int depth) {
    if (depth > kMaxDepth) malformed();
    for (const Member& member : shape.members) {
      if (member.location != Location::body) continue;
      const Shape& target = member.shape();
      if (member.xml_attribute) {
        if (const auto attribute = find_attribute(element, member.wire))
          if (!parse_scalar(attribute.value(), target, member_emplace(member, out))) malformed();
        continue;
      }
      if (member.flattened && target.kind == Kind::list) {
        flat_list(element, member, out, depth);
      } else if (member.flattened && target.kind == Kind::map) {
        flat_map(element, member, out, depth);
      } else if (const auto child = element.child(member.wire)) {
        if (target.kind == Kind::map) {
          void* map = member_emplace(member, out);
          for (auto item = child.first_child(); item; item = item.next_sibling())
            if (item.type() == pugi::node_element) entry(item, member.map_key, member.element, target, map, depth);
        } else {
          value(child, target, member_emplace(member, out), depth + 1);
        }
      }
    }
  }

 private:
  static pugi::xml_attribute find_attribute(const pugi::xml_node& element, const char* wire) {
    if (const auto exact = element.attribute(wire)) return exact;
    // "xsi:type" may come with another prefix or none.
    const char* colon = std::strchr(wire, ':');
    return colon == nullptr ? pugi::xml_attribute() : element.attribute(colon + 1);
  }

  void count() {
    if (++appended_ > kMaxElements) malformed();
  }

  void flat_list(const pugi::xml_node& element, const Member& member, void* out, int depth) {
    const char* name = member.element != nullptr ? member.element : member.wire;
    const Shape& target = member.shape();
    void* list = nullptr;
    for (auto child = element.child(name); child; child = child.next_sibling(name)) {
      if (list == nullptr) list = member_emplace(member, out);
      count();
      value(child, target.element(), target.append(list), depth + 1);
    }
  }

  void flat_map(const pugi::xml_node& element, const Member& member, void* out, int depth) {
    void* map = nullptr;
    for (auto child = element.child(member.wire); child; child = child.next_sibling(member.wire)) {
      if (map == nullptr) map = member_emplace(member, out);
      entry(child, member.map_key, member.element, member.shape(), map, depth);
    }
  }

  void entry(const pugi::xml_node& element, const char* key, const char* name, const Shape& shape, void* map,
             int depth) {
    count();
    const auto key_element = element.child(key != nullptr ? key : "key");
    if (!key_element) malformed();
    value(element.child(name != nullptr ? name : "value"), shape.element(), shape.insert(map, key_element.text().get()),
          depth + 1);
  }

  void value(const pugi::xml_node& element, const Shape& shape, void* out, int depth) {
    if (depth > kMaxDepth) malformed();
    switch (shape.kind) {
      case Kind::structure:
        structure(element, shape, out, depth);
        return;
      case Kind::list:
        for (auto item = element.first_child(); item; item = item.next_sibling()) {
          if (item.type() != pugi::node_element) continue;
          count();
          value(item, shape.element(), shape.append(out), depth + 1);
        }
        return;
      case Kind::map:
        for (auto item = element.first_child(); item; item = item.next_sibling())
          if (item.type() == pugi::node_element) entry(item, nullptr, nullptr, shape, out, depth);
        return;
      case Kind::string:
        *static_cast<std::string*>(out) = element.text().get();
        return;
      default:
        if (!parse_scalar(text::trim(element.text().get()), shape, out)) malformed();
    }
  }

  std::size_t appended_ = 0;
};

}  // namespace

void malformed() {
  throw aws::Error("MalformedXML", 400,
                   "The XML you provided was not well-formed or did not validate against our published schema");
}

void escape(std::string& out, std::string_view text) {
  std::size_t done = 0;
  const auto replace = [&](std::size_t at, std::size_t length, std::string_view by) {
    out.append(text, done, at - done);
    out += by;
    done = at + length;
  };
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&':
        replace(i, 1, "&amp;");
        break;
      case '<':
        replace(i, 1, "&lt;");
        break;
      case '>':
        replace(i, 1, "&gt;");
        break;
      case '"':
        replace(i, 1, "&quot;");
        break;
      case '\'':
        replace(i, 1, "&#39;");
        break;
      case '\r':
        replace(i, 1, "&#xD;");
        break;
      case '\xEF':
        // U+FFFE and U+FFFF.
        if (i + 2 < text.size() && text[i + 1] == '\xBF' && (text[i + 2] == '\xBE' || text[i + 2] == '\xBF')) {
          replace(i, 3, kReplacement);
          i += 2;
        }
        break;
      default:
        // XML 1.0 knows no other control characters, not even as references.
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') replace(i, 1, kReplacement);
    }
  }
  out.append(text, done, text.size() - done);
}

void write_text(std::string& out, std::string_view name, std::string_view text) {
  out += '<';
  out += name;
  out += '>';
  escape(out, text);
  out += "</";
  out += name;
  out += '>';
}

std::string scalar(const Shape& shape, const void* value, TimestampFormat format, TimestampFormat fallback) {
  switch (shape.kind) {
    case Kind::string:
      return *static_cast<const std::string*>(value);
    case Kind::boolean:
      return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::int32:
      return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::int64:
      return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::float64: {
      const double number = *static_cast<const double*>(value);
      if (std::isnan(number)) return "NaN";
      if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
      return std::floor(number) == number && std::abs(number) < 1e15 ? fmt::format("{:.1f}", number)
                                                                     : fmt::format("{}", number);
    }
    case Kind::blob:
      return base64::encode(static_cast<const Blob*>(value)->bytes);
    case Kind::timestamp:
      return timestamp(*static_cast<const Timestamp*>(value), format == TimestampFormat::unset ? fallback : format);
    case Kind::document:
      return static_cast<const Document*>(value)->json;
    default:
      return "";
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

void write_root(std::string& out, std::string_view name, std::string_view ns, const Shape& shape, const void* value) {
  out += '<';
  out += name;
  if (!ns.empty()) {
    out += " xmlns=\"";
    escape(out, ns);
    out += '"';
  }
  write_attributes(out, shape, value);
  out += '>';
  write_structure(out, shape, value);
  out += "</";
  out += name;
  out += '>';
}

bool parse_scalar(std::string_view text, const Shape& shape, void* out) {
  switch (shape.kind) {
    case Kind::string:
      *static_cast<std::string*>(out) = text;
      return true;
    case Kind::boolean:
      if (text != "true" && text != "false" && text != "True" && text != "False" && text != "1" && text != "0" &&
          text != "TRUE" && text != "FALSE")
        return false;
      *static_cast<bool*>(out) = text == "true" || text == "True" || text == "TRUE" || text == "1";
      return true;
    case Kind::int32:
      return parse_number(text, *static_cast<std::int32_t*>(out));
    case Kind::int64:
      return parse_number(text, *static_cast<std::int64_t*>(out));
    case Kind::float64:
      return parse_float(text, *static_cast<double*>(out));
    case Kind::blob: {
      auto bytes = base64::decode(text);
      if (!bytes) return false;
      static_cast<Blob*>(out)->bytes = std::move(*bytes);
      return true;
    }
    case Kind::timestamp: {
      auto& time = *static_cast<Timestamp*>(out);
      if (parse_rfc3339(text, time) || parse_http_date(text, time)) return true;
      double seconds = 0;
      if (!parse_float(text, seconds) || !(std::abs(seconds) < kMaxSeconds)) return false;
      time.ms = std::llround(seconds * 1000.0);
      return true;
    }
    case Kind::document:
      static_cast<Document*>(out)->json = text;
      return true;
    default:
      return false;
  }
}

void read_structure(const pugi::xml_node& element, const Shape& shape, void* out) {
  Reader().structure(element, shape, out, 0);
}

void read_document(std::string_view text, const Shape& shape, void* out) {
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8)) malformed();
  read_structure(document.document_element(), shape, out);
}

}  // namespace stratus::wire::xml
