// SNS, EventBridge and CloudTrail, and what they need of the rooms beside them.
#pragma once

#include "stratus/daemon/daemon.h"
#include "stratus/services/ecs/service.h"
#include "stratus/services/events/service.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/sns/http_outbound.h"
#include "stratus/services/sns/maildir.h"
#include "stratus/services/sns/service.h"
#include "stratus/wire/front_door.h"

namespace stratus::daemon {

/// EventBridge's ECS targets.
class RuleTasks final : public services::events::Tasks {
 public:
  explicit RuleTasks(Loop& loop) : loop_(loop) {}
  /// ECS is built later than EventBridge.
  void set(services::ecs::Ecs& ecs) { ecs_ = &ecs; }
  void run(const services::events::RunTask& task) override;

 private:
  Loop& loop_;
  services::ecs::Ecs* ecs_ = nullptr;
};

class Messaging {
 public:
  Messaging(Loop& loop, state::Store& store, Random& random, services::iam::Service& iam, services::kms::Service& kms,
            services::logs::Service& logs, const Options& options);

  void add_to(wire::FrontDoor& door);
  void set_ecs(services::ecs::Ecs& ecs) { tasks_.set(ecs); }
  /// Once the door listens: links in messages lead to it.
  void start(std::uint16_t port);

  services::sns::Service& sns() { return sns_; }
  services::events::Service& events() { return events_; }

 private:
  const std::string address_;
  services::sns::HttpOutbound outbound_;
  services::sns::Maildir mail_;
  services::sns::Service sns_;
  RuleTasks tasks_;
  services::events::Service events_;
};

}  // namespace stratus::daemon
