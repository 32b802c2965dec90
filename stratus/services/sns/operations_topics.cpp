// Topics: life, attributes, permissions, tags.
#include <boost/json.hpp>
#include <set>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/sns/delivery_policy.h"
#include "stratus/services/sns/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::sns {
namespace json = boost::json;
namespace {

constexpr std::size_t kPage = 100;
constexpr std::size_t kMaxTags = 50;
const std::set<std::string, std::less<>> kActions = {"AddPermission",
                                                     "DeleteTopic",
                                                     "GetTopicAttributes",
                                                     "ListSubscriptionsByTopic",
                                                     "Publish",
                                                     "RemovePermission",
                                                     "SetTopicAttributes",
                                                     "Subscribe",
                                                     "Receive",
                                                     "GetDataProtectionPolicy",
                                                     "PutDataProtectionPolicy",
                                                     "ListTagsForResource",
                                                     "TagResource",
                                                     "UntagResource"};
const std::set<std::string, std::less<>> kAttributes = {"Policy",
                                                        "DisplayName",
                                                        "DeliveryPolicy",
                                                        "KmsMasterKeyId",
                                                        "SignatureVersion",
                                                        "TracingConfig",
                                                        "FifoTopic",
                                                        "ContentBasedDeduplication",
                                                        "FifoThroughputScope",
                                                        "ArchivePolicy"};
constexpr const char* kFeedbackProtocols[] = {"HTTP", "Application", "Lambda", "SQS", "Firehose"};

[[noreturn]] void invalid(const std::string& what) {
  throw sn::errors::InvalidParameterException("Invalid parameter: " + what);
}

/// "HTTPSuccessFeedbackRoleArn" and its kin; "" where `name` is none of them, else what stands behind the protocol.
std::string feedback(const std::string& name) {
  for (const std::string protocol : kFeedbackProtocols)
    for (const char* rest : {"SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"})
      if (name == protocol + rest) return rest;
  return "";
}

std::string default_policy(const std::string& arn, const std::string& account) {
  return R"({"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",)"
         R"("Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",)"
         R"("SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],)"
         R"("Resource":")" +
         arn + R"(","Condition":{"StringEquals":{"AWS:SourceOwner":")" + account + R"("}}}]})";
}

void check_policy(const std::string& policy) {
  try {
    iam::parsed(policy, true);
  } catch (const std::invalid_argument& error) {
    invalid(std::string("Policy Error: ") + error.what());
  }
  const json::value document = json::parse(policy);
  const json::value& statement = document.at("Statement");
  const json::array statements = statement.is_array() ? statement.get_array() : json::array{statement};
  for (const auto& item : statements) {
    const auto* actions = item.get_object().if_contains("Action");
    if (actions == nullptr) continue;
    const json::array list = actions->is_array() ? actions->get_array() : json::array{*actions};
    for (const auto& action : list) {
      const std::string name = text::lower(std::string(action.as_string()));
      if (name != "*" && !name.starts_with("sns:")) invalid("Policy statement action out of service scope!");
    }
  }
}

std::map<std::string, std::string> tags_of(const std::vector<sn::Tag>& tags) {
  std::map<std::string, std::string> out;
  for (const auto& tag : tags)
    if (!out.emplace(*tag.key, *tag.value).second) invalid("Duplicated keys are not allowed.");
  return out;
}

void limit(const std::map<std::string, std::string>& tags) {
  if (tags.size() > kMaxTags)
    throw sn::errors::TagLimitExceededException("Could not complete request: tag quota of per resource exceeded");
}

bool valid_name(std::string name, bool fifo) {
  if (fifo) {
    if (!name.ends_with(".fifo")) return false;
    name.resize(name.size() - 5);
  }
  return !name.empty() && name.size() <= (fifo ? 251U : 256U) &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
             std::string::npos;
}

}  // namespace

void Service::check_topic_attribute(const aws::Context& context, const std::string& topic_arn, bool fifo,
                                    const std::string& name, const std::string& value) const {
  if (const std::string kind = feedback(name); !kind.empty()) {
    if (value.empty()) return;
    if (kind != "SuccessFeedbackSampleRate") throw aws::not_implemented("SetTopicAttributes: " + name);
    if (value.size() > 3 || value.find_first_not_of("0123456789") != std::string::npos || std::stoi(value) > 100)
      invalid(name);
    return;
  }
  if (kAttributes.count(name) == 0) invalid("AttributeName");
  if (name == "Policy" && !value.empty()) check_policy(value);
  if (name == "DisplayName") {
    if (value.size() > 100 || value.find_first_of("\r\n") != std::string::npos) invalid("DisplayName");
  }
  if (name == "DeliveryPolicy" && !value.empty()) {
    try {
      check_topic_policy(value);
    } catch (const std::invalid_argument& error) {
      invalid(std::string("DeliveryPolicy: ") + error.what());
    }
  }
  if (name == "SignatureVersion" && value != "1" && value != "2") invalid("SignatureVersion");
  if (name == "TracingConfig") {
    if (value == "Active") throw aws::not_implemented("SetTopicAttributes: TracingConfig Active");
    if (!value.empty() && value != "PassThrough") invalid("TracingConfig");
  }
  if (name == "ArchivePolicy" && !value.empty() && value != "{}")
    throw aws::not_implemented("SetTopicAttributes: ArchivePolicy");
  if (name == "FifoTopic" && value != "true" && value != "false") invalid("FifoTopic");
  if (name == "ContentBasedDeduplication") {
    if (!fifo) invalid("ContentBasedDeduplication");
    if (value != "true" && value != "false") invalid("ContentBasedDeduplication");
  }
  if (name == "FifoThroughputScope") {
    if (!fifo || (value != "Topic" && value != "MessageGroup")) invalid("FifoThroughputScope");
  }
  (void)context;
  (void)topic_arn;
}

