#include "stratus/wire/checksum.h"

#include <openssl/evp.h>

#include <array>

#include "stratus/core/check.h"

namespace stratus::wire {
namespace {

/// A reflected CRC, one byte at a time.
template <class Word>
class Crc final : public Checksum {
 public:
  explicit Crc(Word polynomial) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      Word value = byte;
      for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? (value >> 1U) ^ polynomial : value >> 1U;
      table_[byte] = value;
    }
  }
  void add(std::string_view bytes) override {
    Word value = value_;
    for (const char c : bytes) value = table_[(value ^ static_cast<unsigned char>(c)) & 0xffU] ^ (value >> 8U);
    value_ = value;
  }
  std::string finish() override {
    const Word value = ~value_;
    std::string out;
    for (std::size_t i = sizeof(Word); i-- > 0;) out += static_cast<char>(value >> (8 * i));
    return out;
  }

 private:
  std::array<Word, 256> table_{};
  Word value_ = ~Word{0};
};

class Sha final : public Checksum {
 public:
  explicit Sha(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    STRATUS_ASSERT(EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1);
  }
  void add(std::string_view bytes) override { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string finish() override {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), &length);
    out.resize(length);
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::unique_ptr<Checksum> Checksum::create(std::string_view name) {
  if (name == "crc32") return std::make_unique<Crc<std::uint32_t>>(0xedb88320U);
  if (name == "crc32c") return std::make_unique<Crc<std::uint32_t>>(0x82f63b78U);
  if (name == "crc64nvme") return std::make_unique<Crc<std::uint64_t>>(0x9a6c9329ac4bc9b5ULL);
  if (name == "sha1") return std::make_unique<Sha>(EVP_sha1());
  if (name == "sha256") return std::make_unique<Sha>(EVP_sha256());
  return nullptr;
}

}  // namespace stratus::wire
