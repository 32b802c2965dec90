// What names mean: the load balancers', for the host and inside every VPC; and the resolvers' sockets in the VPCs'
// routers.
#pragma once

#include <set>

#include "stratus/core/asio_loop.h"
#include "stratus/dataplane/dns/dns.h"
#include "stratus/services/ec2/service.h"
#include "stratus/services/elbv2/service.h"

namespace stratus::daemon {

class Names final : public dns::Resolver {
 public:
  Names(AsioLoop& loop, services::ec2::Service& ec2, services::elbv2::Service& elbv2);

  /// Opens a resolver in each VPC that the kernel has and closes those of VPCs that went. May be called at any time.
  void refresh();
  /// The machine's own resolver, for programs that are pointed at it.
  Result<> listen_on_host(const std::string& address);
  dns::Answer resolve(const dns::Scope& scope, std::string_view qname, dns::Type qtype) override;

 private:
  AsioLoop& loop_;
  services::ec2::Service& ec2_;
  services::elbv2::Service& elbv2_;
  dns::Server server_;
  std::set<std::string> open_;  ///< VPCs whose resolver is open or on its way
};

}  // namespace stratus::daemon
