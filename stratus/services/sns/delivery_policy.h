// When a message is tried again.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
#pragma once

#include <optional>
#include <string>

#include "stratus/core/clock.h"

namespace stratus::services::sns {

struct RetryPolicy {
  int retries = 3, no_delay = 0, min_delay = 0, max_delay = 0;  ///< counts; what is left of `retries` backs off
  int min_seconds = 20, max_seconds = 20;
  std::string backoff = "linear";
  std::optional<int> receives_per_second;
  std::string content_type = "text/plain; charset=UTF-8";

  /// The pause before retry number `retry` (from 1); nothing where it is given up.
  std::optional<Duration> pause(int retry) const;
};

/// Mail goes to this machine's own disk: AWS's schedule for its own endpoints, shortened to what fits an hour.
RetryPolicy mail_policy();

/// A topic's or a subscription's DeliveryPolicy. Throws std::invalid_argument that says what is wrong.
void check_topic_policy(const std::string& json);
void check_subscription_policy(const std::string& json);

/// As the attributes EffectiveDeliveryPolicy show it; empty texts are policies that were not set.
std::string effective_topic_policy(const std::string& topic);
std::string effective_subscription_policy(const std::string& topic, const std::string& subscription);
/// Reads what `effective_subscription_policy` says.
RetryPolicy retry_policy(const std::string& effective);

}  // namespace stratus::services::sns
