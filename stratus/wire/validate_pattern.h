// The models' patterns are Java's; PCRE2 matches them.
#pragma once

#include <string>
#include <string_view>

namespace stratus::wire {

/// `pattern` as PCRE2 spells it: \uHHHH and pairs of surrogates as code points, Java's POSIX classes as ranges.
std::string to_pcre(std::string_view pattern);
/// True where the whole of `text` matches. A pattern that PCRE2 refuses, and a match that costs too much, constrain
/// nothing.
bool matches(const char* pattern, std::string_view text);
/// False where PCRE2 refuses `pattern`.
bool pattern_is_known(const char* pattern);

}  // namespace stratus::wire
