#include "stratus/wire/protocol_rest_json.h"

#include <algorithm>
#include <vector>

#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"
#include "stratus/wire/http_bindings.h"
#include "stratus/wire/protocol_json.h"
#include "stratus/wire/protocol_text.h"

namespace stratus::wire {
namespace {

/// A structure without the members that HTTP carries: they neither come from the body nor go into it.
class BodyShape {
 public:
  explicit BodyShape(const Shape& whole) : shape_(whole) {
    std::copy_if(whole.members.begin(), whole.members.end(), std::back_inserter(members_),
                 [](const Member& member) { return member.location == Location::body; });
    shape_.members = members_;
  }
  BodyShape(const BodyShape&) = delete;
  BodyShape& operator=(const BodyShape&) = delete;
  const Shape& get() const { return shape_; }

 private:
  std::vector<Member> members_;
  Shape shape_;
};

bool raw(const Shape& shape) { return shape.kind == Kind::blob || shape.kind == Kind::string; }

void read_payload(const Member& payload, std::string_view body, void* request) {
  const Shape& shape = payload.shape();
  if (shape.kind == Kind::blob) {
    static_cast<Blob*>(member_emplace(payload, request))->bytes = body;
  } else if (shape.kind == Kind::string) {
    if (!valid_utf8(body)) throw aws::Error("SerializationException", 400, "The body is not UTF-8.");
    *static_cast<std::string*>(member_emplace(payload, request)) = body;
  } else if (!body.empty()) {
    read_json(shape, body, member_emplace(payload, request));
  }
}

}  // namespace

void RestJsonCodec::decode(const aws::ServiceModel&, const aws::Operation& operation, const RequestParts& parts,
                           void* request) const {
  const Shape& input = operation.input();
  const auto body = body_of(input);
  if (body.payload != nullptr)
    read_payload(*body.payload, parts.body, request);
  else if (body.any && !parts.body.empty())
    read_json(BodyShape(input).get(), parts.body, request);
  try {
    read_bindings(input, parts, request);
  } catch (const WrongBinding& wrong) {
    throw aws::Error("SerializationException", 400,
                     wrong.broken_path ? "The path is not UTF-8."
                                       : std::string("The value of ") + wrong.member->wire + " cannot be read.");
  }
}

ReplyParts RestJsonCodec::encode(const aws::ServiceModel&, const aws::Operation& operation,
                                 const std::string& request_id, const void* response) const {
  ReplyParts reply;
  reply.status = operation.status;
  reply.headers = {{"x-amzn-RequestId", request_id}};
  if (operation.output == nullptr) return reply;
  const Shape& shape = operation.output();
  write_bindings(shape, response, reply);
  const Member* payload = body_of(shape).payload;
  if (payload == nullptr) {
    reply.headers["Content-Type"] = "application/json";
    reply.body = to_json(BodyShape(shape).get(), response);
    return reply;
  }
  const void* value = member_value(*payload, response);
  if (value == nullptr) return reply;
  if (raw(payload->shape())) {
    reply.body = payload->shape().kind == Kind::blob ? static_cast<const Blob*>(value)->bytes
                                                     : *static_cast<const std::string*>(value);
    return reply;
  }
  reply.headers["Content-Type"] = "application/json";
  reply.body = to_json(payload->shape(), value);
  return reply;
}

ReplyParts RestJsonCodec::error(const aws::ServiceModel* service, const std::string& request_id,
                                const aws::Error& error) const {
  ReplyParts reply;
  reply.status = error.status;
  reply.headers = {{"Content-Type", "application/json"},
                   {"x-amzn-RequestId", request_id},
                   {"x-amzn-ErrorType", header_value(error_names(service, error.code).shape)}};
  reply.body = "{\"message\":" + text::json_quote(error.message);
  for (const auto& [name, value] : error.details)
    reply.body += "," + text::json_quote(name) + ":" + text::json_quote(value);
  reply.body += "}";
  return reply;
}

}  // namespace stratus::wire
