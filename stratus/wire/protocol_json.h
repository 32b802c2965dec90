// awsJson 1.0 and 1.1.
#pragma once

#include "stratus/wire/codec.h"

namespace stratus::wire {

/// Reads a request's JSON. Throws SerializationException where it is none, where a value has the wrong type, or where
/// it holds too much.
void read_json(const Shape& shape, std::string_view body, void* out);

class JsonCodec final : public Codec {
 public:
  void decode(const aws::ServiceModel&, const aws::Operation&, const RequestParts&, void* request) const override;
  ReplyParts encode(const aws::ServiceModel&, const aws::Operation&, const std::string& request_id,
                    const void* response) const override;
  ReplyParts error(const aws::ServiceModel* service, const std::string& request_id, const aws::Error&) const override;
};

}  // namespace stratus::wire
