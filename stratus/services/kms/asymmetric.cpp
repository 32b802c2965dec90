#include "stratus/services/kms/asymmetric.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

#include "stratus/core/check.h"
#include "stratus/core/deleter.h"

namespace stratus::services::kms {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;

const unsigned char* bytes(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Key read(const std::string& der) {
  const unsigned char* at = bytes(der);
  Key out(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  STRATUS_ASSERT(out != nullptr);
  return out;
}

const EVP_MD* digest_of(const std::string& algorithm) {
  if (algorithm.ends_with("_512")) return EVP_sha512();
  if (algorithm.ends_with("_384")) return EVP_sha384();
  if (algorithm.ends_with("_224")) return EVP_sha224();
  if (algorithm.ends_with("_SHA_1")) return EVP_sha1();
  return EVP_sha256();
}

std::string digest(const EVP_MD* kind, const std::string& message) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  STRATUS_ASSERT(EVP_Digest(message.data(), message.size(), bytes(out), &size, kind, nullptr) == 1);
  out.resize(size);
  return out;
}

void set_signature(EVP_PKEY_CTX* context, const std::string& algorithm) {
  if (algorithm.starts_with("RSASSA_PSS")) {
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST);
  } else if (algorithm.starts_with("RSASSA")) {
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
  }
  EVP_PKEY_CTX_set_signature_md(context, digest_of(algorithm));
}

void set_oaep(EVP_PKEY_CTX* context, const std::string& algorithm) {
  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context, digest_of(algorithm));
}

}  // namespace

std::vector<std::string> algorithms_of(const std::string& spec, const std::string& usage) {
  if (spec == "SYMMETRIC_DEFAULT" && usage == "ENCRYPT_DECRYPT") return {"SYMMETRIC_DEFAULT"};
  if (spec.starts_with("RSA_") && usage == "ENCRYPT_DECRYPT") return {"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"};
  if (spec.starts_with("RSA_") && usage == "SIGN_VERIFY")
    return {"RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
            "RSASSA_PSS_SHA_256",        "RSASSA_PSS_SHA_384",        "RSASSA_PSS_SHA_512"};
  if ((spec == "ECC_NIST_P256" || spec == "ECC_SECG_P256K1") && usage == "SIGN_VERIFY") return {"ECDSA_SHA_256"};
  if (spec == "ECC_NIST_P384" && usage == "SIGN_VERIFY") return {"ECDSA_SHA_384"};
  if (spec == "ECC_NIST_P521" && usage == "SIGN_VERIFY") return {"ECDSA_SHA_512"};
  if (spec.starts_with("HMAC_") && usage == "GENERATE_VERIFY_MAC") return {"HMAC_SHA_" + spec.substr(5)};
  return {};
}

std::string make_private_key(const std::string& spec) {
  const Key key(spec.starts_with("RSA_")
                    ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(std::stoul(spec.substr(4))))
                : spec == "ECC_NIST_P384"   ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")
                : spec == "ECC_NIST_P521"   ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521")
                : spec == "ECC_SECG_P256K1" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "secp256k1")
                                            : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  STRATUS_ASSERT(key != nullptr);
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key.get());
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  PKCS8_PRIV_KEY_INFO_free(info);
  return out;
}

std::size_t hmac_key_length(const std::string& spec) {
  return static_cast<std::size_t>(std::stoul(spec.substr(5))) / 8;
}

std::string public_half(const std::string& private_key) {
  const Key key = read(private_key);
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::size_t digest_length(const std::string& algorithm) {
  return static_cast<std::size_t>(EVP_MD_get_size(digest_of(algorithm)));
}

std::string sign_message(const std::string& private_key, const std::string& algorithm, const std::string& message,
                         bool is_digest) {
  const Key key = read(private_key);
  const std::string hash = is_digest ? message : digest(digest_of(algorithm), message);
  const Context context(EVP_PKEY_CTX_new(key.get(), nullptr));
  STRATUS_ASSERT(EVP_PKEY_sign_init(context.get()) == 1);
  set_signature(context.get(), algorithm);
  std::size_t size = 0;
  STRATUS_ASSERT(EVP_PKEY_sign(context.get(), nullptr, &size, bytes(hash), hash.size()) == 1);
  std::string out(size, '\0');
  STRATUS_ASSERT(EVP_PKEY_sign(context.get(), bytes(out), &size, bytes(hash), hash.size()) == 1);
  out.resize(size);
  return out;
}

bool signature_fits(const std::string& private_key, const std::string& algorithm, const std::string& message,
                    bool is_digest, const std::string& signature) {
  const Key key = read(private_key);
  const std::string hash = is_digest ? message : digest(digest_of(algorithm), message);
  const Context context(EVP_PKEY_CTX_new(key.get(), nullptr));
  STRATUS_ASSERT(EVP_PKEY_verify_init(context.get()) == 1);
  set_signature(context.get(), algorithm);
  const bool fits = EVP_PKEY_verify(context.get(), bytes(signature), signature.size(), bytes(hash), hash.size()) == 1;
  ERR_clear_error();
  return fits;
}

std::optional<std::string> rsa_encrypt(const std::string& private_key, const std::string& algorithm,
                                       const std::string& plaintext) {
  const Key key = read(private_key);
  const Context context(EVP_PKEY_CTX_new(key.get(), nullptr));
  STRATUS_ASSERT(EVP_PKEY_encrypt_init(context.get()) == 1);
  set_oaep(context.get(), algorithm);
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
  std::string out(size, '\0');
  const bool done = EVP_PKEY_encrypt(context.get(), bytes(out), &size, bytes(plaintext), plaintext.size()) == 1;
  ERR_clear_error();
  if (!done) return std::nullopt;
  out.resize(size);
  return out;
}

std::optional<std::string> rsa_decrypt(const std::string& private_key, const std::string& algorithm,
                                       const std::string& ciphertext) {
  const Key key = read(private_key);
  const Context context(EVP_PKEY_CTX_new(key.get(), nullptr));
  STRATUS_ASSERT(EVP_PKEY_decrypt_init(context.get()) == 1);
  set_oaep(context.get(), algorithm);
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
  std::string out(size, '\0');
  const bool done = EVP_PKEY_decrypt(context.get(), bytes(out), &size, bytes(ciphertext), ciphertext.size()) == 1;
  ERR_clear_error();
  if (!done) return std::nullopt;
  out.resize(size);
  return out;
}

std::string mac_of(const std::string& key, const std::string& algorithm, const std::string& message) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  STRATUS_ASSERT(HMAC(digest_of(algorithm), key.data(), static_cast<int>(key.size()), bytes(message), message.size(),
                      bytes(out), &size) != nullptr);
  out.resize(size);
  return out;
}

}  // namespace stratus::services::kms
