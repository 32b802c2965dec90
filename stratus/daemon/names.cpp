#include "stratus/daemon/names.h"

#include <arpa/inet.h>

#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/dns/message.h"

namespace stratus::daemon {
namespace {

constexpr std::uint32_t kTtl = 60;  // seconds, of names that AWS itself keeps
constexpr const char* kVpcResolver = "169.254.169.253";

std::optional<std::uint32_t> ipv4(const std::string& text) {
  in_addr out{};
  if (inet_pton(AF_INET, text.c_str(), &out) != 1) return std::nullopt;
  return ntohl(out.s_addr);
}

bool in_cidr(std::uint32_t address, const std::string& cidr) {
  const auto slash = cidr.find('/');
  const auto base = ipv4(cidr.substr(0, slash));
  const int length = std::atoi(cidr.c_str() + slash + 1);
  const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
  return base && (address & mask) == (*base & mask);
}

/// "ec2.internal" in us-east-1, "eu-west-1.compute.internal" elsewhere.
std::string machine_domain(const std::string& region) {
  return region == "us-east-1" ? "ec2.internal" : region + ".compute.internal";
}

}  // namespace

bool is_endpoint(std::string_view name) {
  if (name.ends_with(".api.aws")) return true;
  return name.ends_with(".amazonaws.com") && !name.ends_with(".elb.amazonaws.com") &&
         name.find(".compute.") == std::string_view::npos && name.find(".compute-1.") == std::string_view::npos;
}

Names::Names(AsioLoop& loop, services::ec2::Service& ec2, services::elbv2::Service& elbv2,
             services::route53::Service& route53)
    : loop_(loop), ec2_(ec2), elbv2_(elbv2), route53_(route53), server_(loop, *this) {}

Result<> Names::listen_on_host(const std::string& address) {
  auto sockets = dns::bind_sockets(address, 53);
  if (!sockets) return sockets.error();
  host_address_ = address;
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

dns::Answer Names::resolve(const dns::Scope& scope, std::string_view qname, dns::Type qtype) {
  const bool on_host = scope.vpc_id == "host";
  services::route53::Asker asker;
  std::optional<services::ec2::ResolverScope> vpc;
  if (!on_host)
    for (const auto& candidate : ec2_.resolver_scopes())
      if (candidate.vpc_id == scope.vpc_id) {
        vpc = candidate;
        asker = {candidate.vpc_id, candidate.region};
      }
  if (auto zones = route53_.answer(asker, qname, qtype); zones.ours) return zones;

  dns::Answer out;
  out.rcode = dns::Rcode::noerror;
  if (resolve_balancer(qname, qtype, out)) return out;
  if (vpc && resolve_machine(*vpc, qname, qtype, out)) return out;
  if (qname.find(".awsdns-") != std::string_view::npos && route53_.is_name_server(qname)) {
    // Whoever follows a delegation to a zone's name servers arrives at the resolver that it asked.
    if (qtype == dns::Type::a && !(on_host && host_address_.empty()))
      out.records.push_back({std::string(qname), dns::Type::a, kTtl, on_host ? host_address_ : kVpcResolver});
    return out;
  }
  if (is_endpoint(qname) && !endpoints_.empty()) {
    // Those of services that are not here too: they are refused there by name, not asked for outside.
    if (qtype == dns::Type::a || qtype == dns::Type::any)
      out.records.push_back({std::string(qname), dns::Type::a, kTtl, endpoints_});
    return out;
  }
  out.rcode = dns::Rcode::nxdomain;
  // A load balancer that is not there has no name; everything else is for others to know.
  out.ours = qname.ends_with(".elb.amazonaws.com");
  return out;
}

bool Names::resolve_balancer(std::string_view qname, dns::Type qtype, dns::Answer& out) const {
  std::string_view wanted = qname;
  if (wanted.starts_with("dualstack.")) wanted.remove_prefix(10);
  if (!wanted.ends_with(".elb.amazonaws.com")) return false;
  for (const auto& name : elbv2_.names()) {
    if (text::lower(name.dns_name) != wanted) continue;
    if (qtype == dns::Type::a || qtype == dns::Type::any)
      for (const auto& address : name.addresses)
        out.records.push_back({std::string(qname), dns::Type::a, kTtl, address});
    return true;
  }
  return false;
}

bool Names::resolve_machine(const services::ec2::ResolverScope& scope, std::string_view qname, dns::Type qtype,
                            dns::Answer& out) const {
  const std::string domain = machine_domain(scope.region);
  const bool reverse = qname.ends_with(".in-addr.arpa");
  if (!reverse && !qname.ends_with("." + domain)) return false;
  std::string text;
  if (reverse) {
    auto parts = text::split(qname.substr(0, qname.size() - std::string_view(".in-addr.arpa").size()), '.');
    std::reverse(parts.begin(), parts.end());
    text = text::join(parts, ".");
  } else {
    const auto host = qname.substr(0, qname.size() - domain.size() - 1);
    if (host.starts_with("ip-")) text = text::join(text::split(host.substr(3), '-'), ".");
  }
  const auto address = ipv4(text);
  if (!address || !in_cidr(*address, ec2_.vpc(scope.account, scope.region, scope.vpc_id).cidr)) {
    out.rcode = dns::Rcode::nxdomain;
    return !reverse;  // other reverse zones are for others to know
  }
  if (reverse) {
    const std::string name = "ip-" + text::join(text::split(text, '.'), "-") + "." + domain + ".";
    if (qtype == dns::Type::ptr) out.records.push_back({std::string(qname), dns::Type::ptr, kTtl, name});
  } else if (qtype == dns::Type::a || qtype == dns::Type::any) {
    out.records.push_back({std::string(qname), dns::Type::a, kTtl, text});
  }
  return true;
}

dns::HostsEntries Names::host_entries() {
  dns::HostsEntries entries;
  for (const auto& name : elbv2_.names())
    for (const auto& address : name.addresses) entries.emplace_back(address, name.dns_name);
  for (const auto& name : route53_.public_names()) {
    const auto chain = dns::resolve_chain(*this, dns::Scope{}, name, dns::Type::a);
    for (const auto& record : chain.answer.records)
      if (record.type == dns::Type::a) entries.emplace_back(record.data, name);
  }
  return entries;
}

std::string Names::host_address(const std::string& name) {
  const auto chain = dns::resolve_chain(*this, dns::Scope{}, name, dns::Type::a);
  for (const auto& record : chain.answer.records)
    if (record.type == dns::Type::a) return record.data;
  return "";
}

}  // namespace stratus::daemon
