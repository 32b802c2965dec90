// Where CloudWatch's metrics come from: log groups' metric filters, containers, load balancers. Real values only.
#pragma once

#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/logs/service.h"

namespace stratus::daemon {

class MetricSources final {
 public:
  MetricSources(services::cloudwatch::Service& cloudwatch, services::logs::Service& logs);

 private:
  services::cloudwatch::Service& cloudwatch_;
};

}  // namespace stratus::daemon
