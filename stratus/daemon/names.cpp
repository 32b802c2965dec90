#include "stratus/daemon/names.h"

#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"

namespace stratus::daemon {

Names::Names(AsioLoop& loop, services::ec2::Service& ec2, services::elbv2::Service& elbv2)
    : loop_(loop), ec2_(ec2), elbv2_(elbv2), server_(loop, *this) {}

Result<> Names::listen_on_host(const std::string& address) {
  auto sockets = dns::bind_sockets(address, 53);
  if (!sockets) return sockets.error();
  return server_.listen(std::move(sockets->udp), std::move(sockets->tcp), dns::Scope{});
}

void Names::refresh() {
  std::set<std::string> wanted;
  for (const auto& scope : ec2_.resolver_scopes()) {
    wanted.insert(scope.vpc_id);
    if (!open_.insert(scope.vpc_id).second) continue;
    auto made = std::make_shared<std::vector<dns::Sockets>>();
    auto failed = std::make_shared<Result<>>();
    loop_.run_blocking(
        [scope, made, failed] {
          *failed = in_netns(scope.router_netns, [&]() -> Result<> {
            for (const auto& address : scope.addresses) {
              auto sockets = dns::bind_sockets(address, 53);
              if (!sockets) return sockets.error();
              made->push_back(std::move(*sockets));
            }
            return {};
          });
        },
        [this, id = scope.vpc_id, made, failed] {
          if (!*failed) {
            log::warning("dns.resolver_failed", {{"vpc", id}, {"error", failed->error().message()}});
            open_.erase(id);
            loop_.after(std::chrono::seconds(2), [this] { refresh(); });
            return;
          }
          for (auto& sockets : *made)
            if (const auto served = server_.listen(std::move(sockets.udp), std::move(sockets.tcp), dns::Scope{id});
                !served)
              log::warning("dns.resolver_failed", {{"vpc", id}, {"error", served.error().message()}});
        });
  }
  for (auto at = open_.begin(); at != open_.end();) {
    if (wanted.count(*at) == 0) {
      server_.stop(dns::Scope{*at});
      at = open_.erase(at);
    } else {
      ++at;
    }
  }
}

dns::Answer Names::resolve(const dns::Scope&, std::string_view qname, dns::Type qtype) {
  dns::Answer out;
  for (const auto& name : elbv2_.names()) {
    if (text::lower(name.dns_name) != qname) continue;
    out.rcode = dns::Rcode::noerror;
    if (qtype == dns::Type::a || qtype == dns::Type::any)
      for (const auto& address : name.addresses) out.records.push_back({std::string(qname), dns::Type::a, 60, address});
    return out;
  }
  // A load balancer that is not there has no name; everything else is for others to know.
  out.ours = qname.ends_with(".elb.amazonaws.com");
  return out;
}

}  // namespace stratus::daemon
