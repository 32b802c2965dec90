#include "stratus/services/s3/checksums.h"

#include "stratus/core/base64.h"
#include "stratus/core/check.h"
#include "stratus/core/text.h"
#include "stratus/wire/checksum.h"

namespace stratus::services::s3 {
namespace {

/// Polynomials over GF(2) modulo `polynomial`, bits reflected: the highest bit is x^0.
template <class Word>
struct Field {
  Word polynomial;
  static constexpr Word kOne = Word{1} << (8 * sizeof(Word) - 1);

  Word multiply(Word a, Word b) const {
    Word product = 0;
    for (Word bit = kOne; bit != 0; bit >>= 1U) {
      if ((a & bit) != 0) product ^= b;
      b = (b & 1U) != 0 ? (b >> 1U) ^ polynomial : b >> 1U;
    }
    return product;
  }
  /// x to the power of `exponent`.
  Word power(std::uint64_t exponent) const {
    Word out = kOne, square = kOne >> 1U;
    for (; exponent != 0; exponent >>= 1U, square = multiply(square, square))
      if ((exponent & 1U) != 0) out = multiply(out, square);
    return out;
  }
};

template <class Word>
Word word_of(const std::string& base64_text) {
  Word out = 0;
  const auto bytes = base64::decode(base64_text);
  STRATUS_ASSERT(bytes && bytes->size() == sizeof(Word));
  for (const char c : *bytes) out = static_cast<Word>(out << 8U) | static_cast<unsigned char>(c);
  return out;
}

/// As zlib's crc32_combine: what stands before moves up by the length of what follows.
template <class Word>
std::string combined(Word polynomial, const std::vector<PartChecksum>& parts) {
  const Field<Word> field{polynomial};
  Word crc = 0;
  for (const PartChecksum& part : parts)
    crc = field.multiply(field.power(8 * part.size), crc) ^ word_of<Word>(part.value);
  std::string bytes;
  for (std::size_t i = sizeof(Word); i-- > 0;) bytes += static_cast<char>(crc >> (8 * i));
  return base64::encode(bytes);
}

}  // namespace

std::string composite_checksum(const std::string& algorithm, const std::vector<PartChecksum>& parts) {
  const auto sum = wire::Checksum::create(text::lower(algorithm));
  for (const PartChecksum& part : parts) sum->add(base64::decode(part.value).value_or(""));
  return base64::encode(sum->finish()) + "-" + std::to_string(parts.size());
}

std::string full_checksum(const std::string& algorithm, const std::vector<PartChecksum>& parts) {
  if (algorithm == "CRC32") return combined<std::uint32_t>(0xedb88320U, parts);
  if (algorithm == "CRC32C") return combined<std::uint32_t>(0x82f63b78U, parts);
  STRATUS_ASSERT(algorithm == "CRC64NVME");
  return combined<std::uint64_t>(0x9a6c9329ac4bc9b5ULL, parts);
}

}  // namespace stratus::services::s3
