// Event notifications: what a bucket is set to tell, and the telling.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
#include <boost/json.hpp>

#include "stratus/core/text.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

namespace json = boost::json;

/// What an event is called in messages to the event bus.
struct BusWords {
  const char* event;
  const char* detail_type;
  const char* reason;
  const char* deletion = nullptr;
};

constexpr BusWords kBusWords[] = {
    {"ObjectCreated:Put", "Object Created", "PutObject"},
    {"ObjectCreated:Post", "Object Created", "POST Object"},
    {"ObjectCreated:Copy", "Object Created", "CopyObject"},
    {"ObjectCreated:CompleteMultipartUpload", "Object Created", "CompleteMultipartUpload"},
    {"ObjectRemoved:Delete", "Object Deleted", "DeleteObject", "Permanently Deleted"},
    {"ObjectRemoved:DeleteMarkerCreated", "Object Deleted", "DeleteObject", "Delete Marker Created"},
    {"LifecycleExpiration:Delete", "Object Deleted", "Lifecycle Expiration", "Permanently Deleted"},
    {"LifecycleExpiration:DeleteMarkerCreated", "Object Deleted", "Lifecycle Expiration", "Delete Marker Created"},
    {"LifecycleTransition", "Object Storage Class Changed", nullptr},
    {"ObjectRestore:Post", "Object Restore Initiated", nullptr},
    {"ObjectTagging:Put", "Object Tags Added", nullptr},
    {"ObjectTagging:Delete", "Object Tags Deleted", nullptr},
    {"ObjectAcl:Put", "Object ACL Updated", nullptr},
};

const BusWords* bus_words(std::string_view event) {
  for (const auto& words : kBusWords)
    if (event == words.event) return &words;
  return nullptr;
}

/// "s3:ObjectCreated:*" covers every "ObjectCreated:…".
bool covers(const std::string& wanted, std::string_view event) {
  const std::string_view name = std::string_view(wanted).substr(3);
  return name == event || (name.ends_with(":*") && event.starts_with(name.substr(0, name.size() - 1)));
}

/// The prefix and the suffix that keys must have.
std::pair<std::string, std::string> affixes(const std::optional<api::NotificationConfigurationFilter>& filter) {
  std::pair<std::string, std::string> out;
  if (!filter || !filter->key || !filter->key->filter_rules) return out;
  for (const auto& rule : *filter->key->filter_rules)
    (text::lower(rule.name.value_or("")) == "prefix" ? out.first : out.second) = rule.value.value_or("");
  return out;
}

bool matches(const api::TopicConfiguration& wish, std::string_view event, const std::string& key) {
  const auto [prefix, suffix] = affixes(wish.filter);
  return key.starts_with(prefix) && key.ends_with(suffix) &&
         std::any_of(wish.events->begin(), wish.events->end(),
                     [&](const std::string& wanted) { return covers(wanted, event); });
}

/// Whether a key can fit both filters while an event fits both lists: AWS tells each event once.
bool overlap(const api::TopicConfiguration& a, const api::TopicConfiguration& b) {
  const auto either = [](const std::string& x, const std::string& y, auto fits) { return fits(x, y) || fits(y, x); };
  const auto [prefix_a, suffix_a] = affixes(a.filter);
  const auto [prefix_b, suffix_b] = affixes(b.filter);
  if (!either(prefix_a, prefix_b, [](const auto& x, const auto& y) { return x.starts_with(y); }) ||
      !either(suffix_a, suffix_b, [](const auto& x, const auto& y) { return x.ends_with(y); }))
    return false;
  return std::any_of(a.events->begin(), a.events->end(), [&](const std::string& x) {
    return std::any_of(b.events->begin(), b.events->end(), [&](const std::string& y) {
      return covers(x, std::string_view(y).substr(3)) || covers(y, std::string_view(x).substr(3));
    });
  });
}

