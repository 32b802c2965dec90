// restJson: FIS. HTTP's bindings, and JSON for what is left.
#pragma once

#include "stratus/wire/codec.h"

namespace stratus::wire {

class RestJsonCodec final : public Codec {
 public:
  void decode(const aws::ServiceModel&, const aws::Operation&, const RequestParts&, void* request) const override;
  ReplyParts encode(const aws::ServiceModel&, const aws::Operation&, const std::string& request_id,
                    const void* response) const override;
  ReplyParts error(const aws::ServiceModel* service, const std::string& request_id, const aws::Error&) const override;
};

}  // namespace stratus::wire
