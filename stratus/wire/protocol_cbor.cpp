#include "stratus/wire/protocol_cbor.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "stratus/wire/protocol_text.h"

namespace stratus::wire {
namespace {

constexpr int kMaxDepth = 32;
enum Major : unsigned {
  unsigned_integer = 0,
  negative_integer = 1,
  bytes = 2,
  text_string = 3,
  array = 4,
  map = 5,
  tag = 6,
  simple = 7
};

[[noreturn]] void broken(const char* why) {
  throw aws::Error("SerializationException", 400, std::string("The request is not valid CBOR: ") + why);
}

/// Reads described values straight from the bytes; unknown members are skipped.
class Reader {
 public:
  explicit Reader(std::string_view input) : in_(input) {}

  void value(const Shape& shape, void* out, int depth = 0) {
    if (depth > kMaxDepth) broken("nested too deeply");
    switch (shape.kind) {
      case Kind::structure:
        each_entry(depth, [&](const std::string& key) {
          const Member* member = shape.find_wire(key);
          if (member == nullptr) return false;
          value(member->shape(), member_emplace(*member, out), depth + 1);
          return true;
        });
        return;
      case Kind::map:
        each_entry(depth, [&](const std::string& key) {
          count();
          value(shape.element(), shape.insert(out, key), depth + 1);
          return true;
        });
        return;
      case Kind::list: {
        const Head head = read_head();
        if (head.major != Major::array) broken("a list was expected");
        for (std::uint64_t i = 0; head.indefinite || i < head.argument; ++i) {
          if (head.indefinite && take_break()) break;
          count();
          value(shape.element(), shape.append(out), depth + 1);
        }
        return;
      }
      case Kind::string:
        *static_cast<std::string*>(out) = string_of(Major::text_string);
        return;
      case Kind::blob:
        static_cast<Blob*>(out)->bytes = string_of(Major::bytes);
        return;
      case Kind::document:
        broken("documents are not supported");
      case Kind::boolean: {
        const Head head = read_head();
        if (head.major != Major::simple || (head.info != 20 && head.info != 21)) broken("a boolean was expected");
        *static_cast<bool*>(out) = head.info == 21;
        return;
      }
      case Kind::int32: {
        const std::int64_t number = integer();
        if (number < INT32_MIN || number > INT32_MAX) broken("an integer is out of range");
        *static_cast<std::int32_t*>(out) = static_cast<std::int32_t>(number);
        return;
      }
      case Kind::int64:
        *static_cast<std::int64_t*>(out) = integer();
        return;
      case Kind::float64:
        *static_cast<double*>(out) = number();
        return;
      case Kind::timestamp: {
        if (peek_major() == Major::tag && read_head().argument != 1) broken("a timestamp was expected");
        const double seconds = number();
        if (!(std::abs(seconds) < 9e12)) broken("a timestamp is out of range");
        static_cast<Timestamp*>(out)->ms = std::llround(seconds * 1000.0);
        return;
      }
    }
  }

  /// To be called behind the last value.
  void end() const {
    if (!in_.empty()) broken("something follows the value");
  }

 private:
  struct Head {
    unsigned major = 0, info = 0;
    std::uint64_t argument = 0;
    bool indefinite = false;
  };

  Head read_head() {
    if (in_.empty()) broken("it ends too early");
    const unsigned byte = static_cast<unsigned char>(in_[0]);
    in_.remove_prefix(1);
    Head head{byte >> 5U, byte & 31U, byte & 31U, false};
    if (head.info < 24) return head;
    if (head.info == 31) {
      // A break stands only where take_break looks for it.
      if (head.major < Major::bytes || head.major > Major::map) broken("an indefinite length where there is none");
      head.indefinite = true;
      return head;
    }
    if (head.info > 27) broken("a reserved length");
    const std::size_t size = 1U << (head.info - 24);
    if (in_.size() < size) broken("it ends too early");
    head.argument = 0;
    for (std::size_t i = 0; i < size; ++i) head.argument = (head.argument << 8U) | static_cast<unsigned char>(in_[i]);
    in_.remove_prefix(size);
    return head;
  }

  unsigned peek_major() const {
    if (in_.empty()) broken("it ends too early");
    return static_cast<unsigned char>(in_[0]) >> 5U;
  }

  bool at_null() const { return !in_.empty() && static_cast<unsigned char>(in_[0]) == 0xF6; }

