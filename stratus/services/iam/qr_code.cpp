#include "stratus/services/iam/qr_code.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "stratus/core/check.h"

namespace stratus::services::iam {
namespace {

// Version 15 at level L: a link with the longest name that a device may have fits.
constexpr int kVersion = 15;
constexpr int kSize = 17 + 4 * kVersion;
constexpr std::array<int, 4> kAlignment = {6, 26, 48, 70};
constexpr std::array<std::size_t, 6> kBlocks = {87, 87, 87, 87, 87, 88};  // data codewords
constexpr std::size_t kCheckWords = 22;                                   // of each block
constexpr std::size_t kDataWords = 523;

using Words = std::vector<std::uint8_t>;

std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {  // GF(2^8) / 0x11d
  unsigned out = 0;
  for (int bit = 7; bit >= 0; --bit) {
    out = (out << 1U) ^ ((out >> 7U) * 0x11dU);
    if ((b >> bit & 1) != 0) out ^= a;
  }
  return static_cast<std::uint8_t>(out);
}

/// The Reed-Solomon remainder of a block.
Words check_words(const Words& data) {
  Words divisor(kCheckWords, 0);
  divisor.back() = 1;
  std::uint8_t root = 1;
  for (std::size_t i = 0; i < kCheckWords; ++i) {
    for (std::size_t j = 0; j < kCheckWords; ++j) {
      divisor[j] = multiply(divisor[j], root);
      if (j + 1 < kCheckWords) divisor[j] ^= divisor[j + 1];
    }
    root = multiply(root, 2);
  }
  Words out(kCheckWords, 0);
  for (const std::uint8_t word : data) {
    const std::uint8_t factor = word ^ out.front();
    out.erase(out.begin());
    out.push_back(0);
    for (std::size_t i = 0; i < kCheckWords; ++i) out[i] ^= multiply(divisor[i], factor);
  }
  return out;
}

/// Mode, length, bytes and padding, with check words, interleaved.
Words codewords(const std::string& text) {
  static_assert(kQrCodeBytes == kDataWords - 3);
  STRATUS_ASSERT(text.size() <= kQrCodeBytes);
  std::vector<bool> bits;
  const auto put = [&](unsigned value, int count) {
    for (int i = count - 1; i >= 0; --i) bits.push_back((value >> i & 1U) != 0);
  };
  put(4, 4);  // bytes
  put(static_cast<unsigned>(text.size()), 16);
  for (const char c : text) put(static_cast<unsigned char>(c), 8);
  put(0, 4);
  Words data(bits.size() / 8, 0);
  for (std::size_t i = 0; i < bits.size(); ++i)
    if (bits[i]) data[i / 8] |= static_cast<std::uint8_t>(128U >> i % 8);
  for (bool first = true; data.size() < kDataWords; first = !first) data.push_back(first ? 0xec : 0x11);
  std::vector<Words> blocks, checks;
  auto at = data.begin();
  for (const std::size_t size : kBlocks) {
    blocks.emplace_back(at, at + static_cast<std::ptrdiff_t>(size));
    at += static_cast<std::ptrdiff_t>(size);
    checks.push_back(check_words(blocks.back()));
  }
  Words out;
  for (std::size_t i = 0; i < kBlocks.back(); ++i)
    for (const auto& block : blocks)
      if (i < block.size()) out.push_back(block[i]);
  for (std::size_t i = 0; i < kCheckWords; ++i)
    for (const auto& check : checks) out.push_back(check[i]);
  return out;
}

struct Grid {
  std::vector<std::vector<bool>> dark{kSize, std::vector<bool>(kSize)};
  std::vector<std::vector<bool>> fixed{kSize, std::vector<bool>(kSize)};

