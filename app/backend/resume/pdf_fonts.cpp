#include "app/backend/resume/pdf_fonts.h"

#include <qpdf/QPDFObjectHandle.hh>
#include <vector>

#include "app/backend/text.h"

namespace counselor {
namespace {

constexpr std::size_t kMostMapped = 70'000;

/// Windows-1252, 0x80…0x9F, as in WinAnsiEncoding.
constexpr char32_t kWindows[32] = {0x20AC, 0x2022, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x2022, 0x017D, 0x2022,
                                   0x2022, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x2022, 0x017E, 0x0178};

/// Glyph names of Adobe's list that résumés use, beyond single letters and uniXXXX.
const std::map<std::string_view, char32_t>& glyphs() {
  static const std::map<std::string_view, char32_t> names = {{"space", ' '},
                                                             {"exclam", '!'},
                                                             {"quotedbl", '"'},
                                                             {"numbersign", '#'},
                                                             {"dollar", '$'},
                                                             {"percent", '%'},
                                                             {"ampersand", '&'},
                                                             {"quotesingle", '\''},
                                                             {"parenleft", '('},
                                                             {"parenright", ')'},
                                                             {"asterisk", '*'},
                                                             {"plus", '+'},
                                                             {"comma", ','},
                                                             {"hyphen", '-'},
                                                             {"minus", '-'},
                                                             {"period", '.'},
                                                             {"slash", '/'},
                                                             {"zero", '0'},
                                                             {"one", '1'},
                                                             {"two", '2'},
                                                             {"three", '3'},
                                                             {"four", '4'},
                                                             {"five", '5'},
                                                             {"six", '6'},
                                                             {"seven", '7'},
                                                             {"eight", '8'},
                                                             {"nine", '9'},
                                                             {"colon", ':'},
                                                             {"semicolon", ';'},
                                                             {"less", '<'},
                                                             {"equal", '='},
                                                             {"greater", '>'},
                                                             {"question", '?'},
                                                             {"at", '@'},
                                                             {"bracketleft", '['},
                                                             {"backslash", '\\'},
                                                             {"bracketright", ']'},
                                                             {"underscore", '_'},
                                                             {"braceleft", '{'},
                                                             {"bar", '|'},
                                                             {"braceright", '}'},
                                                             {"asciitilde", '~'},
                                                             {"bullet", 0x2022},
                                                             {"endash", 0x2013},
                                                             {"emdash", 0x2014},
                                                             {"quoteleft", 0x2018},
                                                             {"quoteright", 0x2019},
                                                             {"quotedblleft", 0x201C},
                                                             {"quotedblright", 0x201D},
                                                             {"ellipsis", 0x2026},
                                                             {"Euro", 0x20AC},
                                                             {"fi", 0xFB01},
                                                             {"fl", 0xFB02},
                                                             {"ff", 0xFB00},
                                                             {"ffi", 0xFB03},
                                                             {"ffl", 0xFB04},
                                                             {"periodcentered", 0xB7},
                                                             {"degree", 0xB0},
                                                             {"germandbls", 0xDF},
                                                             {"ae", 0xE6},
                                                             {"AE", 0xC6},
                                                             {"oslash", 0xF8},
                                                             {"Oslash", 0xD8},
                                                             {"aring", 0xE5},
                                                             {"Aring", 0xC5},
                                                             {"ccedilla", 0xE7},
                                                             {"Ccedilla", 0xC7},
                                                             {"eacute", 0xE9},
                                                             {"Eacute", 0xC9},
                                                             {"egrave", 0xE8},
                                                             {"Egrave", 0xC8},
                                                             {"ecircumflex", 0xEA},
                                                             {"edieresis", 0xEB},
                                                             {"aacute", 0xE1},
                                                             {"agrave", 0xE0},
                                                             {"acircumflex", 0xE2},
                                                             {"adieresis", 0xE4},
                                                             {"Adieresis", 0xC4},
                                                             {"atilde", 0xE3},
                                                             {"iacute", 0xED},
                                                             {"igrave", 0xEC},
                                                             {"icircumflex", 0xEE},
                                                             {"idieresis", 0xEF},
                                                             {"oacute", 0xF3},
                                                             {"ograve", 0xF2},
                                                             {"ocircumflex", 0xF4},
                                                             {"odieresis", 0xF6},
                                                             {"Odieresis", 0xD6},
                                                             {"otilde", 0xF5},
                                                             {"uacute", 0xFA},
                                                             {"ugrave", 0xF9},
                                                             {"ucircumflex", 0xFB},
                                                             {"udieresis", 0xFC},
                                                             {"Udieresis", 0xDC},
                                                             {"ntilde", 0xF1},
                                                             {"Ntilde", 0xD1},
                                                             {"scaron", 0x161},
                                                             {"Scaron", 0x160},
                                                             {"zcaron", 0x17E},
                                                             {"Zcaron", 0x17D}};
  return names;
}

char32_t glyph(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  if (name.size() == 1) return static_cast<unsigned char>(name[0]);
  if (const auto found = glyphs().find(name); found != glyphs().end()) return found->second;
  if (name.starts_with("uni") && name.size() >= 7)
    return static_cast<char32_t>(std::strtoul(std::string(name.substr(3, 4)).c_str(), nullptr, 16));
  return 0;
}

/// Ligatures are read as their letters, so that a search finds "office".
void append(std::string& out, char32_t code) {
  static constexpr const char* kLigatures[5] = {"ff", "fi", "fl", "ffi", "ffl"};
  if (code >= 0xFB00 && code <= 0xFB04)
    out += kLigatures[code - 0xFB00];
  else if (code >= 0x20 && code != 0xAD)
    append_utf8(out, code);
}

struct Token {
  enum Kind { kHex, kNumber, kWord, kOpen, kClose, kEnd } kind = kEnd;
  std::string text;  ///< of kHex: the bytes
};

/// The few tokens of a ToUnicode map.
Token next(std::string_view text, std::size_t& at) {
  while (at < text.size() && std::string_view(" \t\r\n\f", 6).find(text[at]) != std::string_view::npos) ++at;
  if (at >= text.size()) return {};
  const char c = text[at];
  if (c == '%') {
    while (at < text.size() && text[at] != '\n' && text[at] != '\r') ++at;
    return next(text, at);
  }
  if (c == '[' || c == ']') {
    ++at;
    return {c == '[' ? Token::kOpen : Token::kClose, ""};
  }
  if (c == '<' && at + 1 < text.size() && text[at + 1] != '<') {
    std::string bytes;
    int high = -1;
    for (++at; at < text.size() && text[at] != '>'; ++at) {
      const char d = text[at];
      const int value = d >= '0' && d <= '9'   ? d - '0'
                        : d >= 'a' && d <= 'f' ? d - 'a' + 10
                        : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                               : -1;
      if (value < 0) continue;
      if (high < 0) {
        high = value;
      } else {
        bytes += static_cast<char>(high * 16 + value);
        high = -1;
      }
    }
    if (high >= 0) bytes += static_cast<char>(high * 16);
    if (at < text.size()) ++at;
    return {Token::kHex, bytes};
  }
  const auto begin = at++;
  while (at < text.size() && std::string_view(" \t\r\n\f<>[]/", 10).find(text[at]) == std::string_view::npos) ++at;
  return {Token::kWord, std::string(text.substr(begin, at - begin))};
}

std::uint32_t number(std::string_view bytes) {
  std::uint32_t out = 0;
  for (const unsigned char c : bytes.substr(0, 4)) out = out << 8 | c;
  return out;
}

/// UTF-16BE, the last unit moved by `add`.
std::string from_utf16(std::string_view bytes, std::uint32_t add) {
  std::string out;
  for (std::size_t i = 0; i + 1 < bytes.size() && i < 16; i += 2) {
    std::uint32_t unit = number(bytes.substr(i, 2));
    if (unit >= 0xD800 && unit < 0xDC00 && i + 3 < bytes.size()) {
      unit = 0x10000 + ((unit - 0xD800) << 10) + (number(bytes.substr(i + 2, 2)) - 0xDC00);
      i += 2;
    }
    append(out, i + 2 >= bytes.size() ? unit + add : unit);
  }
  return out;
}

}  // namespace

PdfFont::PdfFont(QPDFObjectHandle font) {
  if (!font.isDictionary()) return;
  wide_ = font.getKey("/Subtype").isNameAndEquals("/Type0");
  if (auto map = font.getKey("/ToUnicode"); map.isStream()) {
    const auto data = map.getStreamData(qpdf_dl_generalized);
    read_map({reinterpret_cast<const char*>(data->getBuffer()), data->getSize()});
  }
  if (!wide_) read_encoding(font);
}

void PdfFont::read_encoding(QPDFObjectHandle font) {
  for (char32_t i = 0; i < 256; ++i) simple_[i] = i >= 0x80 && i < 0xA0 ? kWindows[i - 0x80] : i >= 0x20 ? i : 0;
  auto encoding = font.getKey("/Encoding");
  if (!encoding.isDictionary()) return;
  auto differences = encoding.getKey("/Differences");
  if (!differences.isArray()) return;
  long long at = 0;
  for (auto& item : differences.getArrayAsVector()) {
    if (item.isInteger()) {
      at = item.getIntValue();
    } else if (item.isName()) {
      if (at >= 0 && at < 256) simple_[static_cast<std::size_t>(at)] = glyph(item.getName());
      ++at;
    }
  }
}

void PdfFont::read_map(std::string_view cmap) {
  std::size_t at = 0;
  for (Token token = next(cmap, at); token.kind != Token::kEnd; token = next(cmap, at)) {
    if (token.kind != Token::kWord) continue;
    if (token.text == "beginbfchar") {
      for (Token from = next(cmap, at); from.kind == Token::kHex && known_.size() < kMostMapped;
           from = next(cmap, at)) {
        const Token to = next(cmap, at);
        if (to.kind == Token::kHex) known_[number(from.text)] = from_utf16(to.text, 0);
      }
    } else if (token.text == "beginbfrange") {
      for (Token low = next(cmap, at); low.kind == Token::kHex; low = next(cmap, at)) {
        const Token high = next(cmap, at);
        Token to = next(cmap, at);
        const std::uint32_t first = number(low.text), last = number(high.text);
        if (to.kind == Token::kOpen) {
          std::uint32_t code = first;
          for (to = next(cmap, at); to.kind == Token::kHex; to = next(cmap, at), ++code)
            if (known_.size() < kMostMapped) known_[code] = from_utf16(to.text, 0);
        } else if (to.kind == Token::kHex) {
          for (std::uint32_t code = first; code <= last && code - first < 0x10000 && known_.size() < kMostMapped;
               ++code)
            known_[code] = from_utf16(to.text, code - first);
        }
      }
    }
  }
}

std::string PdfFont::decode(std::string_view shown) const {
  std::string out;
  const std::size_t step = wide_ ? 2 : 1;
  for (std::size_t i = 0; i + step <= shown.size(); i += step) {
    const std::uint32_t code = number(shown.substr(i, step));
    if (const auto found = known_.find(code); found != known_.end())
      out += found->second;
    else if (!wide_)
      append(out, simple_[code]);
  }
  return out;
}

}  // namespace counselor
