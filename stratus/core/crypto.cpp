#include "stratus/core/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <memory>

#include "stratus/core/check.h"

namespace stratus::crypto {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
  unsigned length = 0;
  STRATUS_ASSERT(EVP_Digest(bytes.data(), bytes.size(), bytes_of(out), &length, algorithm, nullptr) == 1);
  return out;
}

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

}  // namespace

std::string sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }
std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }
std::string md5(std::string_view bytes) { return digest(EVP_md5(), bytes); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string out(32, '\0');
  unsigned length = 0;
  STRATUS_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
                      bytes_of(out), &length) != nullptr);
  return out;
}

std::string to_hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  STRATUS_ASSERT(RAND_bytes(bytes_of(out), static_cast<int>(count)) == 1);
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string seal(std::string_view key, std::string_view plaintext, std::string_view authenticated) {
  STRATUS_ASSERT(key.size() == 32);
  std::string out = random_bytes(kNonce);
  out.resize(kNonce + plaintext.size() + kTag);
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int length = 0;
  bool ok = EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(out)) == 1;
  ok = ok && EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(authenticated),
                               static_cast<int>(authenticated.size())) == 1;
  ok = ok && EVP_EncryptUpdate(cipher.get(), bytes_of(out) + kNonce, &length, bytes_of(plaintext),
                               static_cast<int>(plaintext.size())) == 1;
  ok = ok && EVP_EncryptFinal_ex(cipher.get(), bytes_of(out) + kNonce + length, &length) == 1;
  ok = ok &&
       EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes_of(out) + kNonce + plaintext.size()) == 1;
  STRATUS_ASSERT(ok);
  return out;
}

std::optional<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view authenticated) {
  if (key.size() != 32 || sealed.size() < kNonce + kTag) return std::nullopt;
  const std::string_view body = sealed.substr(kNonce, sealed.size() - kNonce - kTag);
  std::string tag(sealed.substr(sealed.size() - kTag));
  std::string out(body.size() + 1, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int length = 0;
  bool ok = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(sealed)) == 1;
  ok = ok && EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(authenticated),
                               static_cast<int>(authenticated.size())) == 1;
  ok =
      ok && EVP_DecryptUpdate(cipher.get(), bytes_of(out), &length, bytes_of(body), static_cast<int>(body.size())) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes_of(tag)) == 1;
  ok = ok && EVP_DecryptFinal_ex(cipher.get(), bytes_of(out) + length, &length) == 1;
  if (!ok) return std::nullopt;
  out.resize(body.size());
  return out;
}

}  // namespace stratus::crypto
