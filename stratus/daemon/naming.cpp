#include "stratus/daemon/naming.h"

#include "stratus/core/text.h"
#include "stratus/services/elbv2/hosted_zones.h"

namespace stratus::daemon {

bool NamedVpcs::exists(const std::string& account, const std::string& region, const std::string& vpc_id) {
  try {
    ec2_.vpc(account, region, vpc_id);
    return true;
  } catch (const aws::Error&) {
    return false;
  }
}

std::optional<services::route53::AliasEndpoint> NamedBalancers::find(const std::string& dns_name) {
  std::string_view wanted = dns_name;
  if (wanted.starts_with("dualstack.")) wanted.remove_prefix(10);
  for (const auto& name : elbv2_.names())
    if (text::lower(name.dns_name) == wanted) return {{name.hosted_zone_id, name.addresses, elbv2_.serves(name.arn)}};
  return std::nullopt;
}

bool NamedBalancers::is_load_balancer_zone(const std::string& hosted_zone_id) {
  return services::elbv2::is_hosted_zone(hosted_zone_id);
}

}  // namespace stratus::daemon
