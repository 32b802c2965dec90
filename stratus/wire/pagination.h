// Pages of a listing: opaque tokens that say where the next page starts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stratus::wire {

/// An opaque token that holds `position` (a key or an index; what a listing resumes behind) and a checksum that also
/// covers `scope`: a token of one listing is of no use to another. Not a secret: it tells nothing that the caller may
/// not know.
std::string page_token(std::string_view scope, std::string_view position);
/// The position inside `token`. Throws aws::Error(error_code, 400, …) where the token is not one of this scope.
std::string page_position(std::string_view scope, std::string_view token, const std::string& error_code,
                          const std::string& message = "The specified pagination token is invalid.");

/// Cuts `items`, which stand in the order of their keys, to the page behind `token`, at most `max` of them;
/// `key_of(item)` is unique. The result is the next page's token, empty behind the last. Resuming behind a key, not at
/// an index, neither repeats nor skips what other calls add and remove meanwhile.
template <class Item, class Key>
std::optional<std::string> page(std::vector<Item>& items, std::string_view scope,
                                const std::optional<std::string>& token, std::size_t max, const std::string& error_code,
                                Key&& key_of) {
  std::size_t from = 0;
  if (token && !token->empty()) {
    const std::string behind = page_position(scope, *token, error_code);
    while (from < items.size() && behind.compare(std::string_view(key_of(items[from]))) >= 0) ++from;
  }
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(from));
  if (items.size() <= max || max == 0) return std::nullopt;
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(max), items.end());
  return page_token(scope, key_of(items.back()));
}

}  // namespace stratus::wire
