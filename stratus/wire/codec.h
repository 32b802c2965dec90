// The protocols: HTTP messages from and to described values. Each codec is written once, over shape tables.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stratus/core/error.h"
#include "stratus/core/operation.h"

namespace stratus::wire {

struct RequestParts {
  std::string method;
  std::string path;                                        ///< as sent, percent-encoded
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in the order of the request
  std::map<std::string, std::string> headers;              ///< names in lower case
  std::string_view body;                                   ///< empty where the payload was spooled to a file
  std::map<std::string, std::string> labels;               ///< of the URI template, decoded
};

struct ReplyParts {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
};

class Codec {
 public:
  virtual ~Codec() = default;
  /// Fills `request`. Throws aws::Error as the protocol words it where the message is broken or a value has the wrong
  /// type.
  virtual void decode(const aws::ServiceModel&, const aws::Operation&, const RequestParts&, void* request) const = 0;
  virtual ReplyParts encode(const aws::ServiceModel&, const aws::Operation&, const std::string& request_id,
                            const void* response) const = 0;
  /// `service` is null where none was found.
  virtual ReplyParts error(const aws::ServiceModel* service, const std::string& request_id,
                           const aws::Error&) const = 0;
};

/// An error's two names: newer protocols tell its shape, awsQuery its code. An aws::Error carries either; the shape
/// where several share a code.
struct ErrorNames {
  std::string_view shape, code;
};
ErrorNames error_names(const aws::ServiceModel* service, std::string_view name);
/// "ResourceNotFound;Sender": the header x-amzn-query-error, by which clients that came from awsQuery know the old
/// code.
std::string query_error(const aws::ServiceModel* service, const aws::Error& error);

const Codec& codec_for(aws::Protocol protocol);

/// "a=1&b=%20" in order, decoded.
std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text);

}  // namespace stratus::wire
