#include "stratus/wire/audit.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "stratus/core/text.h"

namespace stratus::wire {
namespace {

namespace json = boost::json;

/// Lower case, since services differ in how they begin a name.
constexpr std::array<std::string_view, 13> kSecretMembers = {
    "secretaccesskey", "sessiontoken", "secretstring", "secretbinary", "plaintext", "password", "authorizationtoken",
    "privatekey", "webidentitytoken", "samlassertion",
    // S3: the customer's keys, and the bytes of objects, which are no parameters.
    "x-amz-server-side-encryption-customer-key", "x-amz-copy-source-server-side-encryption-customer-key", "body"};

bool is_secret(std::string_view name) {
  return std::find(kSecretMembers.begin(), kSecretMembers.end(), text::lower(name)) != kSecretMembers.end();
}

void hide(json::value& value) {
  if (auto* array = value.if_array()) {
    for (auto& item : *array) hide(item);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) {
      if (is_secret(std::string_view(member.key().data(), member.key().size())))
        member.value() = "HIDDEN_DUE_TO_SECURITY_REASONS";
      else
        hide(member.value());
    }
  }
}

}  // namespace

bool is_read_only(std::string_view operation) {
  static constexpr std::array<std::string_view, 13> prefixes = {
      "Describe", "List",  "Get",    "Head",     "BatchGet", "BatchCheck", "Lookup",
      "Search",   "Check", "Filter", "Simulate", "Preview",  "AssumeRole"};
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return operation.starts_with(prefix); });
}

std::string without_secrets(std::string text) {
  const std::string small = text::lower(text);
  const bool any = std::any_of(kSecretMembers.begin(), kSecretMembers.end(),
                               [&](std::string_view name) { return small.find(name) != std::string::npos; });
  if (!any) return text;
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error) return "";
  hide(value);
  return json::serialize(value);
}

}  // namespace stratus::wire
