// Amazon Resource Names: "arn:partition:service:region:account:resource".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stratus {

struct Arn {
  std::string partition = "aws";
  std::string service;
  std::string region;
  std::string account;
  std::string resource;  ///< all behind the fifth colon, slashes and colons included

  std::string text() const;
  static std::optional<Arn> parse(std::string_view text);
};

std::string make_arn(std::string_view service, std::string_view region, std::string_view account,
                     std::string_view resource);

}  // namespace stratus
