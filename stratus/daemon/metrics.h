// Where CloudWatch's metrics come from: containers, load balancers, NAT gateways, log groups. Real values only.
#pragma once

#include <memory>

#include "stratus/core/loop.h"
#include "stratus/daemon/metrics_ecs.h"
#include "stratus/daemon/metrics_elb.h"
#include "stratus/daemon/metrics_nat.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/logs/service.h"

namespace stratus::daemon {

/// Samples what must be sampled and, at the end of each minute, records it as that minute's data.
class MetricSources final : private Reconciler {
 public:
  MetricSources(Loop& loop, services::cloudwatch::Service& cloudwatch, services::logs::Service& logs,
                services::ecs::Ecs& ecs, containers::Containers& containers, services::elbv2::Service& elbv2,
                balancer::Balancer& balancer, services::ec2::Service& ec2, network::Network& network);

  void start() { Reconciler::start(); }

 private:
  void reconcile() override;
  void publish(Timestamp minute);

  struct Ingested {
    services::cloudwatch::Aggregate bytes, events;
  };

  Loop& loop_;
  services::cloudwatch::Service& cloudwatch_;
  EcsMetrics ecs_;
  ElbMetrics elb_;
  NatMetrics nat_;
  std::map<state::Key, Ingested> ingested_;  ///< by account, region and log group, of the minute that runs
  std::int64_t minute_ = 0;                  ///< that runs, since the epoch
};

}  // namespace stratus::daemon
