#include "stratus/dataplane/balancer/text_safety.h"

namespace stratus::balancer {

bool is_plain_id(std::string_view id) {
  if (id.empty() || id.size() > 64) return false;
  return id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
         std::string_view::npos;
}

bool is_one_line(std::string_view value) {
  for (const char c : value)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return false;
  return true;
}

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value)
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  return out + "'";
}

std::string literal_format(std::string_view value) {
  std::string out;
  for (const char c : value) {
    out += c;
    if (c == '%') out += c;
  }
  return out;
}

std::string wildcard_regex(std::string_view pattern, std::string_view run) {
  std::string out;
  for (const char c : pattern) {
    if (c == '*')
      out += std::string(run) + "*";
    else if (c == '?')
      out += run;
    else if (std::string_view("\\^$.[]|()+{}/-#&~").find(c) != std::string_view::npos)
      (out += '\\') += c;
    else
      out += c;
  }
  return out;
}

}  // namespace stratus::balancer
