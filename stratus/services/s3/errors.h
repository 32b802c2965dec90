// S3's refusals that several operations share, with the members that AWS tells beside code and message.
#pragma once

#include <string>

#include "stratus/core/error.h"

namespace stratus::services::s3::refuse {

inline aws::Error with(aws::Error error, std::map<std::string, std::string> details) {
  error.details = std::move(details);
  return error;
}
inline aws::Error no_such_bucket(const std::string& name) {
  return with({"NoSuchBucket", 404, "The specified bucket does not exist"}, {{"BucketName", name}});
}
inline aws::Error no_such_key(const std::string& key) {
  return with({"NoSuchKey", 404, "The specified key does not exist."}, {{"Key", key}});
}
inline aws::Error no_such_version(const std::string& key, const std::string& version) {
  return with({"NoSuchVersion", 404, "The specified version does not exist."}, {{"Key", key}, {"VersionId", version}});
}
inline aws::Error no_such_upload(const std::string& id) {
  return with({"NoSuchUpload", 404,
               "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
               "or completed."},
              {{"UploadId", id}});
}
inline aws::Error access_denied(const std::string& message = "Access Denied") { return {"AccessDenied", 403, message}; }
inline aws::Error invalid_argument(const std::string& message, const std::string& name, const std::string& value) {
  return with({"InvalidArgument", 400, message}, {{"ArgumentName", name}, {"ArgumentValue", value}});
}
inline aws::Error invalid_request(const std::string& message) { return {"InvalidRequest", 400, message}; }
inline aws::Error malformed_xml() {
  return {"MalformedXML", 400,
          "The XML you provided was not well-formed or did not validate against our published schema"};
}
inline aws::Error precondition(const std::string& condition) {
  return with({"PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"},
              {{"Condition", condition}});
}
/// A header that AWS itself does not take there.
inline aws::Error unimplemented_header(const std::string& header) {
  return with({"NotImplemented", 501, "A header you provided implies functionality that is not implemented"},
              {{"Header", header}});
}

}  // namespace stratus::services::s3::refuse
