#include "stratus/core/arn.h"
#include "stratus/services/cloudwatch/query.h"
#include "stratus/services/cloudwatch/service.h"

namespace stratus::services::cloudwatch {
namespace {

constexpr std::size_t kMostTags = 50;

aws::Error unknown_resource() { return cw::errors::ResourceNotFoundException("Unknown"); }

}  // namespace

std::map<std::string, std::string> Service::tags_of(const aws::Context& context, const std::string& text,
                                                    bool& found) const {
  const auto arn = Arn::parse(text);
  found = false;
  if (!arn || arn->service != "cloudwatch")
    throw invalid_value("The value " + text +
                        " for parameter ResourceARN is not a valid ARN of a CloudWatch resource.");
  if (arn->account != context.account) return {};
  if (arn->resource.starts_with("alarm:")) {
    const state::Key key{context.account, arn->region, arn->resource.substr(6)};
    const Alarm* alarm = alarms_.find(key);
    const Composite* composite = composites_.find(key);
    found = alarm != nullptr || composite != nullptr;
    return alarm != nullptr       ? alarm->tags
           : composite != nullptr ? composite->tags
                                  : std::map<std::string, std::string>{};
  }
  if (arn->resource.starts_with("dashboard/")) {
    const Dashboard* dashboard = dashboards_.find(context.account, "", arn->resource.substr(10));
    found = dashboard != nullptr;
    return found ? dashboard->tags : std::map<std::string, std::string>{};
  }
  return {};
}

void Service::set_tags(const aws::Context& context, const std::string& text, std::map<std::string, std::string> tags) {
  if (tags.size() > kMostTags) throw cw::errors::LimitExceededFault("A resource can have at most 50 tags.");
  const auto arn = Arn::parse(text);
  if (arn->resource.starts_with("dashboard/")) {
    dashboards_.update({context.account, "", arn->resource.substr(10)},
                       [&](Dashboard& row) { row.tags = std::move(tags); });
    return;
  }
  const state::Key key{context.account, arn->region, arn->resource.substr(6)};
  if (alarms_.find(key) != nullptr) {
    alarms_.update(key, [&](Alarm& row) { row.tags = std::move(tags); });
  } else {
    composites_.update(key, [&](Composite& row) { row.tags = std::move(tags); });
  }
}

cw::ListTagsForResourceOutput Service::list_tags_for_resource(aws::Context& context,
                                                              const cw::ListTagsForResourceInput& request) {
  bool found = false;
  cw::ListTagsForResourceOutput out{.tags = std::vector<cw::Tag>{}};
  for (const auto& [key, value] : tags_of(context, *request.resource_arn, found)) out.tags->push_back({key, value});
  return out;
}

cw::TagResourceOutput Service::tag_resource(aws::Context& context, const cw::TagResourceInput& request) {
  bool found = false;
  auto tags = tags_of(context, *request.resource_arn, found);
  if (!found) throw unknown_resource();
  for (const auto& tag : *request.tags) tags[*tag.key] = tag.value.value_or("");
  set_tags(context, *request.resource_arn, std::move(tags));
  return {};
}

cw::UntagResourceOutput Service::untag_resource(aws::Context& context, const cw::UntagResourceInput& request) {
  bool found = false;
  auto tags = tags_of(context, *request.resource_arn, found);
  if (!found) throw unknown_resource();
  for (const auto& key : *request.tag_keys) tags.erase(key);
  set_tags(context, *request.resource_arn, std::move(tags));
  return {};
}

}  // namespace stratus::services::cloudwatch
