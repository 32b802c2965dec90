#include "stratus/services/s3/form_upload.h"

#include <boost/json.hpp>
#include <set>

#include "stratus/core/text.h"
#include "stratus/services/s3/errors.h"

namespace stratus::services::s3 {
namespace {

namespace json = boost::json;

[[noreturn]] void malformed() {
  throw aws::Error("MalformedPOSTRequest", 400,
                   "The body of your POST request is not well-formed multipart/form-data.");
}

/// The value of `name` in `Content-Disposition: form-data; name="x"; filename="y"`.
std::optional<std::string> parameter(std::string_view header, const std::string& name) {
  for (const auto& piece : text::split(header, ';')) {
    const std::string_view part = text::trim(piece);
    if (!part.starts_with(name + "=")) continue;
    std::string value(part.substr(name.size() + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return std::nullopt;
}

[[noreturn]] void invalid(const std::string& why) {
  throw refuse::access_denied("Invalid according to Policy: " + why);
}

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

struct PolicyCheck {
  const Form& form;
  const std::string& bucket;
  std::set<std::string> covered;

  std::string value_of(const std::string& name) const {
    if (name == "bucket") return bucket;
    const auto found = form.fields.find(name);
    return found == form.fields.end() ? "" : found->second;
  }

  void condition(const json::value& item) {
    if (item.is_object()) {
      for (const auto& [name, wanted] : item.as_object())
        compare("eq", text::lower(std::string_view(name.data(), name.size())), text_of(wanted), item);
      return;
    }
    if (!item.is_array() || item.as_array().size() != 3) invalid("Invalid Policy: Invalid 'conditions' value.");
    const auto& parts = item.as_array();
    const std::string kind = text::lower(text_of(parts[0]));
    if (kind == "content-length-range") {
      const auto size = static_cast<std::int64_t>(form.file->size());
      if (size < std::stoll(text_of(parts[1])))
        throw aws::Error("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size");
      if (size > std::stoll(text_of(parts[2])))
        throw aws::Error("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size");
      return;
    }
    std::string name = text::lower(text_of(parts[1]));
    if (!name.starts_with("$")) invalid("Invalid Policy: Invalid 'conditions' value.");
    compare(kind, name.substr(1), text_of(parts[2]), item);
  }

  void compare(const std::string& kind, const std::string& name, const std::string& wanted, const json::value& item) {
    covered.insert(name);
    const std::string given = value_of(name);
    if (kind == "eq" ? given != wanted : kind != "starts-with" || !given.starts_with(wanted))
      invalid("Policy Condition failed: " + json::serialize(item));
  }
};

}  // namespace

Form parse_form_upload(const std::string& content_type, std::string_view body) {
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty()) malformed();
  const std::string line = "--" + *boundary, between = "\r\n" + line;
  if (!body.starts_with(line)) malformed();
  body.remove_prefix(line.size());
  Form out;
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n")) malformed();
    body.remove_prefix(2);
    const auto head_end = body.find("\r\n\r\n");
    if (head_end == std::string_view::npos) malformed();
    std::string name, type;
    std::optional<std::string> filename;
    for (const auto& raw : text::split(body.substr(0, head_end), '\n')) {
      const std::string_view header = text::trim(raw);
      if (text::lower(header).starts_with("content-disposition:")) {
        name = text::lower(parameter(header, "name").value_or(""));
        filename = parameter(header, "filename");
      }
      if (text::lower(header).starts_with("content-type:")) type = std::string(text::trim(header.substr(13)));
    }
    body.remove_prefix(head_end + 4);
    const auto end = body.find(between);
    if (end == std::string_view::npos) malformed();
    if (name == "file") {
      // What follows the file is not looked at.
      out.file = body.substr(0, end);
      out.filename = filename.value_or("");
      return out;
    }
    out.fields[name] = std::string(body.substr(0, end));
    body.remove_prefix(end + between.size());
  }
  return out;
}

void check_form_policy(const std::string& policy, const Form& form, const std::string& bucket, Timestamp now) {
  boost::system::error_code error;
  const json::value root = json::parse(policy, error);
  const auto* object = error ? nullptr : root.if_object();
  const auto* conditions = object == nullptr ? nullptr : object->if_contains("conditions");
  const auto* expiration = object == nullptr ? nullptr : object->if_contains("expiration");
  Timestamp end;
  if (conditions == nullptr || !conditions->is_array() || expiration == nullptr ||
      !parse_rfc3339(text_of(*expiration), end))
    throw aws::Error("InvalidPolicyDocument", 400,
                     "The content of the form does not meet the conditions specified in the policy document.");
  if (end <= now) invalid("Policy expired.");
  PolicyCheck check{form, bucket, {}};
  for (const auto& item : conditions->as_array()) check.condition(item);
  for (const auto& [name, value] : form.fields) {
    if (name == "x-amz-signature" || name == "policy" || name == "awsaccesskeyid" || name == "signature" ||
        name.starts_with("x-ignore-"))
      continue;
    if (check.covered.count(name) == 0) invalid("Extra input fields: " + name);
  }
}

}  // namespace stratus::services::s3
