#include "stratus/wire/sigv2.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/wire/refusals.h"

namespace stratus::wire {
namespace {

/// Query parameters that are part of what is signed.
constexpr std::array<std::string_view, 36> kSubresources = {"accelerate",
                                                            "acl",
                                                            "analytics",
                                                            "cors",
                                                            "defaultObjectAcl",
                                                            "delete",
                                                            "inventory",
                                                            "lifecycle",
                                                            "location",
                                                            "logging",
                                                            "metrics",
                                                            "notification",
                                                            "object-lock",
                                                            "partNumber",
                                                            "policy",
                                                            "replication",
                                                            "requestPayment",
                                                            "response-cache-control",
                                                            "response-content-disposition",
                                                            "response-content-encoding",
                                                            "response-content-language",
                                                            "response-content-type",
                                                            "response-expires",
                                                            "restore",
                                                            "select",
                                                            "select-type",
                                                            "storageClass",
                                                            "tagging",
                                                            "torrent",
                                                            "uploadId",
                                                            "uploads",
                                                            "versionId",
                                                            "versioning",
                                                            "versions",
                                                            "website",
                                                            "encryption"};

const std::string* parameter(const RequestParts& parts, std::string_view name) {
  for (const auto& [key, value] : parts.query)
    if (key == name) return &value;
  return nullptr;
}

/// A header, or what a client moved of it into the URL.
std::string header_or_parameter(const RequestParts& parts, const std::string& name) {
  if (const auto found = parts.headers.find(name); found != parts.headers.end()) return found->second;
  for (const auto& [key, value] : parts.query)
    if (text::lower(key) == name) return value;
  return "";
}

std::string string_to_sign(const RequestParts& parts, const std::string& resource, const std::string& expires) {
  std::map<std::string, std::string> amz;
  for (const auto& [name, value] : parts.headers)
    if (name.starts_with("x-amz-")) amz[name] = value;
  for (const auto& [name, value] : parts.query)
    if (const std::string lower = text::lower(name); lower.starts_with("x-amz-")) amz.emplace(lower, value);
  std::string out = parts.method + "\n" + header_or_parameter(parts, "content-md5") + "\n" +
                    header_or_parameter(parts, "content-type") + "\n" + expires + "\n";
  for (const auto& [name, value] : amz) out += name + ":" + std::string(text::trim(value)) + "\n";
  std::vector<std::string> signed_parameters;
  for (const auto& [name, value] : parts.query)
    if (std::find(kSubresources.begin(), kSubresources.end(), name) != kSubresources.end())
      signed_parameters.push_back(value.empty() ? name : name + "=" + value);
  std::sort(signed_parameters.begin(), signed_parameters.end());
  out += resource;
  for (std::size_t i = 0; i < signed_parameters.size(); ++i) out += (i == 0 ? "?" : "&") + signed_parameters[i];
  return out;
}

std::string hmac_sha1(const std::string& key, const std::string& bytes) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned length = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &length);
  out.resize(length);
  return out;
}

}  // namespace

std::string signature_v2(const std::string& secret, const std::string& text) {
  return base64::encode(hmac_sha1(secret, text));
}

bool presigned_v2(const RequestParts& parts) {
  return parameter(parts, "AWSAccessKeyId") != nullptr && parameter(parts, "Signature") != nullptr &&
         parameter(parts, "Expires") != nullptr;
}

Credential authenticate_v2(const RequestParts& parts, const std::string& resource, const Credentials& credentials,
                           Timestamp now, std::string& access_key_id) {
  access_key_id = *parameter(parts, "AWSAccessKeyId");
  auto credential = credentials.find(access_key_id);
  if (!credential || credential->session_token != header_or_parameter(parts, "x-amz-security-token"))
    throw aws::Error(kUnknownKey, 403, "");
  const std::string& expires = *parameter(parts, "Expires");
  if (expires.empty() || expires.size() > 12 || expires.find_first_not_of("0123456789") != std::string::npos)
    throw aws::Error("AccessDenied", 403, "Invalid date (should be seconds since epoch): " + expires);
  if (std::stoll(expires) * 1000 <= now.ms) throw aws::Error("AccessDenied", 403, "Request has expired");
  if (credential->expires && *credential->expires <= now)
    throw aws::Error("ExpiredToken", 403, "The security token included in the request is expired");
  const std::string wanted = signature_v2(credential->secret, string_to_sign(parts, resource, expires));
  if (!crypto::equal_constant_time(wanted, *parameter(parts, "Signature")))
    throw aws::Error(
        "SignatureDoesNotMatch", 403,
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.");
  return std::move(*credential);
}

}  // namespace stratus::wire
