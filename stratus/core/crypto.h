// The few cryptographic operations that several rooms need, over OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stratus::crypto {

std::string sha256(std::string_view bytes);      ///< 32 bytes
std::string sha256_hex(std::string_view bytes);  ///< 64 lower-case digits
std::string md5(std::string_view bytes);         ///< 16 bytes; for S3's ETag and query protocols' checksums only
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string to_hex(std::string_view bytes);
std::string random_bytes(std::size_t count);
bool equal_constant_time(std::string_view a, std::string_view b);

/// AES-256-GCM with a random 96-bit nonce: nonce, ciphertext, 128-bit tag. `key` has 32 bytes.
std::string seal(std::string_view key, std::string_view plaintext, std::string_view authenticated);
/// Nothing where key, bytes or authenticated data are not those of `seal`.
std::optional<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view authenticated);

}  // namespace stratus::crypto
