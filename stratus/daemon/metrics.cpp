#include "stratus/daemon/metrics.h"

namespace stratus::daemon {

MetricSources::MetricSources(services::cloudwatch::Service& cloudwatch, services::logs::Service& logs)
    : cloudwatch_(cloudwatch) {
  logs.set_metric_sink([this](const services::logs::MetricPoint& point) {
    cloudwatch_.record(point.account, point.region,
                       {{.metric_namespace = point.metric_namespace,
                         .name = point.name,
                         .dimensions = point.dimensions,
                         .unit = point.unit,
                         .value = point.value,
                         .at = point.time}});
  });
}

}  // namespace stratus::daemon
