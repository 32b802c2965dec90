#include "stratus/services/iam/listing.h"

#include <set>
#include <stdexcept>

#include "stratus/core/text.h"
#include "stratus/services/iam/policy.h"

namespace stratus::services::iam {

namespace im = aws::iam;

std::vector<im::Tag> tags_of(const std::map<std::string, std::string>& tags) {
  std::vector<im::Tag> out;
  for (const auto& [key, value] : tags) out.push_back({.key = key, .value = value});
  return out;
}

void merge_tags(std::map<std::string, std::string>& tags, const std::optional<std::vector<im::Tag>>& given,
                const std::string& kind) {
  if (!given) return;
  constexpr std::size_t most = 50;
  std::set<std::string> seen;
  for (const auto& tag : *given) {
    const std::string small = text::lower(*tag.key);
    if (small.starts_with("aws:"))
      throw im::errors::InvalidInputException("Tag keys that start with 'aws:' are reserved for system use.");
    if (!seen.insert(small).second)
      throw im::errors::InvalidInputException(
          "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    // Keys differ by more than case: the old spelling goes.
    std::erase_if(tags, [&](const auto& old) { return old.first != *tag.key && text::lower(old.first) == small; });
    tags[*tag.key] = tag.value.value_or("");
  }
  if (tags.size() > most)
    throw im::errors::LimitExceededException("Cannot exceed quota for TagsPer" + kind + ": " + std::to_string(most));
}

std::size_t policy_size(const std::string& document) {
  return static_cast<std::size_t>(std::count_if(
      document.begin(), document.end(), [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

void check_document(const std::string& document) {
  try {
    const Policy checked(document);
  } catch (const std::invalid_argument& e) {
    throw im::errors::MalformedPolicyDocumentException(e.what());
  }
}

}  // namespace stratus::services::iam
