// awsJson 1.0 and 1.1.
#include "stratus/wire/protocol_json.h"

#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"
#include "stratus/wire/protocol_text.h"

namespace stratus::wire {
namespace {

/// Commas outside strings: a bound of the values that the text can become, counted before any is made.
std::size_t commas(std::string_view json) {
  std::size_t count = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (quoted && json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && json[i] == ',') {
      ++count;
    }
  }
  return count;
}

}  // namespace

void read_json(const Shape& shape, std::string_view body, void* out) {
  if (commas(body) > kMaxElements)
    throw aws::Error("SerializationException", 400, "The request holds too many elements.");
  try {
    from_json(shape, body, out);
  } catch (const ShapeError& e) {
    throw aws::Error("SerializationException", 400, e.what());
  }
}

void JsonCodec::decode(const aws::ServiceModel&, const aws::Operation& operation, const RequestParts& parts,
                       void* request) const {
  if (!parts.body.empty()) read_json(operation.input(), parts.body, request);
}

ReplyParts JsonCodec::encode(const aws::ServiceModel& service, const aws::Operation& operation,
                             const std::string& request_id, const void* response) const {
  ReplyParts reply;
  reply.status = operation.status;
  reply.headers = {{"Content-Type", std::string("application/x-amz-json-") + service.json_version},
                   {"x-amzn-RequestId", request_id}};
  // Operations without a modelled output answer an empty body.
  if (operation.output != nullptr) reply.body = to_json(operation.output(), response);
  return reply;
}

ReplyParts JsonCodec::error(const aws::ServiceModel* service, const std::string& request_id,
                            const aws::Error& error) const {
  ReplyParts reply;
  reply.status = error.status;
  reply.headers = {
      {"Content-Type", std::string("application/x-amz-json-") +
                           (service != nullptr && *service->json_version != '\0' ? service->json_version : "1.1")},
      {"x-amzn-RequestId", request_id},
      {"x-amzn-ErrorType", std::string(error_names(service, error.code).shape)}};
  if (service != nullptr && service->protocol == aws::Protocol::query)
    reply.headers["x-amzn-query-error"] = query_error(service, error);
  reply.body = "{\"__type\":" + text::json_quote(error_names(service, error.code).shape) +
               ",\"message\":" + text::json_quote(error.message);
  for (const auto& [name, value] : error.details)
    reply.body += "," + text::json_quote(name) + ":" + text::json_quote(value);
  reply.body += "}";
  return reply;
}

}  // namespace stratus::wire
