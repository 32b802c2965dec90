// MaxItems, which Route 53 carries as text.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "stratus/models/route53.h"

namespace stratus::services::route53 {

inline std::size_t max_items(const std::optional<std::string>& text, std::size_t limit) {
  if (!text || text->empty()) return limit;
  if (text->size() > 9 || text->find_first_not_of("0123456789") != std::string::npos || *text == "0")
    throw aws::route53::errors::InvalidInput("MaxItems must be a number between 1 and " + std::to_string(limit) + ".");
  return std::min<std::size_t>(std::strtoul(text->c_str(), nullptr, 10), limit);
}

}  // namespace stratus::services::route53
