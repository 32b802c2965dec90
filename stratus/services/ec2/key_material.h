// SSH key pairs as EC2 hands them out and takes them in.
#pragma once

#include <optional>
#include <string>

namespace stratus::services::ec2 {

struct KeyMaterial {
  std::string type;         ///< "rsa", "ed25519"
  std::string private_key;  ///< PEM; "" where it was imported
  std::string public_key;   ///< "ssh-rsa AAAA…"
  std::string fingerprint;
};

/// Takes a tenth of a second for RSA.
KeyMaterial make_key_pair(const std::string& type);
/// Nothing where the text is no public key in OpenSSH's format.
std::optional<KeyMaterial> read_public_key(const std::string& text);

}  // namespace stratus::services::ec2
