// S3's event notifications on their way to SNS and EventBridge.
#pragma once

#include "stratus/services/events/service.h"
#include "stratus/services/s3/ports.h"
#include "stratus/services/sns/service.h"

namespace stratus::daemon {

class BucketEvents final : public services::s3::Listeners {
 public:
  BucketEvents(services::sns::Service& sns, services::events::Service& events) : sns_(sns), events_(events) {}
  bool takes(const std::string& account, const std::string& topic_arn, const std::string& bucket_arn) override;
  void tell_topic(const std::string& account, const std::string& region, const std::string& topic_arn,
                  const std::string& bucket_arn, const std::string& message) override;
  void tell_bus(const std::string& account, const std::string& region, const std::string& detail_type,
                const std::string& bucket_arn, const std::string& detail) override;

 private:
  services::sns::Service& sns_;
  services::events::Service& events_;
};

}  // namespace stratus::daemon