void check_filter(const api::TopicConfiguration& wish) {
  if (!wish.filter || !wish.filter->key || !wish.filter->key->filter_rules) return;
  std::set<std::string> seen;
  for (const auto& rule : *wish.filter->key->filter_rules) {
    const std::string name = text::lower(rule.name.value_or("")), value = rule.value.value_or("");
    if (name != "prefix" && name != "suffix")
      throw refuse::invalid_argument("filter rule name must be either prefix or suffix", "FilterRule.Name", name);
    if (!seen.insert(name).second)
      throw refuse::invalid_argument("Cannot specify more than one " + name + " rule in a filter.", "FilterRule.Name",
                                     name);
    if (value.empty()) throw refuse::invalid_argument("filter value cannot be empty", "FilterRule.Value", value);
    if (value.size() > 1024)
      throw refuse::invalid_argument("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
                                     "FilterRule.Value", value);
  }
}

/// When a copy of an archived object is there, and gone, is known only by looking: nobody would be told.
bool told_never(const std::string& event) {
  return event == "s3:ObjectRestore:*" || event == "s3:ObjectRestore:Completed" || event == "s3:ObjectRestore:Delete";
}

/// With milliseconds, as messages tell it.
std::string instant(Timestamp time) {
  std::string out = to_rfc3339(seconds(time));
  const std::string fraction = std::to_string(1000 + time.ms % 1000);
  return out.substr(0, 19) + "." + fraction.substr(1) + "Z";
}

/// Encoded as in a form: messages to topics have it so, those to buses do not.
std::string form_encoded(const std::string& key) {
  std::string out;
  for (const char c : key) out += c == ' ' ? "+" : text::uri_encode(std::string(1, c), true);
  return out;
}

/// Grows with each change of a key.
std::string sequencer(const Version& version) {
  std::string out(16, '0');
  auto left = static_cast<std::uint64_t>(version.id);
  for (auto at = out.rbegin(); at != out.rend() && left != 0; ++at, left >>= 4U) *at = "0123456789ABCDEF"[left & 15U];
  return out;
}

json::object object_of(const Version& version, bool with_size, const std::optional<std::string>& told_version,
                       bool for_bus) {
  json::object out{{"key", for_bus ? version.key : form_encoded(version.key)}};
  if (with_size) {
    out["size"] = version.size;
    out[for_bus ? "etag" : "eTag"] = version.etag;
  }
  if (told_version) out[for_bus ? "version-id" : "versionId"] = *told_version;
  out["sequencer"] = sequencer(version);
  return out;
}

}  // namespace

void Service::tell(const aws::Context& context, const Bucket& bucket, const std::string& event,
                   const Version& version) {
  if (!bucket.notification || listeners_ == nullptr) return;
  const bool removed = event.starts_with("ObjectRemoved") || event.starts_with("LifecycleExpiration");
  const auto told = told_version(bucket, version);
  const std::string who = context.identity.account.empty() ? "s3.amazonaws.com" : context.identity.account;
  if (bucket.notification->event_bridge_configuration) {
    const BusWords& words = *bus_words(event);
    json::object detail{{"version", "0"},
                        {"bucket", json::object{{"name", bucket.name}}},
                        {"object", object_of(version, !removed && event != "ObjectAcl:Put", told, true)},
                        {"request-id", context.request_id},
                        {"requester", who}};
    if (!context.source_ip.empty()) detail["source-ip-address"] = context.source_ip;
    if (words.reason != nullptr) detail["reason"] = words.reason;
    if (words.deletion != nullptr) detail["deletion-type"] = words.deletion;
    if (event == "LifecycleTransition") detail["destination-storage-class"] = version.attributes.storage_class;
    listeners_->tell_bus(bucket.account, bucket.region, words.detail_type, bucket.arn(), json::serialize(detail));
  }
  if (!bucket.notification->topic_configurations) return;
  for (const auto& wish : *bucket.notification->topic_configurations) {
    if (!matches(wish, event, version.key)) continue;
    const json::object record{
        {"eventVersion", "2.1"},
        {"eventSource", "aws:s3"},
        {"awsRegion", bucket.region},
        {"eventTime", instant(context.now)},
        {"eventName", event},
        {"userIdentity",
         json::object{{"principalId", "AWS:" + (context.identity.user_id.empty() ? who : context.identity.user_id)}}},
        {"requestParameters", json::object{{"sourceIPAddress", context.source_ip}}},
        {"responseElements", json::object{{"x-amz-request-id", context.request_id}, {"x-amz-id-2", ""}}},
        {"s3", json::object{{"s3SchemaVersion", "1.0"},
                            {"configurationId", *wish.id},
                            {"bucket", json::object{{"name", bucket.name},
                                                    {"ownerIdentity", json::object{{"principalId", bucket.account}}},
                                                    {"arn", bucket.arn()}}},
                            {"object", object_of(version, !removed, told, false)}}}};
    listeners_->tell_topic(bucket.account, bucket.region, *wish.topic_arn, bucket.arn(),
                           json::serialize(json::object{{"Records", json::array{record}}}));
  }
}