  void set(int x, int y, bool value) {
    if (x < 0 || y < 0 || x >= kSize || y >= kSize) return;
    dark[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = value;
    fixed[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = true;
  }

  void patterns() {
    for (int i = 0; i < kSize; ++i) set(6, i, i % 2 == 0), set(i, 6, i % 2 == 0);
    for (const auto& [cx, cy] : {std::pair{3, 3}, {kSize - 4, 3}, {3, kSize - 4}})
      for (int dy = -4; dy <= 4; ++dy)
        for (int dx = -4; dx <= 4; ++dx) {
          const int ring = std::max(std::abs(dx), std::abs(dy));
          set(cx + dx, cy + dy, ring != 2 && ring != 4);
        }
    for (const int cx : kAlignment)
      for (const int cy : kAlignment) {
        if ((cx == 6 && (cy == 6 || cy == 70)) || (cx == 70 && cy == 6)) continue;  // a finder is there
        for (int dy = -2; dy <= 2; ++dy)
          for (int dx = -2; dx <= 2; ++dx) set(cx + dx, cy + dy, std::max(std::abs(dx), std::abs(dy)) != 1);
      }
    // Level L (01) and mask 0, with their BCH code.
    constexpr unsigned chosen = 1U << 3U;
    unsigned rest = chosen;
    for (int i = 0; i < 10; ++i) rest = (rest << 1U) ^ ((rest >> 9U) * 0x537U);
    const unsigned format = (chosen << 10U | rest) ^ 0x5412U;
    const auto bit = [&](int i) { return (format >> i & 1U) != 0; };
    for (int i = 0; i <= 5; ++i) set(8, i, bit(i));
    set(8, 7, bit(6));
    set(8, 8, bit(7));
    set(7, 8, bit(8));
    for (int i = 9; i < 15; ++i) set(14 - i, 8, bit(i));
    for (int i = 0; i < 8; ++i) set(kSize - 1 - i, 8, bit(i));
    for (int i = 8; i < 15; ++i) set(8, kSize - 15 + i, bit(i));
    set(8, kSize - 8, true);
    unsigned more = kVersion;
    for (int i = 0; i < 12; ++i) more = (more << 1U) ^ ((more >> 11U) * 0x1f25U);
    const unsigned version = static_cast<unsigned>(kVersion) << 12U | more;
    for (int i = 0; i < 18; ++i) {
      const bool value = (version >> i & 1U) != 0;
      set(kSize - 11 + i % 3, i / 3, value);
      set(i / 3, kSize - 11 + i % 3, value);
    }
  }

  /// In pairs of columns from the right, up and down in turns, under mask 0.
  void fill(const Words& words) {
    std::size_t at = 0;
    for (int right = kSize - 1; right >= 1; right -= 2) {
      if (right == 6) right = 5;
      for (int step = 0; step < kSize; ++step)
        for (int x = right; x > right - 2; --x) {
          const int y = ((right + 1) & 2) == 0 ? kSize - 1 - step : step;
          if (fixed[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)]) continue;
          const bool value = at < words.size() * 8 && (words[at / 8] >> (7 - at % 8) & 1) != 0;
          ++at;
          dark[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = value != ((x + y) % 2 == 0);
        }
    }
  }
};

std::string big_endian(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

std::uint32_t crc32(const std::string& bytes) {  // PNG, annex D
  std::uint32_t out = ~0U;
  for (const char c : bytes) {
    out ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) out = out >> 1U ^ ((out & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~out;
}

std::string chunk(const std::string& kind, const std::string& data) {
  const std::string body = kind + data;
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(crc32(body));
}

/// A zlib stream (RFC 1950) of one stored block: there is little to win by packing.
std::string stored(const std::string& raw) {
  STRATUS_ASSERT(raw.size() <= 0xffff);
  std::uint32_t a = 1, b = 0;  // Adler-32
  for (const char c : raw) a = (a + static_cast<unsigned char>(c)) % 65521, b = (b + a) % 65521;
  const auto size = static_cast<unsigned>(raw.size());
  std::string out = "\x78\x01\x01";
  for (const unsigned half : {size, ~size}) out += static_cast<char>(half), out += static_cast<char>(half >> 8U);
  return out + raw + big_endian(b << 16U | a);
}

}  // namespace

std::vector<std::vector<bool>> qr_modules(const std::string& text) {
  Grid grid;
  grid.patterns();
  grid.fill(codewords(text));
  return std::move(grid.dark);
}

std::string qr_code_png(const std::string& text) {
  constexpr int scale = 4, quiet = 4, pixels = (kSize + 2 * quiet) * scale;
  const auto modules = qr_modules(text);
  std::string raw;
  for (int y = 0; y < pixels; ++y) {
    raw += '\0';  // no filter
    for (int from = 0; from < pixels; from += 8) {
      unsigned bits = 0;
      for (int x = from; x < from + 8; ++x) {
        const int column = x / scale - quiet, row = y / scale - quiet;
        const bool dark = column >= 0 && row >= 0 && column < kSize && row < kSize &&
                          modules[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
        bits = bits << 1U | (dark ? 0U : 1U);
      }
      raw += static_cast<char>(bits);
    }
  }
  const std::string header = big_endian(pixels) + big_endian(pixels) + std::string("\x01\0\0\0\0", 5);  // 1 bit grey
  return std::string("\x89PNG\r\n\x1a\n") + chunk("IHDR", header) + chunk("IDAT", stored(raw)) + chunk("IEND", "");
}

}  // namespace stratus::services::iam