sn::CreateTopicResponse Service::create_topic(aws::Context& context, const sn::CreateTopicInput& request) {
  if (request.data_protection_policy && !request.data_protection_policy->empty())
    throw aws::not_implemented("CreateTopic: DataProtectionPolicy");
  const std::string& name = *request.name;
  const auto given = request.attributes.value_or(std::map<std::string, std::string>{});
  const auto flag = given.find("FifoTopic");
  const bool fifo = flag != given.end() && flag->second == "true";
  if (!valid_name(name, fifo)) {
    if (fifo && valid_name(name, false)) invalid("Topic Name must end with .fifo for FIFO topics");
    invalid("Topic Name");
  }
  const std::string arn = make_arn("sns", context.region, context.account, name);
  for (const auto& [key, value] : given) {
    if (feedback(key).empty() && kAttributes.count(key) == 0) invalid("Attributes Reason: Unknown attribute: " + key);
    check_topic_attribute(context, arn, fifo, key, value);
  }
  const auto tags = tags_of(request.tags.value_or(std::vector<sn::Tag>{}));
  limit(tags);
  const state::Key key{context.account, context.region, name};
  if (const Topic* existing = topics_.find(key)) {
    for (const auto& [attribute, value] : given) {
      const auto set = existing->attributes.find(attribute);
      if (set == existing->attributes.end() ? !value.empty() : set->second != value)
        invalid("Attributes Reason: Topic already exists with different attributes");
    }
    if (request.tags && tags != existing->tags) invalid("Tags Reason: Topic already exists with different tags");
    return {.topic_arn = arn};
  }
  Topic row{.arn = arn, .created = context.now, .attributes = given, .tags = tags};
  row.attributes.erase("FifoTopic");
  if (fifo) {
    row.attributes["FifoTopic"] = "true";
    row.attributes.emplace("ContentBasedDeduplication", "false");
  }
  std::erase_if(row.attributes, [](const auto& entry) { return entry.second.empty(); });
  row.attributes.emplace("Policy", default_policy(arn, context.account));
  topics_.put(key, std::move(row));
  return {.topic_arn = arn};
}

sn::DeleteTopicResponse Service::delete_topic(aws::Context& context, const sn::DeleteTopicInput& request) {
  const state::Key key = topic_key(*request.topic_arn);
  if (topics_.find(key) == nullptr && key.account == context.account) return {};
  topic(context, *request.topic_arn, "DeleteTopic");
  for (const Subscription* row : subscriptions_of(*request.topic_arn))
    subscriptions_.erase(subscription_key(std::string(row->arn)));
  topics_.erase(key);
  return {};
}

sn::ListTopicsResponse Service::list_topics(aws::Context& context, const sn::ListTopicsInput& request) {
  std::vector<sn::Topic> out;
  for (const Topic* row : topics_.list(context.account, context.region)) out.push_back({.topic_arn = row->arn});
  auto next = wire::page(out, "sns:ListTopics", request.next_token, kPage, "InvalidParameter",
                         [](const sn::Topic& item) { return *item.topic_arn; });
  return {.topics = std::move(out), .next_token = std::move(next)};
}

sn::GetTopicAttributesResponse Service::get_topic_attributes(aws::Context& context,
                                                             const sn::GetTopicAttributesInput& request) {
  const Topic& row = topic(context, *request.topic_arn, "GetTopicAttributes");
  auto out = row.attributes;
  std::int64_t pending = 0, confirmed = 0;
  for (const Subscription* item : subscriptions_of(row.arn)) ++(item->confirmed ? confirmed : pending);
  const auto policy = out.find("DeliveryPolicy");
  out["EffectiveDeliveryPolicy"] = effective_topic_policy(policy == out.end() ? "" : policy->second);
  out["TopicArn"] = row.arn;
  out["Owner"] = topic_key(row.arn).account;
  out["SubscriptionsPending"] = std::to_string(pending);
  out["SubscriptionsConfirmed"] = std::to_string(confirmed);
  out["SubscriptionsDeleted"] = std::to_string(row.subscriptions_deleted);
  out.emplace("DisplayName", "");
  return {.attributes = std::move(out)};
}

