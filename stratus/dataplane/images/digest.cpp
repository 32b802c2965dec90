#include "stratus/dataplane/images/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "stratus/core/check.h"
#include "stratus/dataplane/images/image_config.h"

namespace stratus::images {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  STRATUS_ASSERT(context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::update(std::string_view data) {
  STRATUS_ASSERT(EVP_DigestUpdate(context_, data.data(), data.size()) == 1);
}

std::string Sha256::digest() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  STRATUS_ASSERT(EVP_DigestFinal_ex(context_, bytes, &size) == 1 && size == 32);
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "sha256:";
  for (unsigned i = 0; i < size; ++i) {
    out += hex[bytes[i] >> 4U];
    out += hex[bytes[i] & 15U];
  }
  return out;
}

Result<std::string> digest_of_file(int fd, const std::string& name) {
  Sha256 hash;
  std::string buffer(1U << 18U, '\0');
  for (off_t at = 0;;) {
    const auto got = ::pread(fd, buffer.data(), buffer.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read " + name);
    if (got == 0) return hash.digest();
    hash.update({buffer.data(), static_cast<std::size_t>(got)});
    at += got;
  }
}

bool valid_digest(std::string_view digest) {
  static constexpr std::string_view prefix = "sha256:";
  if (digest.size() != prefix.size() + 64 || !digest.starts_with(prefix)) return false;
  return digest.substr(prefix.size()).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string digest_of(std::string_view content) {
  Sha256 hash;
  hash.update(content);
  return hash.digest();
}

}  // namespace stratus::images
