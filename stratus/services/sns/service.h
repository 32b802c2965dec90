// Amazon Simple Notification Service.
#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/sns.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/kms/service.h"
#include "stratus/services/sns/message.h"
#include "stratus/services/sns/ports.h"
#include "stratus/services/sns/resources.h"
#include "stratus/services/sns/signer.h"
#include "stratus/state/store.h"

namespace stratus::services::sns {

namespace sn = aws::sns;

/// What Publish and each entry of PublishBatch say.
struct Publication {
  std::optional<std::string> message, subject, structure, deduplication_id, group_id;
  std::optional<std::map<std::string, sn::MessageAttributeValue>> attributes;
};

struct Published {
  std::string message_id;
  std::optional<std::string> sequence;
};

class Service final : public sn::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, kms::Service& kms, Outbound& outbound, Mail& mail);

  /// Begins delivery. `base_url` is where subscribers find Stratus: "http://127.0.0.1:4566".
  void start(std::string base_url);
  /// The certificate that a SigningCertURL names; nothing where the path is another.
  std::optional<std::string> certificate(const std::string& path) const;

  /// For services that notify: `account` owns what notifies (an alarm, a rule, a trail at `source_arn`). Throws
  /// aws::Error where the topic is not there or its policy does not let `principal` publish. Answers the message's id.
  std::string publish_from_service(const std::string& account, const std::string& region, const std::string& topic_arn,
                                   const std::string& subject, const std::string& message,
                                   const std::string& principal = "cloudwatch.amazonaws.com",
                                   const std::string& source_arn = "");
  bool topic_exists(const std::string& topic_arn) const;
  /// Whether the topic's policy lets a service publish on behalf of an account.
  bool lets_service_publish(const std::string& account, const std::string& topic_arn, const std::string& principal,
                            const std::string& source_arn) const;

  sn::AddPermissionResponse add_permission(aws::Context&, const sn::AddPermissionInput&) override;
  sn::ConfirmSubscriptionResponse confirm_subscription(aws::Context&, const sn::ConfirmSubscriptionInput&) override;
  sn::CreateTopicResponse create_topic(aws::Context&, const sn::CreateTopicInput&) override;
  sn::DeleteTopicResponse delete_topic(aws::Context&, const sn::DeleteTopicInput&) override;
  sn::GetSubscriptionAttributesResponse get_subscription_attributes(aws::Context&,
                                                                    const sn::GetSubscriptionAttributesInput&) override;
  sn::GetTopicAttributesResponse get_topic_attributes(aws::Context&, const sn::GetTopicAttributesInput&) override;
  sn::ListSubscriptionsResponse list_subscriptions(aws::Context&, const sn::ListSubscriptionsInput&) override;
  sn::ListSubscriptionsByTopicResponse list_subscriptions_by_topic(aws::Context&,
                                                                   const sn::ListSubscriptionsByTopicInput&) override;
  sn::ListTagsForResourceResponse list_tags_for_resource(aws::Context&, const sn::ListTagsForResourceRequest&) override;
  sn::ListTopicsResponse list_topics(aws::Context&, const sn::ListTopicsInput&) override;
  sn::PublishResponse publish(aws::Context&, const sn::PublishInput&) override;
  sn::PublishBatchResponse publish_batch(aws::Context&, const sn::PublishBatchInput&) override;
  sn::RemovePermissionResponse remove_permission(aws::Context&, const sn::RemovePermissionInput&) override;
  sn::SetSubscriptionAttributesResponse set_subscription_attributes(aws::Context&,
                                                                    const sn::SetSubscriptionAttributesInput&) override;
  sn::SetTopicAttributesResponse set_topic_attributes(aws::Context&, const sn::SetTopicAttributesInput&) override;
  sn::SubscribeResponse subscribe(aws::Context&, const sn::SubscribeInput&) override;
  sn::TagResourceResponse tag_resource(aws::Context&, const sn::TagResourceRequest&) override;
  sn::UnsubscribeResponse unsubscribe(aws::Context&, const sn::UnsubscribeInput&) override;
  sn::UntagResourceResponse untag_resource(aws::Context&, const sn::UntagResourceRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  void reconcile() override;

  /// The topic of an ARN, after the topic's policy agreed to `action`. NotFound, InvalidParameter, AuthorizationError.
  const Topic& topic(const aws::Context& context, const std::string& arn, const std::string& action,
                     const iam::ConditionKeys& more = {}) const;
  const Topic* find_topic(const std::string& arn) const;
  static state::Key topic_key(const std::string& arn);
  static state::Key subscription_key(const std::string& arn);
  const Subscription& subscription(const aws::Context& context, const std::string& arn) const;
  std::vector<const Subscription*> subscriptions_of(const std::string& topic_arn) const;
  void check_topic_attribute(const aws::Context& context, const std::string& topic_arn, bool fifo,
                             const std::string& name, const std::string& value) const;
  std::map<std::string, std::string> subscription_attributes(const Subscription& row) const;
  void remove(const Subscription& row);

  /// Validates, then queues one delivery for each subscription that wants the message.
  Published publish_to(const Topic& topic, const Publication& publication);
  void queue(const Topic& topic, const Subscription& subscription, Message message);
  void confirmation(const Topic& topic, const Subscription& subscription, const char* type);

  // Delivery.
  void ensure_signing_key();
  void forget_the_unconfirmed();
  void schedule(const state::Key& key, Timestamp at);
  bool throttled(const Delivery& delivery, Timestamp now, Timestamp& until);
  void send(const state::Key& key, const Delivery& delivery);
  std::optional<Message> open(const state::Key& key, const Delivery& delivery) const;
  void finished(const state::Key& key, bool arrived, bool again, const std::string& why);
  Links links() const;

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  kms::Service& kms_;
  Outbound& outbound_;
  Mail& mail_;
  state::Table<Topic> topics_;
  state::Table<Subscription> subscriptions_;
  state::Table<Delivery> deliveries_;
  state::Table<Duplicate> duplicates_;
  state::Table<SigningKey> signing_keys_;
  const std::string master_;
  std::string base_url_;
  bool making_key_ = false;
  KeyPair signing_key_;
  std::string certificate_path_;
  std::map<std::pair<Timestamp, std::string>, state::Key> due_;  ///< deliveries by when, then in order of arrival
  std::set<std::string> under_way_;
  std::unordered_map<std::string, Timestamp> next_receive_;  ///< by subscription, where it has a throttle
  std::uint64_t counter_ = 0;
};

/// Splits "arn:aws:sns:region:account:topic[:uuid]"; throws InvalidParameter that names `parameter`.
state::Key parse_topic_arn(const std::string& arn, const std::string& parameter);
/// Filter policy of a subscription: throws InvalidParameter.
void check_filter_policy(const std::string& policy, const std::string& scope);

}  // namespace stratus::services::sns