sn::SetTopicAttributesResponse Service::set_topic_attributes(aws::Context& context,
                                                             const sn::SetTopicAttributesInput& request) {
  const Topic& row = topic(context, *request.topic_arn, "SetTopicAttributes");
  const std::string name = *request.attribute_name, value = request.attribute_value.value_or("");
  const bool fifo = row.attributes.count("FifoTopic") != 0;
  if (name == "FifoTopic" && fifo != (value == "true")) invalid("FifoTopic");
  check_topic_attribute(context, row.arn, fifo, name, value);
  const std::string arn = row.arn, account = topic_key(arn).account;
  topics_.update(topic_key(arn), [&](Topic& changed) {
    if (name == "Policy" && value.empty()) {
      changed.attributes[name] = default_policy(arn, account);
    } else if (value.empty()) {
      changed.attributes.erase(name);
    } else {
      changed.attributes[name] = value;
    }
  });
  return {};
}

sn::AddPermissionResponse Service::add_permission(aws::Context& context, const sn::AddPermissionInput& request) {
  const Topic& row = topic(context, *request.topic_arn, "AddPermission");
  json::value document = json::parse(row.attributes.at("Policy"));
  json::value& slot = document.as_object()["Statement"];
  if (!slot.is_array()) slot = json::array{slot};
  for (const auto& item : slot.get_array())
    if (const auto* sid = item.get_object().if_contains("Sid"); sid != nullptr && *sid == json::value(*request.label))
      invalid("Statement already exists");
  json::array principals, actions;
  for (const auto& account : *request.aws_account_id) {
    if (account.size() != 12 || account.find_first_not_of("0123456789") != std::string::npos) invalid("AWSAccountId");
    principals.emplace_back("arn:aws:iam::" + account + ":root");
  }
  for (const auto& action : *request.action_name) {
    if (action != "*" && kActions.count(action) == 0) invalid("Policy statement action out of service scope!");
    actions.emplace_back("SNS:" + action);
  }
  if (principals.empty() || actions.empty()) invalid(principals.empty() ? "AWSAccountId" : "ActionName");
  slot.get_array().push_back(json::object{
      {"Sid", *request.label},
      {"Effect", "Allow"},
      {"Principal", json::object{{"AWS", principals.size() == 1 ? principals[0] : json::value(principals)}}},
      {"Action", actions.size() == 1 ? actions[0] : json::value(actions)},
      {"Resource", row.arn}});
  topics_.update(topic_key(std::string(row.arn)),
                 [&](Topic& changed) { changed.attributes["Policy"] = json::serialize(document); });
  return {};
}

sn::RemovePermissionResponse Service::remove_permission(aws::Context& context,
                                                        const sn::RemovePermissionInput& request) {
  const Topic& row = topic(context, *request.topic_arn, "RemovePermission");
  json::value document = json::parse(row.attributes.at("Policy"));
  json::value& slot = document.as_object()["Statement"];
  if (!slot.is_array()) slot = json::array{slot};
  json::array kept;
  for (const auto& item : slot.get_array())
    if (const auto* sid = item.get_object().if_contains("Sid"); sid == nullptr || *sid != json::value(*request.label))
      kept.push_back(item);
  const state::Key key = topic_key(std::string(row.arn));
  const std::string arn = row.arn;
  topics_.update(key, [&](Topic& changed) {
    slot = kept;
    // A policy without statements is no policy: the owner alone is left.
    changed.attributes["Policy"] = kept.empty() ? default_policy(arn, key.account) : json::serialize(document);
  });
  return {};
}

sn::TagResourceResponse Service::tag_resource(aws::Context& context, const sn::TagResourceRequest& request) {
  const state::Key key = parse_topic_arn(*request.resource_arn, "ResourceArn");
  const Topic* row = key.account == context.account ? topics_.find(key) : nullptr;
  if (row == nullptr) throw sn::errors::ResourceNotFoundException("Resource does not exist");
  auto tags = row->tags;
  for (auto& [name, value] : tags_of(*request.tags)) tags[name] = value;
  limit(tags);
  topics_.update(key, [&](Topic& changed) { changed.tags = tags; });
  return {};
}

sn::UntagResourceResponse Service::untag_resource(aws::Context& context, const sn::UntagResourceRequest& request) {
  const state::Key key = parse_topic_arn(*request.resource_arn, "ResourceArn");
  if (key.account != context.account || topics_.find(key) == nullptr)
    throw sn::errors::ResourceNotFoundException("Resource does not exist");
  topics_.update(key, [&](Topic& changed) {
    for (const auto& name : *request.tag_keys) changed.tags.erase(name);
  });
  return {};
}

sn::ListTagsForResourceResponse Service::list_tags_for_resource(aws::Context& context,
                                                                const sn::ListTagsForResourceRequest& request) {
  const state::Key key = parse_topic_arn(*request.resource_arn, "ResourceArn");
  const Topic* row = key.account == context.account ? topics_.find(key) : nullptr;
  if (row == nullptr) throw sn::errors::ResourceNotFoundException("Resource does not exist");
  std::vector<sn::Tag> out;
  for (const auto& [name, value] : row->tags) out.push_back({.key = name, .value = value});
  return {.tags = std::move(out)};
}

}  // namespace stratus::services::sns
