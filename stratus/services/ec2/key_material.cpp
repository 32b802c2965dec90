#include "stratus/services/ec2/key_material.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "stratus/core/base64.h"
#include "stratus/core/check.h"
#include "stratus/core/crypto.h"
#include "stratus/core/deleter.h"
#include "stratus/core/text.h"

namespace stratus::services::ec2 {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

constexpr std::size_t kEdBytes = 32;

std::string length(std::size_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}
/// RFC 4251, 5: a string.
std::string field(const std::string& bytes) { return length(bytes.size()) + bytes; }

std::string mpint(const BIGNUM* number) {
  std::string out(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(out.data()));
  if (!out.empty() && (static_cast<unsigned char>(out.front()) & 128U) != 0) out.insert(out.begin(), '\0');
  return field(out);
}

Number number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* out = nullptr;
  STRATUS_ASSERT(EVP_PKEY_get_bn_param(key, name, &out) == 1);
  return Number(out);
}

std::string colons(const std::string& bytes) {
  const std::string digits = crypto::to_hex(bytes);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2) out += (i == 0 ? "" : ":") + digits.substr(i, 2);
  return out;
}

std::string public_der(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key, &bytes);
  std::string out(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

/// SHA-1 of the private key's PKCS #8, as EC2 shows it of keys that it made.
std::string private_fingerprint(EVP_PKEY* key) {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes);
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  SHA1(bytes, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(digest.data()));
  OPENSSL_free(bytes);
  PKCS8_PRIV_KEY_INFO_free(info);
  return colons(digest);
}

std::string rsa_public(EVP_PKEY* key) {
  const std::string blob = field("ssh-rsa") + mpint(number_of(key, OSSL_PKEY_PARAM_RSA_E).get()) +
                           mpint(number_of(key, OSSL_PKEY_PARAM_RSA_N).get());
  return "ssh-rsa " + base64::encode(blob);
}

std::string pem(const std::string& title, const std::string& bytes) {
  constexpr std::size_t width = 70;
  const std::string text = base64::encode(bytes);
  std::string out = "-----BEGIN " + title + "-----\n";
  for (std::size_t at = 0; at < text.size(); at += width) out += text.substr(at, width) + "\n";
  return out + "-----END " + title + "-----";
}

KeyMaterial make_ed25519() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  STRATUS_ASSERT(key != nullptr);
  std::string seed(kEdBytes, '\0'), point(kEdBytes, '\0');
  std::size_t size = kEdBytes;
  STRATUS_ASSERT(EVP_PKEY_get_raw_private_key(key.get(), reinterpret_cast<unsigned char*>(seed.data()), &size) == 1);
  size = kEdBytes;
  STRATUS_ASSERT(EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(point.data()), &size) == 1);
  const std::string blob = field("ssh-ed25519") + field(point);
  // OpenSSH's PROTOCOL.key, without a passphrase.
  const std::string check = crypto::random_bytes(4);
  std::string secret = check + check + field("ssh-ed25519") + field(point) + field(seed + point) + field("");
  for (char pad = 1; secret.size() % 8 != 0; ++pad) secret += pad;
  const std::string all = std::string("openssh-key-v1\0", 15) + field("none") + field("none") + field("") + length(1) +
                          field(blob) + field(secret);
  return {"ed25519", pem("OPENSSH PRIVATE KEY", all), "ssh-ed25519 " + base64::encode(blob),
          base64::encode(crypto::sha256(blob))};
}

/// The next string of a blob; nothing where it is cut short.
std::optional<std::string> take(std::string_view& rest) {
  if (rest.size() < 4) return std::nullopt;
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8U | static_cast<unsigned char>(rest[static_cast<std::size_t>(i)]);
  if (rest.size() - 4 < size) return std::nullopt;
  std::string out(rest.substr(4, size));
  rest.remove_prefix(4 + size);
  return out;
}

Number number_from(const std::string& bytes) {
  return Number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
}

Key rsa_from(const std::string& exponent, const std::string& modulus) {
  const Number e = number_from(exponent), n = number_from(modulus);
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e.get());
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* out = nullptr;
  if (EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &out, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    out = nullptr;
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  ERR_clear_error();
  return Key(out);
}

}  // namespace

KeyMaterial make_key_pair(const std::string& type) {
  if (type == "ed25519") return make_ed25519();
  constexpr std::size_t bits = 2048;
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
  STRATUS_ASSERT(key != nullptr);
  const Bio bio(BIO_new(BIO_s_mem()));
  STRATUS_ASSERT(PEM_write_bio_PrivateKey_traditional(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
                 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {"rsa", std::string(data, static_cast<std::size_t>(size)), rsa_public(key.get()),
          private_fingerprint(key.get())};
}

std::optional<KeyMaterial> read_public_key(const std::string& text) {
  const auto words = text::split(std::string(text::trim(text)), ' ');
  if (words.size() < 2) return std::nullopt;
  const auto blob = base64::decode(std::string(text::trim(words[1])));
  if (!blob) return std::nullopt;
  std::string_view rest = *blob;
  if (take(rest) != words[0]) return std::nullopt;
  KeyMaterial out{"", "", words[0] + " " + std::string(text::trim(words[1])), ""};
  if (words[0] == "ssh-ed25519") {
    const auto point = take(rest);
    if (!point || point->size() != kEdBytes) return std::nullopt;
    out.type = "ed25519";
    out.fingerprint = base64::encode(crypto::sha256(*blob));
    return out;
  }
  if (words[0] != "ssh-rsa") return std::nullopt;
  const auto exponent = take(rest), modulus = take(rest);
  if (!exponent || !modulus) return std::nullopt;
  const Key key = rsa_from(*exponent, *modulus);
  if (key == nullptr) return std::nullopt;
  out.type = "rsa";
  out.fingerprint = colons(crypto::md5(public_der(key.get())));
  return out;
}

}  // namespace stratus::services::ec2
