// What Route 53 needs of the services around it: networks of EC2, load balancers, and the net for its health checks.
#pragma once

#include "stratus/core/asio_loop.h"
#include "stratus/services/ec2/service.h"
#include "stratus/services/elbv2/service.h"
#include "stratus/services/route53/ports.h"

namespace stratus::daemon {

class NamedVpcs final : public services::route53::Vpcs {
 public:
  explicit NamedVpcs(services::ec2::Service& ec2) : ec2_(ec2) {}
  bool exists(const std::string& account, const std::string& region, const std::string& vpc_id) override;

 private:
  services::ec2::Service& ec2_;
};

class NamedBalancers final : public services::route53::AliasEndpoints {
 public:
  explicit NamedBalancers(services::elbv2::Service& elbv2) : elbv2_(elbv2) {}
  std::optional<services::route53::AliasEndpoint> find(const std::string& dns_name) override;
  bool is_load_balancer_zone(const std::string& hosted_zone_id) override;

 private:
  services::elbv2::Service& elbv2_;
};

/// Route 53's health checker. It stands on this machine, outside every VPC, and sends packets to this machine and to
/// the pool of public addresses only: any other endpoint cannot be reached.
class EndpointProber final : public services::route53::Prober {
 public:
  using Resolve = std::function<std::string(const std::string& name)>;  ///< an IPv4 address; empty where there is none
  EndpointProber(AsioLoop& loop, std::string public_pool) : loop_(loop), public_pool_(std::move(public_pool)) {}
  void set_resolve(Resolve resolve) { resolve_ = std::move(resolve); }
  void probe(const aws::route53::HealthCheckConfig& config, std::function<void(Outcome)> done) override;

 private:
  AsioLoop& loop_;
  const std::string public_pool_;
  Resolve resolve_;
};

}  // namespace stratus::daemon
