#include "stratus/services/iam/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "stratus/core/check.h"
#include "stratus/core/crypto.h"

namespace stratus::services::iam::totp {

std::string base32(const std::string& bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = buffer << 8U | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5) out += alphabet[buffer >> (bits - 5) & 31U];
  }
  if (bits > 0) out += alphabet[buffer << (5 - bits) & 31U];
  return out;
}

std::string code(const std::string& seed, std::int64_t step) {
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < 8; ++i) counter[i] = static_cast<unsigned char>(step >> (56 - 8 * i));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  STRATUS_ASSERT(HMAC(EVP_sha1(), seed.data(), static_cast<int>(seed.size()), counter.data(), counter.size(),
                      digest.data(), &size) != nullptr);
  const std::size_t at = digest[size - 1] & 15U;  // RFC 4226, 5.3
  const std::uint32_t number = (digest[at] & 127U) << 24U | static_cast<std::uint32_t>(digest[at + 1]) << 16U |
                               static_cast<std::uint32_t>(digest[at + 2]) << 8U | digest[at + 3];
  return fmt::format("{:06}", number % 1'000'000);
}

std::int64_t step_at(Timestamp now) { return now.ms / 30'000; }

std::optional<std::int64_t> step_of(const std::string& seed, const std::string& given, std::int64_t current,
                                    std::int64_t after, std::int64_t reach) {
  for (std::int64_t step = current - reach; step <= current + reach; ++step)
    if (step > after && crypto::equal_constant_time(code(seed, step), given)) return step;
  return std::nullopt;
}

}  // namespace stratus::services::iam::totp
