// Uploads by an HTML form: multipart/form-data, and the policy document that says which forms are good. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "stratus/core/clock.h"

namespace stratus::services::s3 {

struct Form {
  std::map<std::string, std::string> fields;  ///< names in lower case; those before the file
  std::string filename;
  std::optional<std::string_view> file;  ///< within the body
};

/// Throws aws::Error MalformedPOSTRequest where it is no such body. `content_type` holds the boundary.
Form parse_form_upload(const std::string& content_type, std::string_view body);

/// Throws AccessDenied, EntityTooLarge or EntityTooSmall where the decoded `policy` does not allow the form.
void check_form_policy(const std::string& policy, const Form& form, const std::string& bucket, Timestamp now);

}  // namespace stratus::services::s3
