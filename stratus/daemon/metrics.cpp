#include "stratus/daemon/metrics.h"

namespace stratus::daemon {
namespace {

constexpr Duration kSample = std::chrono::seconds(5);

}  // namespace

MetricSources::MetricSources(Loop& loop, services::cloudwatch::Service& cloudwatch, services::logs::Service& logs,
                             services::ecs::Ecs& ecs, containers::Containers& containers,
                             services::elbv2::Service& elbv2, balancer::Balancer& balancer, services::ec2::Service& ec2,
                             network::Network& network)
    : Reconciler(loop, "metric_sources", kSample),
      loop_(loop),
      cloudwatch_(cloudwatch),
      ecs_(loop, cloudwatch, ecs, containers),
      elb_(cloudwatch, elbv2, balancer),
      nat_(cloudwatch, ec2, network) {
  logs.set_metric_sink([this](const services::logs::MetricPoint& point) {
    cloudwatch_.record(point.account, point.region,
                       {{.metric_namespace = point.metric_namespace,
                         .name = point.name,
                         .dimensions = point.dimensions,
                         .unit = point.unit,
                         .value = point.value,
                         .at = point.time}});
  });
  logs.on_ingested([this](const std::string& account, const std::string& region, const std::string& group,
                          std::int64_t bytes, std::int64_t events) {
    Ingested& sum = ingested_[{account, region, group}];
    sum.bytes.add(static_cast<double>(bytes));
    sum.events.add(static_cast<double>(events));
  });
}

void MetricSources::reconcile() {
  const Timestamp now = loop_.clock().now();
  const std::int64_t minute = now.ms / 60'000;
  if (minute_ != 0 && minute != minute_) publish({minute_ * 60'000});
  minute_ = minute;
  ecs_.sample();
  elb_.sample();
  nat_.sample(now);
  wake_in(Duration(kSample.count() - now.ms % kSample.count()));
}

void MetricSources::publish(Timestamp minute) {
  for (const auto& [key, sum] : std::exchange(ingested_, {})) {
    const std::map<std::string, std::string> group{{"LogGroupName", key.id}};
    cloudwatch_.record(key.account, key.region,
                       {{"AWS/Logs", "IncomingBytes", group, "Bytes", 0, minute, sum.bytes},
                        {"AWS/Logs", "IncomingLogEvents", group, "None", 0, minute, sum.events}});
  }
  elb_.publish(minute);
  nat_.publish(minute);
  ecs_.publish(minute);
}

}  // namespace stratus::daemon
