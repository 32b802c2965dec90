// awsJson 1.0 and 1.1.
#include "stratus/wire/protocol_json.h"

#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"

namespace stratus::wire {

void JsonCodec::decode(const aws::ServiceModel&, const aws::Operation& operation, const RequestParts& parts, void* request) const {
  if (parts.body.empty()) return;
  try {
    from_json(operation.input(), parts.body, request);
  } catch (const ShapeError& e) {
    throw aws::Error("SerializationException", 400, e.what());
  }
}

ReplyParts JsonCodec::encode(const aws::ServiceModel& service, const aws::Operation& operation, const std::string& request_id, const void* response) const {
  ReplyParts reply;
  reply.status = operation.status;
  reply.headers = {{"Content-Type", std::string("application/x-amz-json-") + service.json_version}, {"x-amzn-RequestId", request_id}};
  // Operations without a modelled output answer an empty body.
  if (operation.output != nullptr) reply.body = to_json(operation.output(), response);
  return reply;
}

ReplyParts JsonCodec::error(const aws::ServiceModel* service, const std::string& request_id, const aws::Error& error) const {
  ReplyParts reply;
  reply.status = error.status;
  reply.headers = {{"Content-Type", std::string("application/x-amz-json-") + (service != nullptr && *service->json_version != '\0' ? service->json_version : "1.1")},
                   {"x-amzn-RequestId", request_id},
                   {"x-amzn-ErrorType", error.code}};
  reply.body = "{\"__type\":" + text::json_quote(error.code) + ",\"message\":" + text::json_quote(error.message);
  for (const auto& [name, value] : error.details) reply.body += "," + text::json_quote(name) + ":" + text::json_quote(value);
  reply.body += "}";
  return reply;
}

}  // namespace stratus::wire
