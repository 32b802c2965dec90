#include "stratus/wire/http_bindings.h"

#include "stratus/core/text.h"
#include "stratus/wire/protocol_text.h"
#include "stratus/wire/xml.h"

namespace stratus::wire {
namespace {

[[noreturn]] void invalid(const Member& member) { throw WrongBinding{&member, false}; }

void put(const Member& member, const Shape& shape, std::string_view text, void* out) {
  if (!valid_utf8(text) || !xml::parse_scalar(text, shape, out)) invalid(member);
}

/// The member's value, made where there is none yet.
void* present(const Member& member, void* object) {
  const void* value = member_value(member, object);
  return value != nullptr ? const_cast<void*>(value) : member_emplace(member, object);
}

void read_label(const Member& member, const RequestParts& parts, void* request) {
  const auto label = parts.labels.find(member.wire);
  if (label == parts.labels.end()) return;
  if (!valid_utf8(label->second)) throw WrongBinding{&member, true};
  put(member, member.shape(), label->second, member_emplace(member, request));
}

void read_query(const Member& member, const RequestParts& parts, void* request) {
  const Shape& shape = member.shape();
  for (const auto& [name, value] : parts.query) {
    if (shape.kind == Kind::map) {
      // All parameters; of one that repeats, each where the map holds lists, else the last.
      const Shape& element = shape.element();
      void* slot = shape.insert(present(member, request), name);
      if (!valid_utf8(name)) invalid(member);
      if (element.kind == Kind::list) {
        put(member, element.element(), value, element.append(slot));
      } else {
        put(member, element, value, slot);
      }
    } else if (name == member.wire) {
      if (shape.kind == Kind::list) {
        put(member, shape.element(), value, shape.append(present(member, request)));
      } else {
        put(member, shape, value, member_emplace(member, request));
      }
    }
  }
}

void read_header(const Member& member, const RequestParts& parts, void* request) {
  const auto header = parts.headers.find(text::lower(member.wire));
  if (header == parts.headers.end()) return;
  const Shape& shape = member.shape();
  if (shape.kind != Kind::list) {
    put(member, shape, header->second, member_emplace(member, request));
    return;
  }
  void* list = member_emplace(member, request);
  const auto pieces = text::split(header->second, ',');
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string piece(text::trim(pieces[i]));
    // A date has a comma of its own behind the day of the week.
    if (shape.element().kind == Kind::timestamp && piece.size() == 3 && i + 1 < pieces.size())
      piece += ", " + std::string(text::trim(pieces[++i]));
    put(member, shape.element(), piece, shape.append(list));
  }
}

void read_headers(const Member& member, const RequestParts& parts, void* request) {
  const std::string prefix = text::lower(member.wire);
  for (auto at = parts.headers.lower_bound(prefix); at != parts.headers.end() && at->first.starts_with(prefix); ++at)
    put(member, member.shape().element(), at->second,
        member.shape().insert(present(member, request), at->first.substr(prefix.size())));
}

std::string header_text(const Member& member, const void* value) {
  const Shape& shape = member.shape();
  if (shape.kind != Kind::list) return xml::scalar(shape, value, member.timestamp_format, TimestampFormat::rfc822);
  std::string out;
  for (std::size_t i = 0; i < shape.size(value); ++i) {
    if (i != 0) out += ", ";
    out += xml::scalar(shape.element(), shape.at(value, i), member.timestamp_format, TimestampFormat::rfc822);
  }
  return out;
}

}  // namespace

BodyMembers body_of(const Shape& shape) {
  BodyMembers out;
  for (const Member& member : shape.members) {
    if (member.payload) out.payload = &member;
    if (member.location == Location::body) out.any = true;
  }
  return out;
}

void read_bindings(const Shape& input, const RequestParts& parts, void* request) {
  for (const Member& member : input.members) {
    switch (member.location) {
      case Location::uri:
        read_label(member, parts, request);
        break;
      case Location::querystring:
        read_query(member, parts, request);
        break;
      case Location::header:
        read_header(member, parts, request);
        break;
      case Location::headers:
        read_headers(member, parts, request);
        break;
      default:
        break;
    }
  }
}

void write_bindings(const Shape& shape, const void* response, ReplyParts& reply) {
  for (const Member& member : shape.members) {
    const void* value = member.location == Location::body ? nullptr : member_value(member, response);
    if (value == nullptr) continue;
    if (member.location == Location::header) {
      if (std::string text = header_value(header_text(member, value)); !text.empty())
        reply.headers[member.wire] = std::move(text);
    } else if (member.location == Location::headers) {
      member.shape().each(value, [&](const std::string& name, const void* text) {
        if (header_name(member.wire + name))
          reply.headers[member.wire + name] = header_value(*static_cast<const std::string*>(text));
      });
    } else if (member.location == Location::status_code) {
      reply.status = *static_cast<const std::int32_t*>(value);
    }
  }
}

}  // namespace stratus::wire
