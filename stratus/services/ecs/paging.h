// Pages of ECS's listings.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "stratus/models/ecs.h"

namespace stratus::services::ecs {

/// Cuts `items` to the page behind `token`; the result is the next page's token. `most` of nothing means `fallback`.
template <class Item>
std::optional<std::string> page(std::vector<Item>& items, const std::optional<std::string>& token,
                                std::optional<std::int32_t> most, std::size_t fallback) {
  std::size_t from = 0;
  if (token && !token->empty()) {
    if (token->size() > 9 || token->find_first_not_of("0123456789") != std::string::npos)
      throw aws::ecs::errors::InvalidParameterException("Invalid token");
    from = std::min(static_cast<std::size_t>(std::stoul(*token)), items.size());
  }
  if (most && (*most < 1 || *most > 100))
    throw aws::ecs::errors::InvalidParameterException("maxResults must be between 1 and 100.");
  const std::size_t to = std::min(items.size(), from + (most ? static_cast<std::size_t>(*most) : fallback));
  std::optional<std::string> next;
  if (to < items.size()) next = std::to_string(to);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(to), items.end());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(from));
  return next;
}

}  // namespace stratus::services::ecs
