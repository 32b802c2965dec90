#include "stratus/wire/pagination.h"

#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/error.h"

namespace stratus::wire {
namespace {

constexpr std::size_t kChecksum = 8;    // bytes
constexpr std::size_t kLongest = 4096;  // characters of a token; AWS's own limits are lower
constexpr char kVersion = '\1';

std::string checksum(std::string_view scope, std::string_view position) {
  return crypto::hmac_sha256(std::string("stratus.page.1:") + std::string(scope), position).substr(0, kChecksum);
}

}  // namespace

std::string page_token(std::string_view scope, std::string_view position) {
  std::string bytes(1, kVersion);
  bytes += checksum(scope, position);
  bytes += position;
  return base64::encode(bytes);
}

std::string page_position(std::string_view scope, std::string_view token, const std::string& error_code,
                          const std::string& message) {
  const auto bytes = token.size() <= kLongest ? base64::decode(token) : std::nullopt;
  if (!bytes || bytes->size() < 1 + kChecksum || bytes->front() != kVersion) throw aws::Error(error_code, 400, message);
  std::string position = bytes->substr(1 + kChecksum);
  if (!crypto::equal_constant_time(bytes->substr(1, kChecksum), checksum(scope, position)))
    throw aws::Error(error_code, 400, message);
  return position;
}

}  // namespace stratus::wire
