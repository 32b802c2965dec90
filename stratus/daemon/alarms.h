// What CloudWatch's alarms reach: SNS topics, scaling policies, EventBridge; and the alarms that scaling policies keep.
#pragma once

#include "stratus/services/autoscaling/service.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/ecs/ports.h"
#include "stratus/services/events/service.h"
#include "stratus/services/fis/service.h"
#include "stratus/services/sns/service.h"

namespace stratus::daemon {

class ScalingAlarms final : public services::autoscaling::Alarms {
 public:
  explicit ScalingAlarms(services::cloudwatch::Service& cloudwatch) : cloudwatch_(cloudwatch) {}
  std::string put(const std::string& account, const std::string& region,
                  const services::autoscaling::AlarmSpec& spec) override;
  void remove(const std::string& account, const std::string& region, const std::vector<std::string>& names) override {
    cloudwatch_.remove_alarms(account, region, names);
  }
  std::optional<services::autoscaling::AlarmView> look(const std::string& account, const std::string& region,
                                                       const std::string& name) override;
  std::vector<std::pair<std::string, std::string>> with_action(const std::string& account, const std::string& region,
                                                               const std::string& action_arn) override {
    return cloudwatch_.alarms_with_action(account, region, action_arn);
  }

 private:
  services::cloudwatch::Service& cloudwatch_;
};

class DeploymentAlarms final : public services::ecs::Alarms {
 public:
  explicit DeploymentAlarms(services::cloudwatch::Service& cloudwatch) : cloudwatch_(cloudwatch) {}
  std::optional<Look> look(const std::string& account, const std::string& region, const std::string& name) override {
    const auto found = cloudwatch_.look(account, region, name);
    if (!found) return std::nullopt;
    return Look{found->state == "ALARM", found->window};
  }

 private:
  services::cloudwatch::Service& cloudwatch_;
};

/// From here on alarms notify, scale, halt experiments and tell EventBridge, and EventBridge's rules are counted. An
/// action that leads elsewhere fails, and its history says so.
void join_alarms(services::cloudwatch::Service& cloudwatch, services::sns::Service& sns,
                 services::events::Service& events, services::autoscaling::Service& autoscaling,
                 services::fis::Service& fis);

}  // namespace stratus::daemon
