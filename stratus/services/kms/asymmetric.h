// Key pairs and HMAC keys of KMS: what their specifications mean, and the mathematics. Pure; keys are PKCS #8 DER.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace stratus::services::kms {

/// What a key of this spec and usage can do; empty where the two do not go together.
std::vector<std::string> algorithms_of(const std::string& spec, const std::string& usage);

/// A private key ("RSA_2048", "ECC_NIST_P256", …). RSA takes a tenth of a second and more.
std::string make_private_key(const std::string& spec);
/// Bytes of a key for HMAC ("HMAC_256").
std::size_t hmac_key_length(const std::string& spec);
/// The public half as SubjectPublicKeyInfo, DER.
std::string public_half(const std::string& private_key);

/// "RSASSA_PSS_SHA_256", …: bytes of the digest that the algorithm signs.
std::size_t digest_length(const std::string& algorithm);
/// `message` is the message itself, or its digest.
std::string sign_message(const std::string& private_key, const std::string& algorithm, const std::string& message,
                         bool is_digest);
bool signature_fits(const std::string& private_key, const std::string& algorithm, const std::string& message,
                    bool is_digest, const std::string& signature);
/// "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"; nothing where it cannot be done.
std::optional<std::string> rsa_encrypt(const std::string& private_key, const std::string& algorithm,
                                       const std::string& plaintext);
std::optional<std::string> rsa_decrypt(const std::string& private_key, const std::string& algorithm,
                                       const std::string& ciphertext);
/// "HMAC_SHA_256", …
std::string mac_of(const std::string& key, const std::string& algorithm, const std::string& message);

}  // namespace stratus::services::kms
