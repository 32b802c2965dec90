// What Application Auto Scaling scales, and what tells it when.
#pragma once

#include "stratus/services/autoscaling/ports.h"
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

}  // namespace stratus::daemon
