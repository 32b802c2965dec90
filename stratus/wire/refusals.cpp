#include "stratus/wire/refusals.h"

namespace stratus::wire {
namespace {

enum class Family { json, query, ec2, s3, rest_xml, rest_json };

Family family_of(const Route& route) {
  switch (route.protocol) {
    case aws::Protocol::json:
    case aws::Protocol::cbor:
      return Family::json;
    case aws::Protocol::ec2:
      return Family::ec2;
    case aws::Protocol::query:
      return Family::query;
    case aws::Protocol::rest_json:
      return Family::rest_json;
    case aws::Protocol::rest_xml:
      break;
  }
  return route.service != nullptr && std::string_view(route.service->name) == "s3" ? Family::s3 : Family::rest_xml;
}

aws::Error denied(const Route& route, Family family, const std::string& message) {
  const std::string_view service = route.service != nullptr ? route.service->name : "";
  if (service == "cloudwatch") return {"AccessDenied", 403, message};
  if (service == "sns") return {"AuthorizationError", 403, message};
  if (family == Family::ec2)
    return {"UnauthorizedOperation", 403, "You are not authorized to perform this operation. " + message};
  if (family == Family::json) return {"AccessDeniedException", 400, message};
  if (family == Family::rest_json) return {"AccessDeniedException", 403, message};
  return {"AccessDenied", 403, message};
}

/// restJson has awsJson's codes, with the status that HTTP has for them.
aws::Error rest_json(const aws::Error& error) {
  if (error.code == kUnknownKey)
    return {"UnrecognizedClientException", 403, "The security token included in the request is invalid."};
  if (error.code == kMissingToken) return {"MissingAuthenticationTokenException", 403, "Missing Authentication Token"};
  if (error.code == kUnknownOperation) return {"UnknownOperationException", 404, ""};
  if (error.code == "ExpiredToken") return {"ExpiredTokenException", 403, error.message};
  if (error.code == "SignatureDoesNotMatch") return {"InvalidSignatureException", 403, error.message};
  if (error.code == "IncompleteSignature") return {"IncompleteSignatureException", 403, error.message};
  if (error.code == "RequestEntityTooLarge") return {"RequestEntityTooLargeException", 413, error.message};
  return error;
}

}  // namespace

aws::Error worded(const aws::Error& error, const Route& route) {
  const Family family = family_of(route);
  const aws::Error not_validated("AuthFailure", 401, "AWS was not able to validate the provided access credentials");
  if (error.code == kNotAuthorized) return denied(route, family, error.message);
  if (family == Family::rest_json) return rest_json(error);
  if (error.code == kUnknownKey) {
    constexpr const char* invalid = "The security token included in the request is invalid.";
    if (family == Family::ec2) return not_validated;
    if (family == Family::json) return {"UnrecognizedClientException", 400, invalid};
    if (family == Family::s3)
      return {"InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."};
    return {"InvalidClientTokenId", 403, invalid};
  }
  if (error.code == kMissingToken) {
    if (family == Family::json) return {"MissingAuthenticationTokenException", 400, "Missing Authentication Token"};
    if (family == Family::s3) return {"AccessDenied", 403, "Access Denied"};
    return {"MissingAuthenticationToken", 403,
            family == Family::ec2 ? "Request is missing Authentication Token" : "Missing Authentication Token"};
  }
  if (error.code == kUnknownOperation) {
    if (family == Family::json) return {"UnknownOperationException", 400, ""};
    if (family == Family::s3)
      return {"MethodNotAllowed", 405, "The specified method is not allowed against this resource."};
    if (family == Family::rest_xml)
      return {"UnknownOperationException", 404, "Unable to determine the operation of this request."};
    if (route.operation_name.empty())
      return {"MissingAction", 400, "The request is missing an action or a required parameter."};
    return {"InvalidAction", 400, "The action " + route.operation_name + " is not valid for this web service."};
  }
  if (error.code == "ExpiredToken") {
    if (family == Family::json) return {"ExpiredTokenException", 400, error.message};
    if (family == Family::ec2) return {"RequestExpired", 400, "Request has expired."};
    return {"ExpiredToken", family == Family::s3 ? 400 : 403,
            family == Family::s3 ? "The provided token has expired." : error.message};
  }
  if (error.code == "SignatureDoesNotMatch") {
    if (family == Family::json) return {"InvalidSignatureException", 400, error.message};
    if (family == Family::ec2)
      return error.message.starts_with("Signature ") ? aws::Error("RequestExpired", 400, "Request has expired.")
                                                     : not_validated;
    return error;
  }
  if (error.code == "IncompleteSignature") {
    if (family == Family::json) return {"IncompleteSignatureException", 400, error.message};
    if (family == Family::s3)
      return {"AuthorizationHeaderMalformed", 400, "The authorization header is malformed; " + error.message};
    return error;
  }
  if (error.code == "RequestEntityTooLarge") {
    if (family == Family::json) return {"RequestEntityTooLargeException", 413, error.message};
    if (family == Family::s3) return {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"};
    return error;
  }
  return error;
}

}  // namespace stratus::wire
