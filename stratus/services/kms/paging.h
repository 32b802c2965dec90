// Pages of KMS lists.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stratus/models/kms.h"

namespace stratus::services::kms {

/// Pages over a list by the position that a marker names.
template <class Item>
std::pair<std::vector<Item>, std::optional<std::string>> page(std::vector<Item> items,
                                                              const std::optional<std::string>& marker,
                                                              std::optional<std::int32_t> limit, std::size_t fallback) {
  std::size_t from = 0;
  if (marker) {
    if (marker->empty() || marker->find_first_not_of("0123456789") != std::string::npos || marker->size() > 9)
      throw aws::kms::errors::InvalidMarkerException("Could not parse the marker");
    from = std::min(static_cast<std::size_t>(std::stoul(*marker)), items.size());
  }
  const std::size_t to = std::min(items.size(), from + (limit ? static_cast<std::size_t>(*limit) : fallback));
  std::optional<std::string> next;
  if (to < items.size()) next = std::to_string(to);
  return {std::vector<Item>(std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(from)),
                            std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(to))),
          next};
}

}  // namespace stratus::services::kms
