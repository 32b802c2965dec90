#include "stratus/services/s3/names.h"

#include <algorithm>
#include <array>

#include "stratus/core/text.h"

namespace stratus::services::s3 {
namespace {

bool alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool looks_like_an_address(std::string_view name) {
  const auto parts = text::split(name, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return !part.empty() && part.size() <= 3 && part.find_first_not_of("0123456789") == std::string::npos;
         });
}

}  // namespace

bool valid_bucket_name(std::string_view name) {
  constexpr std::array<std::string_view, 3> prefixes = {"xn--", "sthree-", "amzn-s3-demo-"};
  constexpr std::array<std::string_view, 5> suffixes = {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"};
  return name.size() >= 3 && name.size() <= 63 && alphanumeric(name.front()) && alphanumeric(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return alphanumeric(c) || c == '.' || c == '-'; }) &&
         name.find("..") == std::string_view::npos && !looks_like_an_address(name) &&
         std::none_of(prefixes.begin(), prefixes.end(), [&](auto prefix) { return name.starts_with(prefix); }) &&
         std::none_of(suffixes.begin(), suffixes.end(), [&](auto suffix) { return name.ends_with(suffix); });
}

}  // namespace stratus::services::s3
