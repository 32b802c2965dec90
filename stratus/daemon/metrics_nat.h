// AWS/NATGateway out of the kernel's counters in each gateway's namespace.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "stratus/dataplane/network/network.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/ec2/service.h"

namespace stratus::daemon {

class NatMetrics final {
 public:
  NatMetrics(services::cloudwatch::Service& cloudwatch, services::ec2::Service& ec2, network::Network& network)
      : cloudwatch_(cloudwatch), ec2_(ec2), network_(network) {}

  /// Asks every gateway what it passed on.
  void sample(Timestamp now);
  /// Records what they passed on since the last minute was told, as the minute that began at `minute`.
  void publish(Timestamp minute);

 private:
  struct Gateway {
    std::optional<network::NatTraffic> last;  ///< as the kernel counts
    network::NatTraffic passed;               ///< since the last minute was told
  };
  void seen(const services::ec2::Service::RunningNat& running, const network::NatTraffic& traffic);

  services::cloudwatch::Service& cloudwatch_;
  services::ec2::Service& ec2_;
  network::Network& network_;
  std::optional<Timestamp> began_;  ///< this daemon's first look
  std::map<std::string, Gateway> gateways_;
  std::set<std::string> asked_;  ///< whose answer is still to come
};

}  // namespace stratus::daemon
