// awsQuery and ec2Query: form-encoded requests, XML replies.
#pragma once

#include "stratus/wire/codec.h"

namespace stratus::wire {

class QueryCodec final : public Codec {
 public:
  explicit QueryCodec(bool ec2) : ec2_(ec2) {}
  void decode(const aws::ServiceModel&, const aws::Operation&, const RequestParts&, void* request) const override;
  ReplyParts encode(const aws::ServiceModel&, const aws::Operation&, const std::string& request_id,
                    const void* response) const override;
  ReplyParts error(const aws::ServiceModel* service, const std::string& request_id, const aws::Error&) const override;

 private:
  const bool ec2_;
};

}  // namespace stratus::wire
