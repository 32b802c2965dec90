// What may stand between the socket and a request's body: it checks the bytes, or decodes them, while they arrive.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "stratus/wire/sigv4.h"

namespace stratus::wire {

/// All of these throw aws::Error where the body is not what the request's headers promise.
class BodyFilter {
 public:
  virtual ~BodyFilter() = default;
  /// Appends to `out` what `bytes` decode to.
  virtual void add(std::string_view bytes, std::string& out) = 0;
  /// Called once, after the last byte.
  virtual void finish() = 0;
  /// Headers that came after the body, names in lower case. Valid after `finish`.
  virtual std::map<std::string, std::string> trailers() const { return {}; }
};

/// True where `payload_hash` (x-amz-content-sha256) announces an aws-chunked body.
bool is_aws_chunked(const std::string& payload_hash);

/// Decodes an aws-chunked body. The signatures of its chunks continue the one in `authorization`; where the body is not
/// signed, `secret` is not used. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
std::unique_ptr<BodyFilter> aws_chunked_decoder(const Authorization& authorization, const std::string& secret,
                                                const std::map<std::string, std::string>& headers);

/// Passes a body through and compares it with the request's x-amz-checksum-* headers; null where it has none.
std::unique_ptr<BodyFilter> checksum_filter(const std::map<std::string, std::string>& headers);

}  // namespace stratus::wire
