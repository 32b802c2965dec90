// AWS/ApplicationELB out of the balancers' counters, as differences from minute to minute.
#pragma once

#include <map>
#include <string>

#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/elbv2/service.h"

namespace stratus::daemon {

class ElbMetrics final {
 public:
  ElbMetrics(services::cloudwatch::Service& cloudwatch, services::elbv2::Service& elbv2, balancer::Balancer& balancer)
      : cloudwatch_(cloudwatch), elbv2_(elbv2), balancer_(balancer) {}

  /// Looks at what is of the moment: connections, response times, healthy hosts.
  void sample();
  /// Records the minute that began at `minute`.
  void publish(Timestamp minute);

 private:
  using Dimensions = std::map<std::string, std::string>;
  struct Sampled {
    std::size_t rules = 0;                              ///< the most that one listener has
    std::map<std::string, balancer::Counters> told;     ///< at the end of the last minute; by zone, "" is all
    std::map<std::string, balancer::Counters> sampled;  ///< at the last sample
    std::map<std::string, services::cloudwatch::Aggregate> connections;  ///< by zone
    /// By zone and group, "" is all.
    std::map<std::pair<std::string, std::string>, services::cloudwatch::Aggregate> response_times;
    std::map<std::pair<std::string, std::string>, services::cloudwatch::Aggregate> healthy, unhealthy;
  };
  std::map<std::string, balancer::Counters> counters_of(const std::string& balancer_id) const;
  void sample_health(const services::elbv2::Name& name, Sampled& sampled);
  void of_zone(const std::string& zone, const Dimensions& dimensions, const balancer::Counters& now, Sampled& sampled,
               Timestamp minute, std::vector<services::cloudwatch::Datum>& out) const;
  void of_group(const services::elbv2::GroupName& group, const std::string& zone, Dimensions dimensions,
                const balancer::Counters& now, Sampled& sampled, Timestamp minute,
                std::vector<services::cloudwatch::Datum>& out) const;

  services::cloudwatch::Service& cloudwatch_;
  services::elbv2::Service& elbv2_;
  balancer::Balancer& balancer_;
  std::map<std::string, Sampled> sampled_;  ///< by load balancer's ARN
};

}  // namespace stratus::daemon
