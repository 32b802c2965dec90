// From the bytes that a PDF shows to the characters that a person reads (ISO 32000-1, 9.10).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

class QPDFObjectHandle;

namespace counselor {

class PdfFont {
 public:
  PdfFont() = default;
  explicit PdfFont(QPDFObjectHandle font);
  /// UTF-8; what the font does not tell is left out.
  std::string decode(std::string_view shown) const;

 private:
  void read_map(std::string_view cmap);
  void read_encoding(QPDFObjectHandle font);
  bool wide_ = false;                           ///< two bytes a character
  std::map<std::uint32_t, std::string> known_;  ///< from ToUnicode
  std::array<char32_t, 256> simple_{};
};

}  // namespace counselor
