// What names mean, for the host and inside every VPC: private zones, public zones, load balancers, machines of the VPC;
// and the resolvers' sockets in the VPCs' routers.
#pragma once

#include <set>

#include "stratus/core/asio_loop.h"
#include "stratus/dataplane/dns/dns.h"
#include "stratus/dataplane/dns/hosts_file.h"
#include "stratus/services/ec2/service.h"
#include "stratus/services/elbv2/service.h"
#include "stratus/services/route53/service.h"

namespace stratus::daemon {

/// Whether it is the name of an endpoint of AWS's ("s3.us-east-1.amazonaws.com", "b.s3.amazonaws.com",
/// "ecs.us-east-1.api.aws"), rather than of a load balancer or a machine. `name` is in lower case.
bool is_endpoint(std::string_view name);

class Names final : public dns::Resolver {
 public:
  Names(AsioLoop& loop, services::ec2::Service& ec2, services::elbv2::Service& elbv2,
        services::route53::Service& route53);

  /// Opens a resolver in each VPC that the kernel has and closes those of VPCs that went. May be called at any time.
  void refresh();
  /// The machine's own resolver, for programs that are pointed at it.
  Result<> listen_on_host(const std::string& address);
  /// Where names that nobody here knows are asked for; without it they do not exist.
  void set_forwarder(dns::Forwarder forwarder) { server_.set_forwarder(std::move(forwarder)); }
  /// The address of AWS's own endpoints; without it they have no names.
  void set_endpoints(std::string address) { endpoints_ = std::move(address); }
  dns::Answer resolve(const dns::Scope& scope, std::string_view qname, dns::Type qtype) override;

  /// What the machine's hosts file says: load balancers and names of public zones that lead to addresses here.
  dns::HostsEntries host_entries();
  /// One IPv4 address of a name, as the machine sees it; empty where it has none.
  std::string host_address(const std::string& name);

 private:
  bool resolve_balancer(std::string_view qname, dns::Type qtype, dns::Answer& out) const;
  /// ip-10-0-1-2.ec2.internal and its reverse, for addresses of the VPC's range.
  bool resolve_machine(const services::ec2::ResolverScope& scope, std::string_view qname, dns::Type qtype,
                       dns::Answer& out) const;

  AsioLoop& loop_;
  services::ec2::Service& ec2_;
  services::elbv2::Service& elbv2_;
  services::route53::Service& route53_;
  dns::Server server_;
  std::string host_address_, endpoints_;
  std::set<std::string> open_;  ///< VPCs whose resolver is open or on its way
};

}  // namespace stratus::daemon
