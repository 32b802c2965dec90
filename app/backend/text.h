// Small things about text that several parts need: UTF-8, folding for search, query strings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace counselor {

bool valid_utf8(std::string_view text);
/// Code points of valid UTF-8.
std::size_t characters(std::string_view text);
/// The first `most` code points.
std::string_view first_characters(std::string_view text, std::size_t most);
/// Appends one code point; what is none becomes U+FFFD.
void append_utf8(std::string& out, char32_t code);
/// Lower case, without accents, other than letters and digits as single spaces: "Café-Owner" → "cafe owner".
std::string fold(std::string_view text);
std::vector<std::string_view> words(std::string_view folded);
std::vector<std::string> split(std::string_view text, char separator);
/// %XX and + decoded; the value of `name` in "a=1&b=2", or "".
std::string query_value(std::string_view query, std::string_view name);

}  // namespace counselor