  void count() {
    if (++appended_ > kMaxElements) broken("it holds too many elements");
  }

  bool take_break() {
    if (in_.empty()) broken("it ends too early");
    if (static_cast<unsigned char>(in_[0]) != 0xFF) return false;
    in_.remove_prefix(1);
    return true;
  }

  std::string string_of(unsigned major) {
    const Head head = read_head();
    if (head.major != major) broken(major == Major::bytes ? "bytes were expected" : "a string was expected");
    std::string out;
    if (head.indefinite) {
      while (!take_break()) {
        const Head chunk = read_head();
        if (chunk.major != major || chunk.indefinite) broken("a broken chunk");
        out += take(chunk.argument);
      }
    } else {
      out = take(head.argument);
    }
    if (major == Major::text_string && !valid_utf8(out)) broken("a string is not UTF-8");
    return out;
  }

  std::string_view take(std::uint64_t size) {
    if (size > in_.size()) broken("it ends too early");
    const auto out = in_.substr(0, size);
    in_.remove_prefix(size);
    return out;
  }

  std::int64_t integer() {
    const Head head = read_head();
    if (head.major == Major::simple) {
      const double value = floating(head);
      if (std::floor(value) != value || std::abs(value) > 9e15) broken("an integer was expected");
      return static_cast<std::int64_t>(value);
    }
    if (head.argument > INT64_MAX) broken("an integer is out of range");
    if (head.major == Major::unsigned_integer) return static_cast<std::int64_t>(head.argument);
    if (head.major == Major::negative_integer) return -1 - static_cast<std::int64_t>(head.argument);
    broken("an integer was expected");
  }

  double number() {
    const Head head = read_head();
    if (head.major == Major::unsigned_integer) return static_cast<double>(head.argument);
    if (head.major == Major::negative_integer) return -1.0 - static_cast<double>(head.argument);
    if (head.major == Major::simple) return floating(head);
    broken("a number was expected");
  }

  static double floating(const Head& head) {
    if (head.info == 27) return std::bit_cast<double>(head.argument);
    if (head.info == 26) return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.argument)));
    if (head.info == 25) {
      const auto half = static_cast<unsigned>(head.argument);
      const int exponent = static_cast<int>((half >> 10U) & 31U);
      const double fraction = half & 1023U;
      double value = exponent == 0    ? std::ldexp(fraction, -24)
                     : exponent == 31 ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                                      : std::ldexp(fraction + 1024, exponent - 25);
      return (half & 0x8000U) != 0 ? -value : value;
    }
    broken("a number was expected");
  }

  /// `visit` reads the value of a key, or answers false to have it skipped. Nulls are skipped.
  template <class Visit>
  void each_entry(int depth, Visit&& visit) {
    const Head head = read_head();
    if (head.major != Major::map) broken("a map was expected");
    for (std::uint64_t i = 0; head.indefinite || i < head.argument; ++i) {
      if (head.indefinite && take_break()) return;
      const std::string key = string_of(Major::text_string);
      if (at_null()) {
        in_.remove_prefix(1);
      } else if (!visit(key)) {
        skip(depth + 1);
      }
    }
  }

  void skip(int depth) {
    if (depth > kMaxDepth) broken("nested too deeply");
    const Head head = read_head();
    switch (head.major) {
      case Major::bytes:
      case Major::text_string:
        while (head.indefinite && !take_break()) {
          const Head chunk = read_head();
          if (chunk.major != head.major || chunk.indefinite) broken("a broken chunk");
          take(chunk.argument);
        }
        if (!head.indefinite) take(head.argument);
        return;
      case Major::array:
      case Major::map:
        for (std::uint64_t i = 0; head.indefinite || i < head.argument; ++i) {
          if (head.indefinite && take_break()) return;
          skip(depth + 1);
          if (head.major == Major::map) skip(depth + 1);
        }
        return;
      case Major::tag:
        skip(depth + 1);
        return;
      default:
        return;
    }
  }

  std::string_view in_;
  std::size_t appended_ = 0;
};

void write_head(std::string& out, unsigned major, std::uint64_t argument) {
  const auto first = static_cast<unsigned char>(major << 5U);
  if (argument < 24) {
    out += static_cast<char>(first | argument);
    return;
  }
  const unsigned size = argument <= 0xFF ? 0 : argument <= 0xFFFF ? 1 : argument <= 0xFFFFFFFF ? 2 : 3;
  out += static_cast<char>(first | (24 + size));
  for (int shift = (8 << size) - 8; shift >= 0; shift -= 8)
    out += static_cast<char>((argument >> static_cast<unsigned>(shift)) & 0xFFU);
}

