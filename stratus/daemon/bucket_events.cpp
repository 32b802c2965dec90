#include "stratus/daemon/bucket_events.h"

#include "stratus/core/log.h"

namespace stratus::daemon {
namespace {

constexpr const char* kPrincipal = "s3.amazonaws.com";

}  // namespace

bool BucketEvents::takes(const std::string& account, const std::string& topic_arn, const std::string& bucket_arn) {
  return sns_.topic_exists(topic_arn) && sns_.lets_service_publish(account, topic_arn, kPrincipal, bucket_arn);
}

void BucketEvents::tell_topic(const std::string& account, const std::string& region, const std::string& topic_arn,
                              const std::string& bucket_arn, const std::string& message) {
  try {
    sns_.publish_from_service(account, region, topic_arn, "Amazon S3 Notification", message, kPrincipal, bucket_arn);
  } catch (const aws::Error& error) {
    log::warning("s3.notification_refused", {{"bucket", bucket_arn}, {"topic", topic_arn}, {"cause", error.message}});
  }
}

void BucketEvents::tell_bus(const std::string& account, const std::string& region, const std::string& detail_type,
                            const std::string& bucket_arn, const std::string& detail) {
  events_.publish(account, region, "aws.s3", detail_type, {bucket_arn}, detail);
}

}  // namespace stratus::daemon
