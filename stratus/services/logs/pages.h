// Pages of lists whose token is a position. Events have tokens of their own.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "stratus/services/logs/service.h"

namespace stratus::services::logs {

inline std::size_t position_of(const std::optional<std::string>& token) {
  if (!token) return 0;
  if (token->empty() || token->size() > 9 || token->find_first_not_of("0123456789") != std::string::npos)
    throw cwl::errors::InvalidParameterException("The specified nextToken is invalid.");
  return static_cast<std::size_t>(std::stoul(*token));
}

/// Cuts `items` to one page and answers the token of the next.
template <class Item>
std::optional<std::string> cut(std::vector<Item>& items, const std::optional<std::string>& token, std::size_t most) {
  const std::size_t from = std::min(position_of(token), items.size());
  std::optional<std::string> next;
  if (from + most < items.size()) {
    next = std::to_string(from + most);
    items.resize(from + most);
  }
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(from));
  return next;
}

}  // namespace stratus::services::logs
