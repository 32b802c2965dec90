// Pages of lists of Secrets Manager.
#pragma once

#include <optional>
#include <string>

#include "stratus/models/secretsmanager.h"

namespace stratus::services::secretsmanager {

/// The position that a token names; 0 without one.
inline std::size_t position_of(const std::optional<std::string>& token) {
  if (!token) return 0;
  if (token->empty() || token->size() > 9 || token->find_first_not_of("0123456789") != std::string::npos)
    throw aws::secretsmanager::errors::InvalidNextTokenException("Invalid token.");
  return static_cast<std::size_t>(std::stoul(*token));
}

}  // namespace stratus::services::secretsmanager
