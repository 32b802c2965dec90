// The description of one AWS service that the generator writes and the front door dispatches by.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/context.h"
#include "stratus/core/error.h"
#include "stratus/core/shape.h"

namespace stratus::aws {

struct Operation;

/// A request that is no operation of a model, as HTTP has it: a browser's preflight, a form.
struct PlainRequest {
  std::string method;
  std::string path;  ///< percent-encoded, with the bucket that the Host header names in front
  std::vector<std::pair<std::string, std::string>> query;
  std::string_view body;  ///< empty where Context::body holds it
};

struct PlainReply {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// What a service implements; the generated `Operations` classes derive from it.
class Service {
 public:
  virtual ~Service() = default;
  /// ARNs that an IAM decision on this call is about; {"*"} where the action knows no resource. `request` is the
  /// operation's decoded input.
  virtual std::vector<std::string> resources(const Context&, const Operation&, const void* /*request*/) {
    return {"*"};
  }
  /// True where the service decides by itself who may call what, and takes unsigned requests too (S3).
  virtual bool decides_access() const { return false; }
  /// Serves what the model does not know; false where it is not the service's either.
  virtual bool serve_plain(Context&, const PlainRequest&, PlainReply&) { return false; }
};

enum class Protocol { json, query, ec2, rest_xml, cbor, rest_json };

struct Operation {
  const char* name;
  const char* method = "POST";
  const char* uri = "/";  ///< "/{Bucket}/{Key+}?acl"
  int status = 200;
  const Shape& (*input)() = nullptr;
  const Shape& (*output)() = nullptr;    ///< null: the model knows no output
  const char* result_wrapper = nullptr;  ///< query: "CreateRoleResult"
  const char* input_name = nullptr;      ///< restXml: the root element of the request body
  const char* input_namespace = nullptr;
  const char* output_name = nullptr;  ///< the output shape's name (restXml root element)
  /// Null where the operation is known but not served: 501. `decode` fills the request; `encode` reads the response.
  void (*invoke)(Service& service, Context& context, const std::function<void(void*)>& decode,
                 const std::function<void(const void*)>& encode) = nullptr;
};

struct ErrorShape {
  const char* name;  ///< the shape: "NoSuchEntityException"
  const char* code;  ///< on the wire: "NoSuchEntity"
  int status;
};

struct ServiceModel {
  const char* name;  ///< our folder's name: "ecs", "autoscaling"
  Protocol protocol;
  const char* json_version;   ///< "1.0" or "1.1"
  const char* target_prefix;  ///< X-Amz-Target before the dot
  const char* api_version;
  const char* xml_namespace;
  const char* signing_name;  ///< the credential scope's service
  const char* endpoint_prefix;
  const char* iam_prefix;    ///< of IAM actions: "ecs", "elasticloadbalancing", "application-autoscaling"
  const char* event_source;  ///< CloudTrail's: "ecs.amazonaws.com"
  std::span<const Operation> operations{};
  std::span<const ErrorShape> errors{};

  const Operation* find(std::string_view operation) const;
};

}  // namespace stratus::aws