api::NotificationConfiguration Service::get_bucket_notification_configuration(
    aws::Context& context, const api::GetBucketNotificationConfigurationRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketNotification");
  return bucket.notification.value_or(api::NotificationConfiguration{});
}

api::PutBucketNotificationConfigurationResponse Service::put_bucket_notification_configuration(
    aws::Context& context, const api::PutBucketNotificationConfigurationRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketNotification");
  if (!request.notification_configuration) throw refuse::malformed_xml();
  api::NotificationConfiguration wish = *request.notification_configuration;
  if (wish.queue_configurations && !wish.queue_configurations->empty())
    throw aws::not_implemented("PutBucketNotificationConfiguration: QueueConfiguration");
  if (wish.lambda_function_configurations && !wish.lambda_function_configurations->empty())
    throw aws::not_implemented("PutBucketNotificationConfiguration: LambdaFunctionConfiguration");
  wish.queue_configurations.reset();
  wish.lambda_function_configurations.reset();
  if (wish.topic_configurations && wish.topic_configurations->empty()) wish.topic_configurations.reset();
  if (!wish.topic_configurations) {
    change(bucket, [&](Bucket& row) { row.notification = wish; });
    return {};
  }
  auto& topics = *wish.topic_configurations;
  for (auto& topic : topics) {
    if (!topic.events || topic.events->empty()) throw refuse::malformed_xml();
    for (const std::string& event : *topic.events)
      if (told_never(event)) throw aws::not_implemented("PutBucketNotificationConfiguration: Event " + event);
    if (!topic.topic_arn->starts_with("arn:aws:sns:"))
      throw refuse::invalid_argument("The ARN could not be parsed", "Topic", *topic.topic_arn);
    check_filter(topic);
    if (!topic.id || topic.id->empty()) topic.id = random_.hex(48);
  }
  for (std::size_t i = 0; i < topics.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      if (overlap(topics[i], topics[j]))
        throw refuse::invalid_argument(
            "Configurations overlap. Configurations on the same bucket cannot share a common event type.", "Topic",
            *topics[i].topic_arn);
      if (*topics[i].id == *topics[j].id)
        throw refuse::invalid_argument("Same ID used for multiple configurations. IDs must be unique", "Id",
                                       *topics[i].id);
    }
  const bool checked = !request.skip_destination_validation.value_or(false);
  for (const auto& topic : topics)
    if (checked && listeners_ != nullptr && !listeners_->takes(bucket.account, *topic.topic_arn, bucket.arn()))
      throw refuse::invalid_argument("Unable to validate the following destination configurations", *topic.topic_arn,
                                     "The destination topic does not exist, or its policy does not let S3 publish.");
  change(bucket, [&](Bucket& row) { row.notification = wish; });
  if (!checked || listeners_ == nullptr) return {};
  for (const auto& topic : topics) {
    const json::object test{{"Service", "Amazon S3"}, {"Event", "s3:TestEvent"},         {"Time", instant(context.now)},
                            {"Bucket", bucket.name},  {"RequestId", context.request_id}, {"HostId", ""}};
    listeners_->tell_topic(bucket.account, bucket.region, *topic.topic_arn, bucket.arn(), json::serialize(test));
  }
  return {};
}

}  // namespace stratus::services::s3
