// Publish: validation, filters, and one delivery for each subscriber that wants the message.
#include <fmt/format.h>
#include <boost/json.hpp>
#include <set>

#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/log.h"
#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"
#include "stratus/services/sns/content_filter.h"
#include "stratus/services/sns/delivery_policy.h"
#include "stratus/services/sns/service.h"

namespace stratus::services::sns {
namespace json = boost::json;
namespace {

constexpr std::size_t kMaxMessage = 262'144;  // bytes, attributes included
constexpr std::size_t kMaxBatch = 10;
constexpr Duration kDeduplication = std::chrono::minutes(5);

[[noreturn]] void invalid(const std::string& what) {
  throw sn::errors::InvalidParameterException("Invalid parameter: " + what);
}
[[noreturn]] void bad_value(const std::string& what) { throw sn::errors::InvalidParameterValueException(what); }

void check_subject(const std::string& subject) {
  // "must begin with a letter, number, or punctuation mark; no line breaks or control characters; less than 100
  // characters"
  if (subject.empty() || subject.size() > 100 || subject[0] == ' ') invalid("Subject");
  for (const char c : subject)
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') invalid("Subject");
}

std::size_t check_attributes(const std::map<std::string, sn::MessageAttributeValue>& attributes) {
  std::size_t size = 0;
  for (const auto& [name, value] : attributes) {
    if (name.empty() || name.size() > 256 || name.starts_with(".") || name.ends_with(".") ||
        name.find("..") != std::string::npos ||
        name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") !=
            std::string::npos)
      bad_value("Invalid attribute name: " + name);
    const std::string type = value.data_type.value_or("");
    if (type.empty()) bad_value("The message attribute '" + name + "' must contain non-empty message attribute type.");
    const std::string kind = type.substr(0, type.find('.'));
    if (kind != "String" && kind != "Number" && kind != "Binary")
      bad_value(
          "The message attribute '" + name +
          "' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.");
    if (value.string_value && value.binary_value)
      bad_value("The message attribute '" + name + "' has multiple values.");
    const bool binary = kind == "Binary";
    const std::string text = binary ? value.binary_value.value_or(Blob{}).bytes : value.string_value.value_or("");
    if (text.empty())
      bad_value("The message attribute '" + name +
                "' must contain non-empty message attribute value for message attribute type '" + kind + "'.");
    if (kind == "Number") {
      char* end = nullptr;
      std::strtod(text.c_str(), &end);
      if (*end != '\0' || text.find_first_of("xXnN") != std::string::npos)
        bad_value("Could not cast message attribute '" + name + "' value to number.");
    }
    size += name.size() + type.size() + text.size();
  }
  return size;
}

/// The attributes as the object that a filter policy is about.
json::object filterable(const std::map<std::string, sn::MessageAttributeValue>& attributes) {
  json::object out;
  for (const auto& [name, value] : attributes) {
    const std::string type = value.data_type.value_or("");
    boost::system::error_code error;
    if (type == "String.Array") {
      const json::value list = json::parse(*value.string_value, error);
      if (!error && list.is_array()) out[name] = list;
    } else if (type.starts_with("Number")) {
      const json::value number = json::parse(*value.string_value, error);
      if (!error && number.is_number()) out[name] = number;
    } else if (type.starts_with("String")) {
      out[name] = *value.string_value;
    } else {
      // Bytes cannot be compared, but they are there: `exists` sees them.
      out[name] = nullptr;
    }
  }
  return out;
}

/// The message of each protocol, where MessageStructure is "json".
json::object by_protocol(const std::string& message) {
  boost::system::error_code error;
  const json::value parsed = json::parse(message, error);
  if (error || !parsed.is_object()) invalid("Message Structure - JSON message body failed to parse");
  const auto* fallback = parsed.get_object().if_contains("default");
  if (fallback == nullptr || !fallback->is_string())
    invalid("Message Structure - No default entry in JSON message body");
  return parsed.get_object();
}

bool wanted(const Subscription& row, const std::string& body, const json::object& attributes) {
  const auto policy = row.attributes.find("FilterPolicy");
  if (policy == row.attributes.end()) return true;
  const ContentFilter filter(policy->second);
  const auto scope = row.attributes.find("FilterPolicyScope");
  if (scope == row.attributes.end() || scope->second != "MessageBody") return filter.matches(attributes);
  boost::system::error_code error;
  const json::value document = json::parse(body, error);
  return !error && document.is_object() && filter.matches(document);
}

}  // namespace

Published Service::publish_to(const Topic& given, const Publication& what) {
  const Topic target = given;  // what follows writes rows
  const state::Key key = topic_key(target.arn);
  const std::string message = what.message.value_or("");
  if (message.empty()) invalid("Empty message");
  if (what.subject) check_subject(*what.subject);
  const auto attributes = what.attributes.value_or(std::map<std::string, sn::MessageAttributeValue>{});
  const std::size_t size = message.size() + check_attributes(attributes);
  if (size > kMaxMessage) invalid("Message too long");
  if (what.structure && *what.structure != "json" && !what.structure->empty())
    invalid("MessageStructure - Invalid value [" + *what.structure + "]. Valid value is json.");
  const bool structured = what.structure == "json";
  const json::object texts = structured ? by_protocol(message) : json::object{};
  const bool fifo = target.attributes.count("FifoTopic") != 0;
  Published out{random_.uuid(), std::nullopt};
  if (fifo) {
    if (what.group_id.value_or("").empty()) invalid("The MessageGroupId parameter is required for FIFO topics");
    std::string once = what.deduplication_id.value_or("");
    if (once.empty() && target.attributes.at("ContentBasedDeduplication") != "true")
      invalid(
          "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
          "explicitly");
    if (once.empty()) once = crypto::sha256_hex(message);
    const auto scope = target.attributes.find("FifoThroughputScope");
    const bool per_group = scope != target.attributes.end() && scope->second == "MessageGroup";
    const state::Key duplicate{key.account, key.region,
                               key.id + "\n" + (per_group ? *what.group_id : "") + "\n" + once};
    const Timestamp now = loop_.clock().now();
    if (const Duplicate* before = duplicates_.find(duplicate); before != nullptr && before->until > now)
      return {before->message_id, before->sequence};
    const Topic& changed = topics_.update(key, [](Topic& row) { ++row.sequence; });
    out.sequence = fmt::format("{:020}", 10'000'000'000'000'000'000ULL + static_cast<std::uint64_t>(changed.sequence));
    duplicates_.put(duplicate, {out.message_id, *out.sequence, now + kDeduplication});
  } else if (what.deduplication_id) {
    invalid(
        "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for "
        "this topic type");
  }
  const json::object values = filterable(attributes);
  for (const Subscription* row : subscriptions_of(target.arn)) {
    if (!row->confirmed || !wanted(*row, message, values)) continue;
    Message one{.id = out.message_id, .subject = what.subject, .text = message, .time = loop_.clock().now()};
    if (structured) {
      const auto* own = texts.if_contains(row->protocol);
      one.text = std::string((own != nullptr && own->is_string() ? *own : texts.at("default")).get_string());
    }
    for (const auto& [name, value] : attributes)
      one.attributes[name] = {*value.data_type,
                              value.string_value ? *value.string_value : base64::encode(value.binary_value->bytes)};
    queue(target, *row, std::move(one));
  }
  return out;
}

void Service::queue(const Topic& target, const Subscription& row, Message message) {
  const state::Key topic = topic_key(target.arn);
  Delivery delivery;
  delivery.id = fmt::format("{:013}-{:08}-{}", loop_.clock().now().ms, ++counter_, random_.hex(8));
  delivery.subscription_arn = row.arn;
  delivery.topic_arn = target.arn;
  delivery.protocol = row.protocol;
  delivery.endpoint = row.endpoint;
  delivery.next = loop_.clock().now();
  const auto attribute = [](const std::map<std::string, std::string>& from, const char* name) {
    const auto found = from.find(name);
    return found == from.end() ? std::string() : found->second;
  };
  delivery.display_name = attribute(target.attributes, "DisplayName");
  if (const std::string version = attribute(target.attributes, "SignatureVersion"); !version.empty())
    delivery.signature_version = version;
  if (row.protocol == "http" || row.protocol == "https")
    delivery.delivery_policy = effective_subscription_policy(attribute(target.attributes, "DeliveryPolicy"),
                                                             attribute(row.attributes, "DeliveryPolicy"));
  delivery.raw = message.type == "Notification" && attribute(row.attributes, "RawMessageDelivery") == "true";
  delivery.content.bytes = to_json(message);
  if (const std::string kms_key = attribute(target.attributes, "KmsMasterKeyId"); !kms_key.empty()) {
    const std::string plain = crypto::random_bytes(32);
    try {
      if (kms_key == "alias/aws/sns") kms_.managed_key_arn(topic.account, topic.region, "aws/sns", loop_.clock().now());
      delivery.data_key =
          Blob{kms_.encrypt(topic.account, topic.region, kms_key, plain, {{"aws:sns:topicArn", target.arn}})};
    } catch (const aws::Error& error) {
      if (error.code == "DisabledException")
        throw sn::errors::KMSDisabledException(error.message +
                                               " (Service: AWSKMS; Status Code: 400; Error Code: DisabledException)");
      if (error.code == "KMSInvalidStateException") throw sn::errors::KMSInvalidStateException(error.message);
      throw sn::errors::KMSNotFoundException(error.message +
                                             " (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException)");
    }
    delivery.content.bytes = crypto::seal(plain, delivery.content.bytes, delivery.id);
  }
  const state::Key key{topic.account, topic.region, delivery.id};
  deliveries_.put(key, delivery);
  store_.after_commit([this, key, at = delivery.next] {
    schedule(key, at);
    wake();
  });
}

void Service::confirmation(const Topic& target, const Subscription& row, const char* type) {
  Message message{.type = type, .id = random_.uuid(), .token = row.token, .time = loop_.clock().now()};
  const bool leaving = message.type == "UnsubscribeConfirmation";
  message.text = leaving ? "You have chosen to deactivate subscription " + row.arn +
                               ".\nTo cancel this operation and restore the subscription, visit the SubscribeURL "
                               "included in this message."
                         : "You have chosen to subscribe to the topic " + row.topic_arn +
                               ".\nTo confirm the subscription, visit the SubscribeURL included in this message.";
  queue(target, row, std::move(message));
}

sn::PublishResponse Service::publish(aws::Context& context, const sn::PublishInput& request) {
  const int targets = (request.topic_arn ? 1 : 0) + (request.target_arn ? 1 : 0) + (request.phone_number ? 1 : 0);
  if (targets == 0) invalid("TopicArn or TargetArn Reason: no value for required parameter");
  if (targets > 1) invalid("TopicArn Reason: Only one of TopicArn, TargetArn and PhoneNumber may be given");
  if (request.phone_number) throw aws::not_implemented("Publish: PhoneNumber");
  const std::string arn = request.topic_arn ? *request.topic_arn : *request.target_arn;
  if (arn.find(":endpoint/") != std::string::npos)
    throw aws::not_implemented("Publish: TargetArn of a mobile endpoint");
  if (request.target_arn && !request.topic_arn) parse_topic_arn(arn, "TargetArn");
  const Topic& target = topic(context, arn, "Publish");
  const auto done =
      publish_to(target, {request.message, request.subject, request.message_structure, request.message_deduplication_id,
                          request.message_group_id, request.message_attributes});
  return {.message_id = done.message_id, .sequence_number = done.sequence};
}

sn::PublishBatchResponse Service::publish_batch(aws::Context& context, const sn::PublishBatchInput& request) {
  const Topic target = topic(context, *request.topic_arn, "Publish");
  const auto& entries = *request.publish_batch_request_entries;
  if (entries.empty()) throw sn::errors::EmptyBatchRequestException("The batch request doesn't contain any entries.");
  if (entries.size() > kMaxBatch)
    throw sn::errors::TooManyEntriesInBatchRequestException(
        "The batch request contains more entries than permissible.");
  std::set<std::string> ids;
  std::size_t size = 0;
  for (const auto& entry : entries) {
    const std::string& id = *entry.id;
    if (id.empty() || id.size() > 80 ||
        id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != std::string::npos)
      throw sn::errors::InvalidBatchEntryIdException(
          "The Id of a batch entry in a batch request doesn't abide by the specification.");
    if (!ids.insert(id).second)
      throw sn::errors::BatchEntryIdsNotDistinctException("Two or more batch entries in the request have the same Id.");
    size += entry.message.value_or("").size();
  }
  if (size > kMaxMessage)
    throw sn::errors::BatchRequestTooLongException(
        "The length of all the messages put together is more than the limit.");
  if (target.attributes.count("FifoTopic") != 0)
    for (const auto& entry : entries)
      if (entry.message_group_id.value_or("").empty())
        invalid("The MessageGroupId parameter is required for FIFO topics");
  sn::PublishBatchResponse out{.successful = std::vector<sn::PublishBatchResultEntry>{},
                               .failed = std::vector<sn::BatchResultErrorEntry>{}};
  for (const auto& entry : entries) {
    try {
      Published done;
      store_.call([&] {
        done = publish_to(target, {entry.message, entry.subject, entry.message_structure,
                                   entry.message_deduplication_id, entry.message_group_id, entry.message_attributes});
      });
      out.successful->push_back({.id = entry.id, .message_id = done.message_id, .sequence_number = done.sequence});
    } catch (const aws::Error& error) {
      out.failed->push_back(
          {.id = entry.id, .code = error.code, .message = error.message, .sender_fault = error.status < 500});
    }
  }
  return out;
}

}  // namespace stratus::services::sns
