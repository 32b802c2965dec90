// Domain names as Route 53 writes them: lower case, a final dot, and every character but letters, digits, '-' and '_'
// as a backslash and three octal digits ("\052.example.com.").
#pragma once

#include <string>
#include <string_view>

namespace stratus::services::route53 {

struct ParsedName {
  std::string name;     ///< in Route 53's form
  std::string problem;  ///< in AWS's words ("FATAL problem: …"); empty where the name is one
};
ParsedName parse_name(std::string_view text);

/// For looking up and for sorting by labels from the right: "www.example.com." → "com example www". The blank sorts
/// before everything that a label may hold, so a name stands before the names below it.
std::string reversed(std::string_view name);

/// Zone files (and the DNS room) write the escapes with decimal digits, without the final dot.
std::string to_zone_file(std::string_view name);
std::string from_zone_file(std::string_view name);
/// Octal escapes inside record data turned into a zone file's.
std::string data_to_zone_file(std::string_view value);

/// Whether `name` is `zone` or below it; both in Route 53's form.
bool within(std::string_view name, std::string_view zone);

}  // namespace stratus::services::route53
