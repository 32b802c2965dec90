// The key with which notifications are signed, and its certificate that Stratus serves at SigningCertURL.
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
#pragma once

#include <string>
#include <string_view>

namespace stratus::services::sns {

struct KeyPair {
  std::string private_key;  ///< PEM
  std::string certificate;  ///< PEM, self-issued
};

/// RSA, 2048 bits, valid for ten years around `now` (seconds since the epoch). Takes a moment: not for the loop.
KeyPair make_key_pair(std::int64_t now);

/// The signature in base64. `version` is "1" (SHA1) or "2" (SHA256).
std::string sign(const std::string& private_key, const std::string& version, std::string_view text);

}  // namespace stratus::services::sns
