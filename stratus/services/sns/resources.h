// The rows of SNS.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "stratus/core/clock.h"
#include "stratus/core/shape.h"

namespace stratus::services::sns {

/// The key's id is the topic's name.
struct Topic {
  std::string arn;
  Timestamp created;
  std::map<std::string, std::string> attributes;  ///< as set: Policy, DisplayName, DeliveryPolicy, FifoTopic, …
  std::map<std::string, std::string> tags;
  std::int64_t subscriptions_deleted = 0;
  std::int64_t sequence = 0;  ///< of a FIFO topic's last message
  STRATUS_SHAPE(Topic, arn, created, attributes, tags, subscriptions_deleted, sequence)
};

/// The key is the topic's, its id "<topic>:<uuid>".
struct Subscription {
  std::string arn;
  std::string topic_arn;
  std::string owner;      ///< account
  std::string principal;  ///< ARN of who subscribed
  std::string protocol;
  std::string endpoint;
  Timestamp created;
  bool confirmed = false;
  bool confirmed_by_signature = false;
  bool signed_unsubscribe = false;  ///< AuthenticateOnUnsubscribe
  std::string token;
  std::map<std::string, std::string> attributes;  ///< as set: FilterPolicy, RawMessageDelivery, …
  STRATUS_SHAPE(Subscription, arn, topic_arn, owner, principal, protocol, endpoint, created, confirmed,
                confirmed_by_signature, signed_unsubscribe, token, attributes)
};

struct Attribute {
  std::string type, value;  ///< binary values in base64
  STRATUS_SHAPE(Attribute, type, value)
};

/// What one subscriber is to read.
struct Message {
  std::string type = "Notification";  ///< or SubscriptionConfirmation, UnsubscribeConfirmation
  std::string id;
  std::optional<std::string> subject;
  std::string text;
  std::map<std::string, Attribute> attributes;
  std::string token;
  Timestamp time;
  STRATUS_SHAPE(Message, type, id, subject, text, attributes, token, time)
};

/// A message on its way to one endpoint; gone once it arrived or was given up. The key is the topic's account and
/// region.
struct Delivery {
  std::string id;
  std::string subscription_arn;
  std::string topic_arn;
  std::string protocol, endpoint;
  std::string display_name;
  std::string signature_version = "1";
  std::string delivery_policy;  ///< effective; of http and https
  bool raw = false;
  Blob content;                  ///< a Message as JSON, sealed where `data_key` is there
  std::optional<Blob> data_key;  ///< under the topic's KMS key
  std::int32_t attempts = 0;
  Timestamp next;
  STRATUS_SHAPE(Delivery, id, subscription_arn, topic_arn, protocol, endpoint, display_name, signature_version,
                delivery_policy, raw, content, data_key, attempts, next)
};

/// A message of a FIFO topic that must not be taken twice. The key's id is "<topic>\n<scope>\n<deduplication id>".
struct Duplicate {
  std::string message_id, sequence;
  Timestamp until;
  STRATUS_SHAPE(Duplicate, message_id, sequence, until)
};

/// The one row of the key that signs notifications.
struct SigningKey {
  Blob private_key;         ///< PEM, sealed under the master key
  std::string certificate;  ///< PEM
  STRATUS_SHAPE(SigningKey, private_key, certificate)
};

}  // namespace stratus::services::sns
