// What IAM's operations share on lists and tags.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/models/iam.h"

namespace stratus::services::iam {

/// How many an account may have, as AWS begins.
inline constexpr std::int32_t kUserQuota = 5000, kGroupQuota = 300, kRoleQuota = 1000, kPolicyQuota = 1500,
                              kInstanceProfileQuota = 1000;

/// Cuts to a page; the marker is the position of the next.
template <class Item>
void page(std::vector<Item>& items, const std::optional<std::string>& marker, std::optional<std::int32_t> most,
          std::optional<bool>& truncated, std::optional<std::string>& next) {
  std::size_t from = 0;
  if (marker) {
    if (marker->empty() || marker->size() > 9 || marker->find_first_not_of("0123456789") != std::string::npos)
      throw aws::Error("ValidationError", 400, "Invalid Marker.");
    from = std::min(static_cast<std::size_t>(std::stoul(*marker)), items.size());
  }
  const std::size_t to = std::min(items.size(), from + static_cast<std::size_t>(most.value_or(100)));
  truncated = to < items.size();
  if (*truncated) next = std::to_string(to);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(to), items.end());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(from));
}

std::vector<aws::iam::Tag> tags_of(const std::map<std::string, std::string>& tags);
/// Puts `given` over `tags`. Throws InvalidInput or LimitExceeded as AWS words them; `kind` is "Role".
void merge_tags(std::map<std::string, std::string>& tags, const std::optional<std::vector<aws::iam::Tag>>& given,
                const std::string& kind);

/// The size of a document as quotas count it: without blanks.
std::size_t policy_size(const std::string& document);
/// Throws MalformedPolicyDocument where the document does not parse.
void check_document(const std::string& document);

}  // namespace stratus::services::iam
