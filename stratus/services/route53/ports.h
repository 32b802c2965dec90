// What Route 53 needs of EC2 (networks), of Elastic Load Balancing (what an alias leads to) and of the net (health
// checks); the daemon adapts them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stratus/models/route53.h"

namespace stratus::services::route53 {

class Vpcs {
 public:
  virtual ~Vpcs() = default;
  virtual bool exists(const std::string& account, const std::string& region, const std::string& vpc_id) = 0;
};

/// A load balancer, as an alias sees it.
struct AliasEndpoint {
  std::string hosted_zone_id;          ///< of its region's load balancers
  std::vector<std::string> addresses;  ///< IPv4
  bool healthy = true;                 ///< each of its target groups that has targets has a healthy one
};

class AliasEndpoints {
 public:
  virtual ~AliasEndpoints() = default;
  /// `dns_name` in lower case without the final dot; a leading "dualstack." is as good as none.
  virtual std::optional<AliasEndpoint> find(const std::string& dns_name) = 0;
  /// Whether the id is that of a region's load balancers.
  virtual bool is_load_balancer_zone(const std::string& hosted_zone_id) = 0;
};

/// Probes an endpoint once, as one of Route 53's health checkers does.
class Prober {
 public:
  struct Outcome {
    bool good = false;
    std::string status;  ///< "Success: HTTP Status Code 200, OK", "Failure: …"
  };
  virtual ~Prober() = default;
  /// Calls back once, in a later turn.
  virtual void probe(const aws::route53::HealthCheckConfig& config, std::function<void(Outcome)> done) = 0;
};

}  // namespace stratus::services::route53
