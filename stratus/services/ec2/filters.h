// Filters, pages and dry runs of Describe operations.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/error.h"
#include "stratus/core/text.h"
#include "stratus/models/ec2.h"

namespace stratus::services::ec2 {

/// The values of a filter's field; `known` false where there is no such filter.
using FilterValues = std::function<std::vector<std::string>(const std::string& name, bool& known)>;

/// True where every filter has a value that one of its patterns matches ("*" and "?").
inline bool matches(const std::optional<std::vector<aws::ec2::Filter>>& filters, const FilterValues& values) {
  if (!filters) return true;
  for (const auto& filter : *filters) {
    if (!filter.name) throw aws::Error("InvalidParameterValue", 400, "The filter name is missing");
    bool known = true;
    const auto found = values(*filter.name, known);
    if (!known) throw aws::Error("InvalidParameterValue", 400, "The filter '" + *filter.name + "' is invalid");
    bool any = false;
    if (filter.values)
      for (const auto& pattern : *filter.values)
        for (const auto& value : found) any = any || text::wildcard_match(pattern, value);
    if (!any) return false;
  }
  return true;
}

/// The `tag:` filters and `tag-key`; false where `name` is another one.
inline bool tag_values(const std::string& name, const std::vector<aws::ec2::Tag>& tags, std::vector<std::string>& out) {
  if (name != "tag-key" && name != "tag-value" && !name.starts_with("tag:")) return false;
  for (const auto& tag : tags) {
    if (name == "tag-key") out.push_back(*tag.key);
    if (name == "tag-value") out.push_back(tag.value.value_or(""));
    if (name.starts_with("tag:") && name.substr(4) == *tag.key) out.push_back(tag.value.value_or(""));
  }
  return true;
}

/// Cuts to the page that `token` names; the token is the position of the next item.
template <class Item>
std::optional<std::string> page(std::vector<Item>& items, const std::optional<std::string>& token,
                                std::optional<std::int32_t> most) {
  std::size_t from = 0;
  if (token) {
    if (token->empty() || token->size() > 9 || token->find_first_not_of("0123456789") != std::string::npos)
      throw aws::Error("InvalidNextToken", 400, "Invalid value '" + *token + "' for NextToken");
    from = std::min(static_cast<std::size_t>(std::stoul(*token)), items.size());
  }
  if (most && *most < 5)
    throw aws::Error("InvalidParameterValue", 400,
                     "Value ( " + std::to_string(*most) +
                         " ) for parameter maxResults is invalid. Expecting a value greater than or equal to 5.");
  const std::size_t to = std::min(items.size(), from + (most ? static_cast<std::size_t>(*most) : items.size()));
  std::optional<std::string> next;
  if (to < items.size()) next = std::to_string(to);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(to), items.end());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(from));
  return next;
}

/// One Describe operation: rows by id (each named id must exist), filtered, described, paged.
template <class Item, class Rows, class Describe, class Id, class Values>
std::vector<Item> select(const Rows& rows, const std::optional<std::vector<std::string>>& ids,
                         const std::string& not_found_code, const std::string& noun,
                         const std::optional<std::vector<aws::ec2::Filter>>& filters, const Describe& describe,
                         const Id& id_of, const Values& values) {
  std::vector<Item> out;
  if (ids)
    for (const auto& id : *ids) {
      bool found = false;
      for (const auto* row : rows) found = found || id_of(*row) == id;
      if (!found) throw aws::Error(not_found_code, 400, "The " + noun + " '" + id + "' does not exist");
    }
  for (const auto* row : rows) {
    if (ids && std::find(ids->begin(), ids->end(), id_of(*row)) == ids->end()) continue;
    Item item = describe(*row);
    if (matches(filters, [&](const std::string& name, bool& known) { return values(name, known, *row, item); }))
      out.push_back(std::move(item));
  }
  return out;
}

}  // namespace stratus::services::ec2
