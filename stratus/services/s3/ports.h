// What S3 needs of rooms above it.
#pragma once

#include <string>

namespace stratus::services::s3 {

/// Whom buckets tell of events.
class Listeners {
 public:
  virtual ~Listeners() = default;
  /// Whether the topic is there and lets S3 publish for this bucket of `account`.
  virtual bool takes(const std::string& account, const std::string& topic_arn, const std::string& bucket_arn) = 0;
  /// A topic that does not take it any more goes without.
  virtual void tell_topic(const std::string& account, const std::string& region, const std::string& topic_arn,
                          const std::string& bucket_arn, const std::string& message) = 0;
  /// The default event bus of the account.
  virtual void tell_bus(const std::string& account, const std::string& region, const std::string& detail_type,
                        const std::string& bucket_arn, const std::string& detail) = 0;
};

}  // namespace stratus::services::s3
