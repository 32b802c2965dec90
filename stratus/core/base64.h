// RFC 4648 base64 with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stratus::base64 {

std::string encode(std::string_view bytes);
/// Nothing where the text is not base64; missing padding is accepted.
std::optional<std::string> decode(std::string_view text);

}  // namespace stratus::base64
