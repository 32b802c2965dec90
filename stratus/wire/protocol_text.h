// What every protocol asks of the text that it is given or that it sends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stratus::wire {

/// How many list elements and map entries one request may hold: far above any AWS limit, far below what would exhaust
/// memory.
constexpr std::size_t kMaxElements = 100'000;

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text);
/// `text` as a header's value: line ends and other control characters become blanks, so that no value can start another
/// header.
std::string header_value(std::string_view text);
/// True where `text` may be a header's name (RFC 9110 token).
bool header_name(std::string_view text);

}  // namespace stratus::wire
