#include "stratus/core/arn.h"
#include "stratus/services/elbv2/hosted_zones.h"
#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {
namespace {

void check_name(const std::string& name) {
  if (name.size() > 32)
    throw validation_error("The load balancer name '" + name + "' cannot be longer than '32' characters");
  for (const unsigned char c : name)
    if (std::isalnum(c) == 0 && c != '-')
      throw validation_error("The load balancer name '" + name +
                             "' can only contain characters that are alphanumeric characters and hyphens(-)");
  if (name.empty() || name.front() == '-' || name.back() == '-')
    throw validation_error("The load balancer name '" + name + "' cannot begin or end with a hyphen(-)");
  if (name.starts_with("internal-"))
    throw validation_error("The load balancer name '" + name + "' cannot begin with 'internal-'");
}

std::vector<std::string> subnets_of(const std::optional<std::vector<std::string>>& subnets,
                                    const std::optional<std::vector<elb::SubnetMapping>>& mappings) {
  if (subnets && mappings && !subnets->empty() && !mappings->empty())
    throw validation_error("You can specify either subnets or subnet mappings, but not both");
  std::vector<std::string> out = subnets.value_or(std::vector<std::string>{});
  for (const auto& mapping : mappings.value_or(std::vector<elb::SubnetMapping>{})) {
    if (mapping.allocation_id || mapping.private_i_pv4_address || mapping.i_pv6_address)
      throw elb::errors::InvalidConfigurationRequestException(
          "Addresses cannot be specified for subnets of an application load balancer");
    out.push_back(mapping.subnet_id.value_or(""));
  }
  return out;
}

std::vector<elb::AvailabilityZone> zones(const std::vector<NodeRow>& nodes) {
  std::vector<elb::AvailabilityZone> out;
  for (const auto& node : nodes)
    out.push_back({.zone_name = node.zone,
                   .subnet_id = node.subnet_id,
                   .load_balancer_addresses = std::vector<elb::LoadBalancerAddress>{}});
  return out;
}

bool same(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

}  // namespace

std::vector<NodeRow> Service::make_nodes(const aws::Context& context, const std::vector<std::string>& subnets,
                                         const std::vector<std::string>& groups, const std::string& description,
                                         bool internet_facing) {
  std::vector<NodeRow> out;
  for (const auto& subnet : subnets) {
    const auto node = interfaces_.create(context.account, context.region, subnet, groups, description, internet_facing);
    out.push_back({node.eni_id, node.netns, subnet, node.private_address, node.public_address, node.zone});
  }
  return out;
}

namespace {

/// The VPC of subnets that lie in at least two zones, one subnet in each.
std::string check_subnets(Interfaces& interfaces, const aws::Context& context,
                          const std::vector<std::string>& subnets) {
  std::set<std::string> zones;
  std::string vpc;
  for (const auto& subnet : subnets) {
    const std::string here = interfaces.vpc_of_subnet(context.account, context.region, subnet);
    if (!vpc.empty() && here != vpc)
      throw elb::errors::InvalidConfigurationRequestException("All subnets must belong to the same VPC: '" + vpc + "'");
    vpc = here;
    const std::string zone = interfaces.zone_of_subnet(context.account, context.region, subnet);
    if (!zones.insert(zone).second)
      throw elb::errors::InvalidConfigurationRequestException(
          "A load balancer cannot be attached to multiple subnets in the same Availability Zone");
  }
  if (zones.size() < 2)
    throw validation_error("At least two subnets in two different Availability Zones must be specified");
  return vpc;
}

}  // namespace

elb::CreateLoadBalancerOutput Service::create_load_balancer(aws::Context& context,
                                                            const elb::CreateLoadBalancerInput& request) {
  const std::string& name = *request.name;
  check_name(name);
  const std::string type = request.type.value_or("application");
  if (type != "application") throw aws::not_implemented("CreateLoadBalancer: Type " + type);
  const std::string address_type = request.ip_address_type.value_or("ipv4");
  if (address_type != "ipv4") throw aws::not_implemented("CreateLoadBalancer: IpAddressType " + address_type);
  if (request.customer_owned_ipv4_pool) throw aws::not_implemented("CreateLoadBalancer: CustomerOwnedIpv4Pool");
  if (request.ipam_pools && request.ipam_pools->ipv4_ipam_pool_id)
    throw aws::not_implemented("CreateLoadBalancer: IpamPools");
  const std::string scheme = request.scheme.value_or("internet-facing");
  if (scheme != "internet-facing" && scheme != "internal")
    throw elb::errors::InvalidSchemeException("Scheme '" + scheme + "' is not valid");
  const auto subnets = subnets_of(request.subnets, request.subnet_mappings);
  const std::string vpc = check_subnets(interfaces_, context, subnets);
  std::vector<std::string> groups = request.security_groups.value_or(std::vector<std::string>{});
  if (groups.empty()) groups = {interfaces_.default_group(context.account, context.region, vpc)};
  interfaces_.check_groups(context.account, context.region, groups, vpc);
  for (const LoadBalancerRow* row : load_balancers_.list(context.account, context.region)) {
    if (row->value.load_balancer_name != name) continue;
    std::vector<std::string> theirs;
    for (const auto& node : row->nodes) theirs.push_back(node.subnet_id);
    if (same(theirs, subnets) && row->value.scheme == scheme && same(*row->value.security_groups, groups))
      return {.load_balancers = {{row->value}}};
    throw elb::errors::DuplicateLoadBalancerNameException("A load balancer with the same name '" + name +
                                                          "' exists, but with different settings");
  }
  const std::string id = random_.hex(16);
  LoadBalancerRow row;
  row.nodes = make_nodes(context, subnets, groups, "ELB app/" + name + "/" + id, scheme == "internet-facing");
  auto& value = row.value;
  value.load_balancer_arn =
      make_arn("elasticloadbalancing", context.region, context.account, "loadbalancer/app/" + name + "/" + id);
  value.dns_name = (scheme == "internal" ? "internal-" : "") + name + "-" +
                   std::to_string(1'000'000'000 + random_.below(999'999'999)) + "." + context.region +
                   ".elb.amazonaws.com";
  value.canonical_hosted_zone_id = hosted_zone_of(context.region);
  value.created_time = context.now;
  value.load_balancer_name = name;
  value.scheme = scheme;
  value.vpc_id = vpc;
  value.state = elb::LoadBalancerState{.code = "provisioning"};
  value.type = type;
  value.availability_zones = zones(row.nodes);
  value.security_groups = groups;
  value.ip_address_type = address_type;
  row.attributes = load_balancer_attribute_defaults();
  for (const auto& tag : request.tags.value_or(std::vector<elb::Tag>{}))
    row.tags[tag.key.value_or("")] = tag.value.value_or("");
  const std::string arn = *value.load_balancer_arn;
  elb::CreateLoadBalancerOutput out{.load_balancers = {{value}}};
  load_balancers_.put(key_of(arn), std::move(row));
  touch(arn);
  names_changed();
  return out;
}

elb::DescribeLoadBalancersOutput Service::describe_load_balancers(aws::Context& context,
                                                                  const elb::DescribeLoadBalancersInput& request) {
  std::vector<elb::LoadBalancer> found;
  if (request.load_balancer_arns && !request.load_balancer_arns->empty()) {
    for (const auto& arn : *request.load_balancer_arns) found.push_back(load_balancer(arn).value);
  } else {
    std::vector<std::string> missing = request.names.value_or(std::vector<std::string>{});
    for (const LoadBalancerRow* row : load_balancers_.list(context.account, context.region)) {
      const std::string& name = *row->value.load_balancer_name;
      if (request.names && !request.names->empty() &&
          std::find(request.names->begin(), request.names->end(), name) == request.names->end())
        continue;
      std::erase(missing, name);
      found.push_back(row->value);
    }
    if (!missing.empty())
      throw elb::errors::LoadBalancerNotFoundException("Load balancers '[" + missing.front() + "]' not found");
  }
  elb::DescribeLoadBalancersOutput out;
  out.load_balancers = page(std::move(found), request.marker, request.page_size, out.next_marker);
  return out;
}

elb::DeleteLoadBalancerOutput Service::delete_load_balancer(aws::Context&,
                                                            const elb::DeleteLoadBalancerInput& request) {
  const std::string& arn = *request.load_balancer_arn;
  const LoadBalancerRow* row = load_balancers_.find(key_of(arn));
  if (row == nullptr) return {};
  if (row->attributes.at("deletion_protection.enabled") == "true")
    throw elb::errors::OperationNotPermittedException("Load balancer '" + arn +
                                                      "' cannot be deleted because deletion protection is enabled");
  LeavingRow leaving{row->retired_enis};
  for (const auto& node : row->nodes) leaving.enis.push_back(node.eni_id);
  for (const auto& [listener_key, listener] : listeners_of(arn)) {
    for (const auto& [rule_key, rule] : rules_of(listener_key.id)) rules_.erase(rule_key);
    listeners_.erase(listener_key);
  }
  load_balancers_.erase(key_of(arn));
  leaving_.put(key_of(arn), std::move(leaving));
  store_.after_commit([this] { wake(); });
  names_changed();
  return {};
}

elb::SetSecurityGroupsOutput Service::set_security_groups(aws::Context& context,
                                                          const elb::SetSecurityGroupsInput& request) {
  const std::string& arn = *request.load_balancer_arn;
  const LoadBalancerRow& row = load_balancer(arn);
  if (request.security_groups->empty())
    throw elb::errors::InvalidConfigurationRequestException("At least one security group must be specified");
  interfaces_.check_groups(context.account, context.region, *request.security_groups, *row.value.vpc_id);
  for (const auto& node : row.nodes)
    interfaces_.set_groups(context.account, context.region, node.eni_id, *request.security_groups);
  load_balancers_.update(key_of(arn),
                         [&](LoadBalancerRow& changed) { changed.value.security_groups = request.security_groups; });
  return {.security_group_ids = request.security_groups};
}

elb::SetSubnetsOutput Service::set_subnets(aws::Context& context, const elb::SetSubnetsInput& request) {
  const std::string& arn = *request.load_balancer_arn;
  LoadBalancerRow row = load_balancer(arn);
  if (request.ip_address_type && *request.ip_address_type != "ipv4")
    throw aws::not_implemented("SetSubnets: IpAddressType " + *request.ip_address_type);
  const auto subnets = subnets_of(request.subnets, request.subnet_mappings);
  if (check_subnets(interfaces_, context, subnets) != *row.value.vpc_id)
    throw elb::errors::InvalidConfigurationRequestException("All subnets must belong to the same VPC: '" +
                                                            *row.value.vpc_id + "'");
  std::vector<NodeRow> kept;
  std::vector<std::string> added;
  for (const auto& subnet : subnets) {
    const auto old =
        std::find_if(row.nodes.begin(), row.nodes.end(), [&](const NodeRow& node) { return node.subnet_id == subnet; });
    if (old == row.nodes.end())
      added.push_back(subnet);
    else
      kept.push_back(*old);
  }
  for (const auto& node : row.nodes)
    if (std::find(subnets.begin(), subnets.end(), node.subnet_id) == subnets.end())
      row.retired_enis.push_back(node.eni_id);
  const auto fresh = make_nodes(context, added, *row.value.security_groups,
                                "ELB app/" + *row.value.load_balancer_name + "/" + engine_id(arn),
                                row.value.scheme == "internet-facing");
  kept.insert(kept.end(), fresh.begin(), fresh.end());
  row.nodes = kept;
  row.value.availability_zones = zones(row.nodes);
  elb::SetSubnetsOutput out{.availability_zones = row.value.availability_zones,
                            .ip_address_type = row.value.ip_address_type};
  load_balancers_.put(key_of(arn), std::move(row));
  touch(arn);
  names_changed();
  return out;
}

elb::SetIpAddressTypeOutput Service::set_ip_address_type(aws::Context&, const elb::SetIpAddressTypeInput& request) {
  load_balancer(*request.load_balancer_arn);
  if (*request.ip_address_type != "ipv4") throw aws::not_implemented("SetIpAddressType: " + *request.ip_address_type);
  return {.ip_address_type = "ipv4"};
}

elb::DescribeCapacityReservationOutput Service::describe_capacity_reservation(
    aws::Context&, const elb::DescribeCapacityReservationInput& request) {
  load_balancer(*request.load_balancer_arn);
  return {};
}

elb::DescribeAccountLimitsOutput Service::describe_account_limits(aws::Context&,
                                                                  const elb::DescribeAccountLimitsInput&) {
  const std::pair<const char*, const char*> limits[] = {{"target-groups", "3000"},
                                                        {"targets-per-application-load-balancer", "1000"},
                                                        {"listeners-per-application-load-balancer", "50"},
                                                        {"rules-per-application-load-balancer", "100"},
                                                        {"certificates-per-application-load-balancer", "25"},
                                                        {"application-load-balancers", "50"},
                                                        {"target-groups-per-application-load-balancer", "100"},
                                                        {"target-groups-per-action-on-application-load-balancer", "5"},
                                                        {"condition-values-per-alb-rule", "5"},
                                                        {"condition-wildcards-per-alb-rule", "6"}};
  std::vector<elb::Limit> out;
  for (const auto& [name, max] : limits) out.push_back({.name = name, .max = max});
  return {.limits = out};
}

}  // namespace stratus::services::elbv2