void write_text(std::string& out, std::string_view text) {
  write_head(out, Major::text_string, text.size());
  out += text;
}

void write_double(std::string& out, double number) {
  out += static_cast<char>(0xFB);
  const auto bits = std::bit_cast<std::uint64_t>(number);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((bits >> static_cast<unsigned>(shift)) & 0xFFU);
}

void write_integer(std::string& out, std::int64_t number) {
  if (number >= 0) {
    write_head(out, Major::unsigned_integer, static_cast<std::uint64_t>(number));
  } else {
    write_head(out, Major::negative_integer, static_cast<std::uint64_t>(-1 - number));
  }
}

void write(std::string& out, const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::string:
      write_text(out, *static_cast<const std::string*>(value));
      return;
    case Kind::document:
      write_text(out, static_cast<const Document*>(value)->json);
      return;
    case Kind::blob: {
      const auto& content = static_cast<const Blob*>(value)->bytes;
      write_head(out, Major::bytes, content.size());
      out += content;
      return;
    }
    case Kind::boolean:
      out += static_cast<char>(*static_cast<const bool*>(value) ? 0xF5 : 0xF4);
      return;
    case Kind::int32:
      write_integer(out, *static_cast<const std::int32_t*>(value));
      return;
    case Kind::int64:
      write_integer(out, *static_cast<const std::int64_t*>(value));
      return;
    case Kind::float64:
      write_double(out, *static_cast<const double*>(value));
      return;
    case Kind::timestamp:
      write_head(out, Major::tag, 1);
      write_double(out, static_cast<const Timestamp*>(value)->seconds());
      return;
    case Kind::list: {
      const std::size_t size = shape.size(value);
      write_head(out, Major::array, size);
      for (std::size_t i = 0; i < size; ++i) write(out, shape.element(), shape.at(value, i));
      return;
    }
    case Kind::map:
      write_head(out, Major::map, shape.size(value));
      shape.each(value, [&](const std::string& key, const void* element) {
        write_text(out, key);
        write(out, shape.element(), element);
      });
      return;
    case Kind::structure: {
      std::uint64_t count = 0;
      for (const Member& member : shape.members) count += member_value(member, value) != nullptr ? 1U : 0U;
      write_head(out, Major::map, count);
      for (const Member& member : shape.members) {
        const void* element = member_value(member, value);
        if (element == nullptr) continue;
        write_text(out, member.wire);
        write(out, member.shape(), element);
      }
      return;
    }
  }
}

std::map<std::string, std::string> reply_headers(const std::string& request_id) {
  return {{"Content-Type", "application/cbor"}, {"smithy-protocol", "rpc-v2-cbor"}, {"x-amzn-RequestId", request_id}};
}

}  // namespace

void CborCodec::decode(const aws::ServiceModel&, const aws::Operation& operation, const RequestParts& parts,
                       void* request) const {
  if (parts.body.empty()) return;
  Reader reader(parts.body);
  reader.value(operation.input(), request);
  reader.end();
}

ReplyParts CborCodec::encode(const aws::ServiceModel&, const aws::Operation& operation, const std::string& request_id,
                             const void* response) const {
  ReplyParts reply;
  reply.status = operation.status;
  reply.headers = reply_headers(request_id);
  if (operation.output != nullptr) {
    write(reply.body, operation.output(), response);
  } else {
    write_head(reply.body, Major::map, 0);
  }
  return reply;
}

ReplyParts CborCodec::error(const aws::ServiceModel* service, const std::string& request_id,
                            const aws::Error& error) const {
  ReplyParts reply;
  reply.status = error.status;
  reply.headers = reply_headers(request_id);
  // Clients that came from awsQuery read the old code from this header.
  reply.headers["x-amzn-query-error"] = query_error(service, error);
  write_head(reply.body, Major::map, 2 + error.details.size());
  write_text(reply.body, "__type");
  write_text(reply.body, error_names(service, error.code).shape);
  write_text(reply.body, "message");
  write_text(reply.body, error.message);
  for (const auto& [name, value] : error.details) {
    write_text(reply.body, name);
    write_text(reply.body, value);
  }
  return reply;
}

}  // namespace stratus::wire
