#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {

std::map<std::string, std::string> Service::tags(const std::string& arn) const {
  if (arn.find(":loadbalancer/") != std::string::npos) return load_balancer(arn).tags;
  if (arn.find(":targetgroup/") != std::string::npos) return target_group(arn).tags;
  if (arn.find(":listener/") != std::string::npos) return listener(arn).tags;
  if (arn.find(":listener-rule/") != std::string::npos) {
    for (const auto& [key, row] : listeners_.all())
      if (row->default_rule_arn == arn) return {};
    return rule(arn).tags;
  }
  throw validation_error("'" + arn + "' is not a valid ARN of a load balancer, target group, listener or rule");
}

void Service::change_tags(const std::string& arn,
                          const std::function<void(std::map<std::string, std::string>&)>& change) {
  auto changed = tags(arn);
  change(changed);
  if (changed.size() > 50)
    throw elb::errors::TooManyTagsException("The limit on the number of tags per resource, 50, was exceeded");
  const auto put = [&](auto& row) { row.tags = changed; };
  const state::Key key = key_of(arn);
  if (arn.find(":loadbalancer/") != std::string::npos)
    load_balancers_.update(key, put);
  else if (arn.find(":targetgroup/") != std::string::npos)
    target_groups_.update(key, put);
  else if (arn.find(":listener/") != std::string::npos)
    listeners_.update(key, put);
  else if (rules_.find(key) != nullptr)
    rules_.update(key, put);
  else
    throw aws::not_implemented("AddTags: tags of a default rule");
}

elb::AddTagsOutput Service::add_tags(aws::Context&, const elb::AddTagsInput& request) {
  std::set<std::string> keys;
  for (const auto& tag : *request.tags)
    if (tag.key.value_or("").starts_with("aws:"))
      throw validation_error("aws: prefixed tag key names are not allowed for external use.");
    else if (!keys.insert(tag.key.value_or("")).second)
      throw elb::errors::DuplicateTagKeysException("Tag keys must be unique");
  for (const auto& arn : *request.resource_arns)
    change_tags(arn, [&](auto& changed) {
      for (const auto& tag : *request.tags) changed[tag.key.value_or("")] = tag.value.value_or("");
    });
  return {};
}

elb::RemoveTagsOutput Service::remove_tags(aws::Context&, const elb::RemoveTagsInput& request) {
  for (const auto& arn : *request.resource_arns)
    change_tags(arn, [&](auto& changed) {
      for (const auto& key : *request.tag_keys) changed.erase(key);
    });
  return {};
}

elb::DescribeTagsOutput Service::describe_tags(aws::Context&, const elb::DescribeTagsInput& request) {
  elb::DescribeTagsOutput out{.tag_descriptions = std::vector<elb::TagDescription>{}};
  for (const auto& arn : *request.resource_arns) {
    elb::TagDescription description{.resource_arn = arn, .tags = std::vector<elb::Tag>{}};
    for (const auto& [key, value] : tags(arn)) description.tags->push_back({.key = key, .value = value});
    out.tag_descriptions->push_back(std::move(description));
  }
  return out;
}

}  // namespace stratus::services::elbv2
