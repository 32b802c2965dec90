// What must hold for any bytes that reach a decoder; driven by seeded mutations in the tests and by libFuzzer.
#pragma once

#include <cmath>
#include <cstdint>
#include <pugixml.hpp>

#include "stratus/core/check.h"
#include "stratus/wire/protocol_test_shapes.h"
#include "stratus/wire/protocol_text.h"
#include "stratus/wire/validate.h"

namespace stratus::wire::vectors {

inline bool writes_json(aws::Protocol protocol) {
  return protocol == aws::Protocol::json || protocol == aws::Protocol::rest_json;
}

inline constexpr aws::Protocol kProtocols[] = {aws::Protocol::json,     aws::Protocol::query, aws::Protocol::ec2,
                                               aws::Protocol::rest_xml, aws::Protocol::cbor,  aws::Protocol::rest_json};

/// A reply can be sent: its XML is well-formed, and no header breaks out of its line.
inline void check_reply(aws::Protocol protocol, const ReplyParts& reply) {
  for (const auto& [name, value] : reply.headers)
    STRATUS_ASSERT((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  if (writes_json(protocol) || protocol == aws::Protocol::cbor) return;
  STRATUS_ASSERT(valid_utf8(reply.body));
  pugi::xml_document document;
  if (!reply.body.empty()) STRATUS_ASSERT(document.load_buffer(reply.body.data(), reply.body.size()));
}

/// Sets the numbers and times of both aside where they are as close as their text allows: Boost.JSON 1.81 reads a
/// double to within one unit in its last place, and a double holds the milliseconds of the far past and future to
/// within one. CBOR's doubles are exact.
inline bool set_aside(aws::Protocol protocol, Sink& a, Sink& b) {
  if (a.number && b.number) {
    const bool same = *a.number == *b.number || (std::isnan(*a.number) && std::isnan(*b.number));
    const bool close = writes_json(protocol) && std::abs(*a.number - *b.number) <= 4e-16 * std::abs(*a.number);
    if (!same && !close) return false;
    a.number = b.number = 0;
  }
  if (a.time && b.time) {
    constexpr std::int64_t kExact = 8'000'000'000'000;  // milliseconds, the year 2223
    if (std::abs(a.time->ms - b.time->ms) > (std::abs(a.time->ms) <= kExact ? 0 : 1)) return false;
    a.time = b.time = Timestamp{};
  }
  if (a.times) a.times->clear();
  if (b.times) b.times->clear();
  if (!a.recursive || !b.recursive) return a.recursive.has_value() == b.recursive.has_value();
  if (a.recursive->size() != b.recursive->size()) return false;
  for (std::size_t i = 0; i < a.recursive->size(); ++i)
    if (!set_aside(protocol, (*a.recursive)[i], (*b.recursive)[i])) return false;
  return true;
}

/// The JSON protocols and CBOR are their own inverse.
inline void check_round_trip(aws::Protocol protocol, const aws::Operation& op, const ReplyParts& reply, Sink value) {
  RequestParts parts;
  parts.body = reply.body;
  Sink back;
  codec_for(protocol).decode(service(protocol), op, parts, &back);
  STRATUS_ASSERT(value.times.has_value() == back.times.has_value() &&
                 (!value.times || value.times->size() == back.times->size()));
  STRATUS_ASSERT(set_aside(protocol, value, back));
  STRATUS_ASSERT(to_json(value) == to_json(back));
}

/// Decodes: either a refusal of the caller's (4xx) that can be sent, or a value that validates or not, that can be
/// sent, and that reads back the same where the protocol is its own inverse.
template <class T>
bool fuzz_decode(aws::Protocol protocol, const RequestParts& parts) {
  const auto model = service(protocol);
  const auto op = operation<T>("Op");
  const Codec& codec = codec_for(protocol);
  T value{};
  try {
    codec.decode(model, op, parts, &value);
  } catch (const aws::Error& error) {
    STRATUS_ASSERT(error.status >= 400 && error.status < 500 && !error.code.empty());
    check_reply(protocol, codec.error(&model, "id", error));
    return false;
  }
  try {
    validate(model, op, &value);
  } catch (const aws::Error& error) {
    STRATUS_ASSERT(error.status == 400);
    check_reply(protocol, codec.error(&model, "id", error));
  }
  const auto reply = codec.encode(model, op, "id", &value);
  check_reply(protocol, reply);
  if constexpr (std::is_same_v<T, Sink>) check_round_trip(protocol, op, reply, std::move(value));
  return true;
}

/// The bytes of a body where HTTP binds them.
inline void fuzz_bindings(aws::Protocol protocol, std::string_view input) {
  const std::string text(input);
  RequestParts parts;
  parts.method = "POST";
  parts.path = "/";
  parts.labels = {{"Label", text}};
  fuzz_decode<Rest>(protocol, parts);
  parts.labels.clear();
  parts.query = parse_form(input);
  for (const char* name :
       {"x-string", "x-stringlist", "x-integerlist", "x-timestamplist", "x-defaultformat", "x-foo-a"}) {
    parts.headers = {{name, text}};
    fuzz_decode<Rest>(protocol, parts);
  }
}

/// True where the input was a good request.
inline bool fuzz_one(aws::Protocol protocol, std::string_view input) {
  RequestParts parts;
  parts.method = "POST";
  parts.path = "/";
  parts.body = input;
  switch (protocol) {
    case aws::Protocol::query:
    case aws::Protocol::ec2:
      return fuzz_decode<Form>(protocol, parts);
    case aws::Protocol::rest_xml: {
      const bool good = fuzz_decode<Xml>(protocol, parts);
      fuzz_decode<StructurePayload>(protocol, parts);
      fuzz_bindings(protocol, input);
      return good;
    }
    case aws::Protocol::rest_json: {
      const bool good = fuzz_decode<Sink>(protocol, parts);
      fuzz_decode<StructurePayload>(protocol, parts);
      fuzz_bindings(protocol, input);
      return good;
    }
    default:
      return fuzz_decode<Sink>(protocol, parts);
  }
}

}  // namespace stratus::wire::vectors
