#include "app/backend/text.h"

#include <algorithm>
#include <cstdint>

namespace counselor {
namespace {

/// Latin letters with accents, U+00C0…U+017F, as the plain letter (ligatures by their first).
constexpr std::string_view kLatin1 = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty";
constexpr std::string_view kLatinA =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuu"
    "uuwwyyyzzzzzzs";

}  // namespace

char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead < 0xF0 && lead >= 0xE0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || at + length > text.size()) {
    ++at;
    return 0xFFFFFFFF;
  }
  char32_t code = length == 1 ? lead : lead & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) {
      ++at;
      return 0xFFFFFFFF;
    }
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  at += length;
  if ((length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10FFFF)) ||
      (code >= 0xD800 && code < 0xE000))
    return 0xFFFFFFFF;
  return code;
}

char plain_letter(char32_t code) {
  if (code >= 0xC0 && code < 0x100) return kLatin1[code - 0xC0];
  if (code >= 0x100 && code < 0x180) return kLatinA[std::min<std::size_t>(code - 0x100, kLatinA.size() - 1)];
  return 0;
}

bool valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (next_character(text, at) == 0xFFFFFFFF) return false;
  return true;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string_view first_characters(std::string_view text, std::size_t most) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] & 0xC0) != 0x80 && seen++ == most) return text.substr(0, i);
  return text;
}

void append_utf8(std::string& out, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = 0xFFFD;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

std::string visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const char32_t code = next_character(text, at);
    const bool control = (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code < 0xA0);
    // The joiner and the non-joiner (U+200C, U+200D) stay: Persian, Hindi and many emoji need them.
    const bool misleads = code == 0x200B || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
                          (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
                          (code >= 0xE0000 && code <= 0xE0FFF) || code == 0xFFFFFFFF;
    if (code == 0x2028 || code == 0x2029)
      out += '\n';
    else if (!control && !misleads)
      out += text.substr(begin, at - begin);
  }
  return out;
}

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = next_character(text, at);
    char plain = ' ';
    if (code < 0x80) {
      const char c = static_cast<char>(code);
      plain = c >= 'A' && c <= 'Z'                                                       ? static_cast<char>(c + 32)
              : (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '#' ? c
                                                                                         : ' ';
      if (c == '\'') continue;  // "bachelor's" is one word
    } else if (const char letter = plain_letter(code); letter != 0) {
      plain = letter;
    } else if (code == 0x2019 || (code >= 0x300 && code < 0x370)) {
      continue;  // an apostrophe, or an accent that stands by itself
    } else if (code != 0xFFFFFFFF && code >= 0x370 && !(code >= 0x2000 && code < 0x2070)) {
      append_utf8(out, code);  // other scripts are searched as they are
      continue;
    }
    if (plain == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += plain;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::vector<std::string_view> words(std::string_view folded) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  while (at < folded.size()) {
    const auto end = std::min(folded.find(' ', at), folded.size());
    if (end > at) out.push_back(folded.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at <= text.size() && !text.empty()) {
    const auto end = std::min(text.find(separator, at), text.size());
    out.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string query_value(std::string_view query, std::string_view name) {
  const auto hex = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::size_t at = 0;
  while (at < query.size()) {
    const auto end = std::min(query.find('&', at), query.size());
    const auto pair = query.substr(at, end - at);
    at = end + 1;
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    std::string out;
    for (std::size_t i = equals + 1; i < pair.size(); ++i) {
      if (pair[i] == '%' && i + 2 < pair.size() && hex(pair[i + 1]) >= 0 && hex(pair[i + 2]) >= 0) {
        out += static_cast<char>(hex(pair[i + 1]) * 16 + hex(pair[i + 2]));
        i += 2;
      } else {
        out += pair[i] == '+' ? ' ' : pair[i];
      }
    }
    return out;
  }
  return "";
}

}  // namespace counselor
