// What many of S3's requests and replies have in common: the generated structs share names of members, not types.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "stratus/core/context.h"
#include "stratus/services/s3/errors.h"
#include "stratus/services/s3/resources.h"

namespace stratus::services::s3 {

/// The three headers of a key that the customer keeps.
struct CustomerKey {
  std::optional<std::string> algorithm, key, md5;
  bool given() const { return algorithm || key || md5; }
};

/// How a request wants its object encrypted.
struct EncryptionWish {
  std::optional<std::string> algorithm, kms_key, kms_context;
  std::optional<bool> bucket_key;
  CustomerKey customer;
};

/// The ACL headers of a request.
struct AclWish {
  std::optional<std::string> canned, full_control, read, read_acp, write, write_acp;
  bool given() const { return canned || full_control || read || read_acp || write || write_acp; }
};

template <class Request>
CustomerKey customer_key(const Request& r) {
  return {r.sse_customer_algorithm, r.sse_customer_key, r.sse_customer_key_md5};
}

template <class Request>
EncryptionWish encryption_wish(const Request& r) {
  return {r.server_side_encryption, r.ssekms_key_id, r.ssekms_encryption_context, r.bucket_key_enabled,
          customer_key(r)};
}

template <class Request>
AclWish acl_wish(const Request& r) {
  AclWish out{r.acl, r.grant_full_control, r.grant_read, r.grant_read_acp, std::nullopt, r.grant_write_acp};
  if constexpr (requires { r.grant_write; }) out.write = r.grant_write;
  return out;
}

/// The checksum that a request brings: algorithm and base64 value. The front door has compared it already.
template <class Request>
std::optional<std::pair<std::string, std::string>> checksum_in(const Request& r) {
  if (r.checksum_sha512 || r.checksum_md5 || r.checksum_xxhash64 || r.checksum_xxhash3 || r.checksum_xxhash128)
    throw aws::not_implemented("checksums other than CRC32, CRC32C, CRC64NVME, SHA1 and SHA256");
  if (r.checksum_crc32) return std::pair("CRC32", *r.checksum_crc32);
  if (r.checksum_crc32_c) return std::pair("CRC32C", *r.checksum_crc32_c);
  if (r.checksum_crc64_nvme) return std::pair("CRC64NVME", *r.checksum_crc64_nvme);
  if (r.checksum_sha1) return std::pair("SHA1", *r.checksum_sha1);
  if (r.checksum_sha256) return std::pair("SHA256", *r.checksum_sha256);
  return std::nullopt;
}

template <class Output>
void tell_checksums(Output& out, const std::map<std::string, std::string>& checksums) {
  const auto one = [&](const char* name, std::optional<std::string>& to) {
    if (const auto found = checksums.find(name); found != checksums.end()) to = found->second;
  };
  one("CRC32", out.checksum_crc32);
  one("CRC32C", out.checksum_crc32_c);
  one("CRC64NVME", out.checksum_crc64_nvme);
  one("SHA1", out.checksum_sha1);
  one("SHA256", out.checksum_sha256);
}

/// How an object is encrypted, as replies tell it.
template <class Output>
void tell_sealing(Output& out, const Sealing& sealing) {
  if (sealing.algorithm == "SSE-C") {
    if constexpr (requires { out.sse_customer_algorithm; }) {
      out.sse_customer_algorithm = "AES256";
      out.sse_customer_key_md5 = sealing.customer_key_md5;
    }
    return;
  }
  out.server_side_encryption = sealing.algorithm;
  if (sealing.kms_key.empty()) return;
  out.ssekms_key_id = sealing.kms_key;
  if (sealing.bucket_key) out.bucket_key_enabled = true;
  if constexpr (requires { out.ssekms_encryption_context; })
    if (!sealing.kms_context.empty()) out.ssekms_encryption_context = sealing.kms_context;
}

/// `application/x-www-form-urlencoded` tags of a header.
std::vector<api::Tag> tags_of_header(const std::string& header);
/// InvalidTag where a tag may not be. `most` are allowed.
void check_tags(const std::vector<api::Tag>& tags, std::size_t most);

/// The headers that describe an object.
template <class Request>
Attributes described(const Request& r) {
  Attributes out;
  out.content_type = r.content_type;
  out.cache_control = r.cache_control;
  out.content_disposition = r.content_disposition;
  out.content_encoding = r.content_encoding;
  out.content_language = r.content_language;
  out.website_redirect_location = r.website_redirect_location;
  out.expires = r.expires;
  if (r.metadata) out.metadata = *r.metadata;
  std::size_t bytes = 0;
  for (const auto& [name, value] : out.metadata) bytes += name.size() + value.size();
  constexpr std::size_t limit = 2048;
  if (bytes > limit)
    throw refuse::with({"MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"},
                       {{"Size", std::to_string(bytes)}, {"MaxSizeAllowed", std::to_string(limit)}});
  if (r.tagging) {
    out.tags = tags_of_header(*r.tagging);
    check_tags(out.tags, 10);
  }
  if (r.storage_class) {
    static const std::set<std::string> kept = {
        "GLACIER",    "DEEP_ARCHIVE",        "STANDARD",  "REDUCED_REDUNDANCY", "STANDARD_IA",
        "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"};
    if (kept.count(*r.storage_class) == 0)
      throw aws::Error("InvalidStorageClass", 400, "The storage class you specified is not valid");
    out.storage_class = *r.storage_class;
  }
  return out;
}

inline std::string quoted(const std::string& etag) { return "\"" + etag + "\""; }
/// Whether a header's list of ETags has this one.
bool names_etag(const std::string& header, const std::string& etag);

/// Of one PutObject, one part, one copy: 5 GiB, in bytes.
constexpr std::uint64_t kLargestUpload = 5ULL << 30U;
/// The 16 bytes of a Content-MD5 header; InvalidDigest where it is broken.
std::optional<std::string> content_md5(const std::optional<std::string>& header);
/// BadDigest where the header is another body's than the one whose MD5 is `sum`.
void check_content_md5(const std::optional<std::string>& header, const std::string& sum);

/// Whole seconds, as S3 tells times.
inline Timestamp seconds(Timestamp time) { return {time.ms / 1000 * 1000}; }

}  // namespace stratus::services::s3
