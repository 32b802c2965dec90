#include "stratus/services/ecr/lifecycle.h"

#include <algorithm>
#include <boost/json.hpp>

#include "stratus/core/error.h"
#include "stratus/core/text.h"

namespace stratus::services::ecr {
namespace {

namespace json = boost::json;

struct Rule {
  std::int64_t priority = 0, count = 0;
  std::string tag_status, count_type;
  std::vector<std::string> patterns;  ///< of tags; prefixes are patterns with a star behind
};

[[noreturn]] void invalid(const std::string& why) {
  throw aws::Error("InvalidParameterException", 400,
                   "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy "
                   "validation failure: " +
                       why + "'");
}

std::vector<Rule> parse(const std::string& policy) {
  boost::system::error_code error;
  const auto document = json::parse(policy, error);
  if (error || !document.is_object() || !document.as_object().contains("rules") || !document.at("rules").is_array())
    invalid("it is not a JSON document with rules");
  std::vector<Rule> out;
  try {
    for (const auto& item : document.at("rules").as_array()) {
      Rule rule;
      rule.priority = item.at("rulePriority").to_number<std::int64_t>();
      const auto& selection = item.at("selection").as_object();
      rule.tag_status = selection.at("tagStatus").as_string();
      rule.count_type = selection.at("countType").as_string();
      rule.count = selection.at("countNumber").to_number<std::int64_t>();
      if (const auto* list = selection.if_contains("tagPrefixList"))
        for (const auto& prefix : list->as_array()) rule.patterns.push_back(std::string(prefix.as_string()) + "*");
      if (const auto* list = selection.if_contains("tagPatternList"))
        for (const auto& pattern : list->as_array()) rule.patterns.emplace_back(pattern.as_string());
      if (rule.tag_status != "tagged" && rule.tag_status != "untagged" && rule.tag_status != "any")
        invalid("tagStatus is not tagged, untagged or any");
      if (rule.tag_status == "tagged" && rule.patterns.empty())
        invalid("tagged rules need tagPrefixList or tagPatternList");
      if (rule.count_type != "imageCountMoreThan" && rule.count_type != "sinceImagePushed")
        invalid("countType is not imageCountMoreThan or sinceImagePushed");
      if (rule.count_type == "sinceImagePushed" &&
          (!selection.contains("countUnit") || selection.at("countUnit") != "days"))
        invalid("sinceImagePushed needs the countUnit days");
      if (rule.count < 1 || rule.priority < 1) invalid("countNumber and rulePriority must be positive");
      if (item.at("action").at("type") != "expire") invalid("the action must be expire");
      out.push_back(std::move(rule));
    }
  } catch (const aws::Error&) {
    throw;
  } catch (const std::exception& e) {
    invalid(e.what());
  }
  std::sort(out.begin(), out.end(), [](const Rule& a, const Rule& b) { return a.priority < b.priority; });
  for (std::size_t i = 1; i < out.size(); ++i)
    if (out[i].priority == out[i - 1].priority) invalid("two rules have the same priority");
  return out;
}

bool selects(const Rule& rule, const Image& image) {
  if (rule.tag_status == "any") return true;
  if (rule.tag_status == "untagged") return image.tags.empty();
  return std::all_of(rule.patterns.begin(), rule.patterns.end(), [&](const std::string& pattern) {
    return std::any_of(image.tags.begin(), image.tags.end(),
                       [&](const std::string& tag) { return text::wildcard_match(pattern, tag); });
  });
}

}  // namespace

void check_lifecycle_policy(const std::string& policy) { parse(policy); }

std::set<std::string> expired_images(const std::string& policy, std::vector<const Image*> images, Timestamp now) {
  std::set<std::string> out;
  for (const auto& [digest, priority] : expirations(policy, std::move(images), now)) out.insert(digest);
  return out;
}

std::map<std::string, std::int32_t> expirations(const std::string& policy, std::vector<const Image*> images,
                                                Timestamp now) {
  std::sort(images.begin(), images.end(), [](const Image* a, const Image* b) { return a->pushed > b->pushed; });
  std::map<std::string, std::int32_t> out;
  std::set<std::string> claimed;
  for (const Rule& rule : parse(policy)) {
    std::int64_t position = 0;
    for (const Image* image : images) {
      // An image belongs to the first rule that selects it.
      if (claimed.count(image->digest) != 0 || !selects(rule, *image)) continue;
      claimed.insert(image->digest);
      ++position;
      const bool due = rule.count_type == "imageCountMoreThan"
                           ? position > rule.count
                           : now - image->pushed > std::chrono::hours(24) * rule.count;
      if (due) out[image->digest] = static_cast<std::int32_t>(rule.priority);
    }
  }
  return out;
}

}  // namespace stratus::services::ecr
