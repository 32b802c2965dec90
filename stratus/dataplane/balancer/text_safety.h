// Text that goes into HAProxy's configuration and runtime API: what is safe, and how to quote the rest.
#pragma once

#include <string>
#include <string_view>

namespace stratus::balancer {

/// [A-Za-z0-9_-]+, at most 64: safe in proxy names, expressions and file names.
bool is_plain_id(std::string_view id);
/// No control characters: fits on one line.
bool is_one_line(std::string_view value);
/// One argument of a configuration line: in single quotes, in which nothing is special.
std::string quoted(std::string_view value);
/// `value` as it stands, inside a log-format string: `%` doubled.
std::string literal_format(std::string_view value);
/// A regular expression (PCRE) for AWS's wildcards; everything else stands for itself. Not anchored. `*` is a run of
/// characters out of `run` ("." or "[^&]").
std::string wildcard_regex(std::string_view pattern, std::string_view run = ".");

}  // namespace stratus::balancer
