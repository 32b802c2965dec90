// Small things about text that several parts need: UTF-8, folding for search, query strings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace counselor {

bool valid_utf8(std::string_view text);
/// The code point at `at`, which moves on; 0xFFFFFFFF where the bytes are no UTF-8 (RFC 3629: shortest form, no
/// surrogates).
char32_t next_character(std::string_view text, std::size_t& at);
/// The plain small letter of an accented Latin one (U+00C0…U+017F), a space for × and ÷, 0 for anything else.
char plain_letter(char32_t code);
/// Code points of valid UTF-8.
std::size_t characters(std::string_view text);
/// The first `most` code points.
std::string_view first_characters(std::string_view text, std::size_t most);
/// Appends one code point; what is none becomes U+FFFD.
void append_utf8(std::string& out, char32_t code);
/// Without what shows nothing and only misleads: control characters but \n and \t, overrides of the writing direction,
/// zero-width spaces, tags (U+E0000…) in which text hides from people and not from models.
std::string visible(std::string_view text);
/// Lower case, without accents, other than letters and digits as single spaces: "Café-Owner" → "cafe owner".
std::string fold(std::string_view text);
std::vector<std::string_view> words(std::string_view folded);
std::vector<std::string> split(std::string_view text, char separator);
/// %XX and + decoded; the value of `name` in "a=1&b=2", or "".
std::string query_value(std::string_view query, std::string_view name);

}  // namespace counselor
