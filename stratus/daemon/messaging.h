// SNS, EventBridge and CloudTrail, and what they need of the rooms beside them.
#pragma once

#include "stratus/daemon/bucket_events.h"
#include "stratus/daemon/daemon.h"
#include "stratus/services/cloudtrail/service.h"
#include "stratus/services/ecs/service.h"
#include "stratus/services/events/service.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/s3/service.h"
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

class TrailBuckets final : public services::cloudtrail::Buckets {
 public:
  explicit TrailBuckets(services::s3::Service& s3) : s3_(s3) {}
  bool exists(const std::string& bucket) override { return s3_.bucket_exists(bucket); }
  bool lets_trail_write(const std::string& account, const std::string& bucket, const std::string& key,
                        const std::string& trail_arn) override;
  void put(const std::string& account, const std::string& region, const std::string& bucket, const std::string& key,
           std::string bytes, const std::string& trail_arn,
           const std::map<std::string, std::string>& metadata) override;

 private:
  services::s3::Service& s3_;
};

class Messaging {
 public:
  Messaging(Loop& loop, state::Store& store, Random& random, services::iam::Service& iam, services::kms::Service& kms,
            services::s3::Service& s3, services::logs::Service& logs, const Options& options);

  void add_to(wire::FrontDoor& door);
  void set_ecs(services::ecs::Ecs& ecs) { tasks_.set(ecs); }
  /// Once the door listens: links in messages lead to it.
  void start(std::uint16_t port);
  /// Before the last commit.
  void stop() { trail_.flush(); }
  /// What lies in tables of their own: the events of an account, or all where it is empty.
  void clear(const std::string& account) { trail_.clear(account); }

  services::sns::Service& sns() { return sns_; }
  services::events::Service& events() { return events_; }
  wire::Audit& audit() { return trail_; }

 private:
  const std::string address_;
  services::sns::HttpOutbound outbound_;
  services::sns::Maildir mail_;
  services::sns::Service sns_;
  RuleTasks tasks_;
  services::events::Service events_;
  BucketEvents bucket_events_;
  TrailBuckets buckets_;
  services::cloudtrail::Service trail_;
};

}  // namespace stratus::daemon
