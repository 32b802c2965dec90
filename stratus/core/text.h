// Small text operations that several rooms need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stratus::text {

/// A JSON string literal with its quotes; bytes that are not UTF-8 are kept as they are.
std::string json_quote(std::string_view value);
std::vector<std::string> split(std::string_view value, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string lower(std::string_view value);
std::string_view trim(std::string_view value);
/// AWS's wildcard match: `*` any run of characters, `?` any one; case-sensitive.
bool wildcard_match(std::string_view pattern, std::string_view value);
/// RFC 3986 percent-encoding of everything but unreserved characters; `/` too unless `keep_slash`.
std::string uri_encode(std::string_view value, bool keep_slash = false);
/// Decodes %XX; `+` becomes a blank where `plus_is_blank`. Broken escapes are kept as they are.
std::string uri_decode(std::string_view value, bool plus_is_blank = false);

}  // namespace stratus::text
