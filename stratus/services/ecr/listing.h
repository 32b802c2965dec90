// What ECR's listings and lookups share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stratus/core/context.h"
#include "stratus/models/ecr.h"

namespace stratus::services::ecr {

inline void own_registry(const aws::Context& context, const std::optional<std::string>& registry) {
  if (registry && *registry != context.account)
    throw aws::ecr::errors::RepositoryNotFoundException("The registry with id '" + *registry +
                                                        "' does not exist or is not yours");
}

template <class Item>
std::optional<std::string> page(std::vector<Item>& items, const std::optional<std::string>& token,
                                std::optional<std::int32_t> most) {
  std::size_t from = 0;
  if (token) {
    if (token->empty() || token->size() > 9 || token->find_first_not_of("0123456789") != std::string::npos)
      throw aws::ecr::errors::InvalidParameterException("Invalid parameter at 'nextToken'");
    from = std::min(static_cast<std::size_t>(std::stoul(*token)), items.size());
  }
  const std::size_t to = std::min(items.size(), from + static_cast<std::size_t>(most.value_or(100)));
  std::optional<std::string> next;
  if (to < items.size()) next = std::to_string(to);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(to), items.end());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(from));
  return next;
}

}  // namespace stratus::services::ecr
