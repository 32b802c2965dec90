// What Application Auto Scaling scales, and what tells it when.
#pragma once

#include "stratus/services/autoscaling/ports.h"
#include "stratus/services/autoscaling/service.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/ecs/service.h"
#include "stratus/services/iam/service.h"

namespace stratus::daemon {

class ScalableServices final : public services::autoscaling::Scalables {
 public:
  ScalableServices(services::ecs::Ecs& ecs, services::iam::Service& iam) : ecs_(ecs), iam_(iam) {}
  std::optional<Capacity> capacity(const std::string& account, const std::string& region,
                                   const std::string& resource_id) override;
  void set_desired(const std::string& account, const std::string& region, const std::string& resource_id,
                   std::int32_t desired, const std::string& role_arn) override;
  void prepare(const std::string& account) override;

 private:
  services::ecs::Ecs& ecs_;
  services::iam::Service& iam_;
};

/// CloudWatch's alarms.
class ScalingAlarms final : public services::autoscaling::Alarms {
 public:
  explicit ScalingAlarms(services::cloudwatch::Service& cloudwatch) : cloudwatch_(cloudwatch) {}
  /// From now on alarms call the policies among their actions.
  void call(services::autoscaling::Service& scaling);
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

}  // namespace stratus::daemon
