// VPCs, subnets, internet gateways, zones, tags.
#include "stratus/core/arn.h"
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {
namespace {

const std::vector<std::string> kRegions = {"us-east-1",      "us-east-2",     "us-west-1",    "us-west-2",
                                           "eu-west-1",      "eu-west-2",     "eu-central-1", "ap-southeast-1",
                                           "ap-southeast-2", "ap-northeast-1"};

std::string zone_id(const std::string& zone) {
  // "us-east-1a" → "use1-az1"
  const auto parts = text::split(zone, '-');
  return parts[0] + parts[1].substr(0, 1) + parts[2].substr(0, 1) + "-az" + std::to_string(zone.back() - 'a' + 1);
}

[[noreturn]] void depends(const std::string& noun, const std::string& id) {
  throw aws::Error("DependencyViolation", 400, "The " + noun + " '" + id + "' has dependencies and cannot be deleted.");
}

}  // namespace

e::Vpc Service::describe(const aws::Context& context, const Vpc& row) const {
  e::Vpc out{.owner_id = context.account, .instance_tenancy = row.tenancy};
  out.cidr_block_association_set = {{{.association_id = row.cidr_association_id,
                                      .cidr_block = row.cidr,
                                      .cidr_block_state = e::VpcCidrBlockState{.state = "associated"}}}};
  for (const auto& block : row.secondary_cidrs)
    out.cidr_block_association_set->push_back({.association_id = block.association_id,
                                               .cidr_block = block.cidr,
                                               .cidr_block_state = e::VpcCidrBlockState{.state = "associated"}});
  out.is_default = row.is_default;
  out.tags = tags_of(context.account, context.region, row.id);
  out.vpc_id = row.id;
  out.state = "available";
  out.cidr_block = row.cidr;
  out.dhcp_options_id = row.dhcp_options_id.empty() ? "dopt-0" + std::string(16, '0') : row.dhcp_options_id;
  return out;
}

e::CreateVpcResult Service::create_vpc(aws::Context& context, const e::CreateVpcRequest& request) {
  if (request.amazon_provided_ipv6_cidr_block.value_or(false) || request.ipv6_cidr_block)
    throw aws::not_implemented("CreateVpc: IPv6");
  if (request.ipv4_ipam_pool_id) throw aws::not_implemented("CreateVpc: Ipv4IpamPoolId");
  if (!request.cidr_block)
    throw aws::Error("MissingParameter", 400, "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.");
  const auto cidr = parse_cidr(*request.cidr_block);
  if (!cidr)
    throw aws::Error(
        "InvalidParameterValue", 400,
        "Value (" + *request.cidr_block + ") for parameter cidrBlock is invalid. This is not a valid CIDR block.");
  if (cidr->length < 16 || cidr->length > 28)
    throw aws::Error("InvalidVpc.Range", 400, "The CIDR '" + *request.cidr_block + "' is invalid.");
  const Vpc& made = make_vpc(context, cidr->text(), request.instance_tenancy.value_or("default"), false);
  tag(context, made.id, request.tag_specifications, "vpc");
  e::Vpc described = describe(context, made);
  described.state = "pending";
  return {.vpc = described};
}

/// With its main route table, default network ACL and default security group.
const Vpc& Service::make_vpc(const aws::Context& context, const std::string& cidr, const std::string& tenancy,
                             bool is_default) {
  Vpc row;
  row.id = random_.ec2_id("vpc");
  row.cidr = cidr;
  row.cidr_association_id = random_.ec2_id("vpc-cidr-assoc");
  row.tenancy = tenancy;
  row.is_default = is_default;
  row.dns_hostnames = is_default;
  RouteTable table = new_route_table(context, row.id);
  table.main_association_id = random_.ec2_id("rtbassoc");
  row.main_route_table = table.id;
  NetworkAcl acl{.id = random_.ec2_id("acl"), .vpc_id = row.id, .is_default = true};
  for (const bool egress : {true, false})
    acl.entries.push_back({.number = 100, .egress = egress, .allow = true, .protocol = "-1", .cidr = "0.0.0.0/0"});
  row.default_acl = acl.id;
  SecurityGroup group{
      .id = random_.ec2_id("sg"), .vpc_id = row.id, .name = "default", .description = "default VPC security group"};
  group.rules = {{.id = random_.ec2_id("sgr"), .egress = false, .protocol = "-1", .group_id = group.id},
                 {.id = random_.ec2_id("sgr"), .egress = true, .protocol = "-1", .cidr = "0.0.0.0/0"}};
  row.default_group = group.id;
  const state::Key key{context.account, context.region, row.id};
  const state::Key table_key{context.account, context.region, table.id},
      acl_key{context.account, context.region, acl.id}, group_key{context.account, context.region, group.id};
  tables_.put(table_key, std::move(table));
  acls_.put(acl_key, std::move(acl));
  groups_.put(group_key, std::move(group));
  return vpcs_.put(key, std::move(row));
}

e::DescribeVpcsResult Service::describe_vpcs(aws::Context& context, const e::DescribeVpcsRequest& request) {
  ensure_default(context);
  auto found = select<e::Vpc>(
      vpcs_.list(context.account, context.region), request.vpc_ids, "InvalidVpcID.NotFound", "vpc ID", request.filters,
      [&](const Vpc& v) { return describe(context, v); }, [](const Vpc& v) { return v.id; },
      [](const std::string& name, bool& known, const Vpc& row, const e::Vpc& item) -> std::vector<std::string> {
        std::vector<std::string> tags;
        if (tag_values(name, *item.tags, tags)) return tags;
        if (name == "vpc-id") return {row.id};
        if (name == "cidr" || name == "cidr-block" || name == "cidrBlock") return {row.cidr};
        if (name == "cidr-block-association.cidr-block" || name == "cidr-block-association.association-id") {
          for (const auto& block : *item.cidr_block_association_set)
            tags.push_back(name.ends_with("-id") ? *block.association_id : *block.cidr_block);
          return tags;
        }
        if (name == "state" || name == "cidr-block-association.state")
          return {name == "state" ? "available" : "associated"};
        if (name == "isDefault" || name == "is-default") return {row.is_default ? "true" : "false"};
        if (name == "owner-id") return {*item.owner_id};
        if (name == "dhcp-options-id") return {*item.dhcp_options_id};
        if (name.starts_with("ipv6-cidr-block-association.")) return {};
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.next_token = std::move(next), .vpcs = std::move(found)};
}

e::DeleteVpcResponse Service::delete_vpc(aws::Context& context, const e::DeleteVpcRequest& request) {
  const Vpc row = vpc(context.account, context.region, *request.vpc_id);
  for (const Subnet* s : subnets_.list(context.account, context.region))
    if (s->vpc_id == row.id) depends("vpc", row.id);
  for (const InternetGateway* g : gateways_.list(context.account, context.region))
    if (g->vpc_id == row.id) depends("vpc", row.id);
  for (const RouteTable* t : tables_.list(context.account, context.region))
    if (t->vpc_id == row.id && t->id != row.main_route_table) depends("vpc", row.id);
  for (const NetworkAcl* a : acls_.list(context.account, context.region))
    if (a->vpc_id == row.id && !a->is_default) depends("vpc", row.id);
  for (const SecurityGroup* g : groups_.list(context.account, context.region))
    if (g->vpc_id == row.id && g->id != row.default_group) depends("vpc", row.id);
  for (const Peering* p : peerings_of(row.id)) {
    const state::Key peering{p->account, p->region, p->id};
    end_peering(peering, "deleted", "Deleted by " + context.account, context.now);
  }
  for (const auto& id : {row.main_route_table, row.default_acl, row.default_group, row.id})
    untag(context.account, context.region, id);
  tables_.erase({context.account, context.region, row.main_route_table});
  acls_.erase({context.account, context.region, row.default_acl});
  groups_.erase({context.account, context.region, row.default_group});
  vpcs_.erase({context.account, context.region, row.id});
  mark(context.account, context.region, row.id);
  return {};
}

e::DescribeVpcAttributeResult Service::describe_vpc_attribute(aws::Context& context,
                                                              const e::DescribeVpcAttributeRequest& request) {
  const Vpc& row = vpc(context.account, context.region, *request.vpc_id);
  e::DescribeVpcAttributeResult out{.vpc_id = row.id};
  const std::string& attribute = *request.attribute;
  if (attribute == "enableDnsSupport")
    out.enable_dns_support = e::AttributeBooleanValue{.value = row.dns_support};
  else if (attribute == "enableDnsHostnames")
    out.enable_dns_hostnames = e::AttributeBooleanValue{.value = row.dns_hostnames};
  else if (attribute == "enableNetworkAddressUsageMetrics")
    out.enable_network_address_usage_metrics = e::AttributeBooleanValue{.value = false};
  else
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" + attribute + ") for parameter attribute is invalid. Unknown attribute");
  return out;
}

e::ModifyVpcAttributeResponse Service::modify_vpc_attribute(aws::Context& context,
                                                            const e::ModifyVpcAttributeRequest& request) {
  vpc(context.account, context.region, *request.vpc_id);
  if (request.enable_network_address_usage_metrics &&
      request.enable_network_address_usage_metrics->value.value_or(false))
    throw aws::not_implemented("ModifyVpcAttribute: EnableNetworkAddressUsageMetrics");
  vpcs_.update({context.account, context.region, *request.vpc_id}, [&](Vpc& row) {
    if (request.enable_dns_support && request.enable_dns_support->value)
      row.dns_support = *request.enable_dns_support->value;
    if (request.enable_dns_hostnames && request.enable_dns_hostnames->value)
      row.dns_hostnames = *request.enable_dns_hostnames->value;
  });
  if (scopes_changed_) store_.after_commit(scopes_changed_);
  return {};
}

e::Subnet Service::describe(const aws::Context& context, const Subnet& row) const {
  std::int32_t used = 0;
  for (const NetworkInterface* eni : enis_.list(context.account, context.region))
    used += eni->subnet_id == row.id ? 1 + static_cast<std::int32_t>(eni->secondary_ips.size()) : 0;
  e::Subnet out{.availability_zone_id = zone_id(row.zone)};
  out.map_customer_owned_ip_on_launch = false;
  out.owner_id = context.account;
  out.assign_ipv6_address_on_creation = false;
  out.ipv6_cidr_block_association_set = std::vector<e::SubnetIpv6CidrBlockAssociation>{};
  out.tags = tags_of(context.account, context.region, row.id);
  out.subnet_arn = make_arn("ec2", context.region, context.account, "subnet/" + row.id);
  out.enable_dns64 = false;
  out.ipv6_native = false;
  out.private_dns_name_options_on_launch =
      e::PrivateDnsNameOptionsOnLaunch{.hostname_type = "ip-name",
                                       .enable_resource_name_dns_a_record = false,
                                       .enable_resource_name_dns_aaaa_record = false};
  out.subnet_id = row.id;
  out.state = "available";
  out.vpc_id = row.vpc_id;
  out.cidr_block = row.cidr;
  out.available_ip_address_count = static_cast<std::int32_t>(parse_cidr(row.cidr)->size()) - 5 - used;
  out.availability_zone = row.zone;
  out.default_for_az = row.default_for_zone;
  out.map_public_ip_on_launch = row.map_public_ip;
  return out;
}

e::CreateSubnetResult Service::create_subnet(aws::Context& context, const e::CreateSubnetRequest& request) {
  if (request.ipv6_cidr_block || request.ipv6_native.value_or(false)) throw aws::not_implemented("CreateSubnet: IPv6");
  if (request.outpost_arn) throw aws::not_implemented("CreateSubnet: OutpostArn");
  const Vpc& owner = vpc(context.account, context.region, *request.vpc_id);
  if (!request.cidr_block)
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter cidrBlock");
  const auto cidr = parse_cidr(*request.cidr_block);
  if (!cidr)
    throw aws::Error(
        "InvalidParameterValue", 400,
        "Value (" + *request.cidr_block + ") for parameter cidrBlock is invalid. This is not a valid CIDR block.");
  bool inside = parse_cidr(owner.cidr)->contains(*cidr);
  for (const auto& block : owner.secondary_cidrs) inside = inside || parse_cidr(block.cidr)->contains(*cidr);
  if (cidr->length < 16 || cidr->length > 28 || !inside)
    throw aws::Error("InvalidSubnet.Range", 400, "The CIDR '" + *request.cidr_block + "' is invalid.");
  for (const Subnet* other : subnets_.list(context.account, context.region))
    if (other->vpc_id == owner.id && parse_cidr(other->cidr)->overlaps(*cidr))
      throw aws::Error("InvalidSubnet.Conflict", 400,
                       "The CIDR '" + *request.cidr_block + "' conflicts with another subnet");
  std::string zone = request.availability_zone.value_or(context.region + "a");
  if (request.availability_zone_id) {
    zone.clear();
    for (const char letter : {'a', 'b', 'c'})
      if (zone_id(context.region + letter) == *request.availability_zone_id) zone = context.region + letter;
  }
  if (zone.size() != context.region.size() + 1 || !zone.starts_with(context.region) || zone.back() < 'a' ||
      zone.back() > 'c')
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" + request.availability_zone.value_or(request.availability_zone_id.value_or("")) +
                         ") for parameter availabilityZone is invalid. Subnets can currently only be created in the "
                         "following availability zones: " +
                         context.region + "a, " + context.region + "b, " + context.region + "c.");
  Subnet row{.id = random_.ec2_id("subnet"),
             .vpc_id = owner.id,
             .cidr = cidr->text(),
             .zone = zone,
             .acl_id = owner.default_acl,
             .acl_association_id = random_.ec2_id("aclassoc")};
  tag(context, row.id, request.tag_specifications, "subnet");
  const state::Key key{context.account, context.region, row.id};
  const Subnet& made = subnets_.put(key, std::move(row));
  mark(context.account, context.region, made.vpc_id);
  return {.subnet = describe(context, made)};
}

e::DescribeSubnetsResult Service::describe_subnets(aws::Context& context, const e::DescribeSubnetsRequest& request) {
  ensure_default(context);
  auto found = select<e::Subnet>(
      subnets_.list(context.account, context.region), request.subnet_ids, "InvalidSubnetID.NotFound", "subnet ID",
      request.filters, [&](const Subnet& s) { return describe(context, s); }, [](const Subnet& s) { return s.id; },
      [](const std::string& name, bool& known, const Subnet& row, const e::Subnet& item) -> std::vector<std::string> {
        std::vector<std::string> tags;
        if (tag_values(name, *item.tags, tags)) return tags;
        if (name == "vpc-id") return {row.vpc_id};
        if (name == "subnet-id") return {row.id};
        if (name == "availability-zone" || name == "availabilityZone") return {row.zone};
        if (name == "availability-zone-id" || name == "availabilityZoneId") return {*item.availability_zone_id};
        if (name == "cidr" || name == "cidr-block" || name == "cidrBlock") return {row.cidr};
        if (name == "state") return {"available"};
        if (name == "owner-id") return {*item.owner_id};
        if (name == "default-for-az" || name == "defaultForAz") return {row.default_for_zone ? "true" : "false"};
        if (name == "map-public-ip-on-launch") return {row.map_public_ip ? "true" : "false"};
        if (name == "available-ip-address-count") return {std::to_string(*item.available_ip_address_count)};
        if (name == "subnet-arn") return {*item.subnet_arn};
        if (name == "enable-dns64" || name == "ipv6-native" || name == "map-customer-owned-ip-on-launch")
          return {"false"};
        if (name.starts_with("ipv6-cidr-block-association.") || name == "outpost-arn") return {};
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.next_token = std::move(next), .subnets = std::move(found)};
}

e::ModifySubnetAttributeResponse Service::modify_subnet_attribute(aws::Context& context,
                                                                  const e::ModifySubnetAttributeRequest& request) {
  subnet(context.account, context.region, *request.subnet_id);
  const auto refuse = [](const std::optional<e::AttributeBooleanValue>& value, const char* name) {
    if (value && value->value.value_or(false))
      throw aws::not_implemented(std::string("ModifySubnetAttribute: ") + name);
  };
  refuse(request.assign_ipv6_address_on_creation, "AssignIpv6AddressOnCreation");
  refuse(request.enable_dns64, "EnableDns64");
  refuse(request.map_customer_owned_ip_on_launch, "MapCustomerOwnedIpOnLaunch");
  refuse(request.enable_resource_name_dns_a_record_on_launch, "EnableResourceNameDnsARecordOnLaunch");
  subnets_.update({context.account, context.region, *request.subnet_id}, [&](Subnet& row) {
    if (request.map_public_ip_on_launch && request.map_public_ip_on_launch->value)
      row.map_public_ip = *request.map_public_ip_on_launch->value;
  });
  return {};
}

e::DeleteSubnetResponse Service::delete_subnet(aws::Context& context, const e::DeleteSubnetRequest& request) {
  const Subnet row = subnet(context.account, context.region, *request.subnet_id);
  for (const NetworkInterface* eni : enis_.list(context.account, context.region))
    if (eni->subnet_id == row.id) depends("subnet", row.id);
  for (const RouteTable* table : tables_.list(context.account, context.region))
    if (std::any_of(table->associations.begin(), table->associations.end(),
                    [&](const RouteAssociation& a) { return a.subnet_id == row.id; }))
      tables_.update({context.account, context.region, table->id}, [&](RouteTable& t) {
        std::erase_if(t.associations, [&](const RouteAssociation& a) { return a.subnet_id == row.id; });
      });
  untag(context.account, context.region, row.id);
  subnets_.erase({context.account, context.region, row.id});
  mark(context.account, context.region, row.vpc_id);
  return {};
}

const InternetGateway& Service::gateway(const aws::Context& context, const std::string& id) const {
  const InternetGateway* found = gateways_.find(context.account, context.region, id);
  if (found == nullptr)
    throw aws::Error("InvalidInternetGatewayID.NotFound", 400, "The internetGateway ID '" + id + "' does not exist");
  return *found;
}

e::InternetGateway Service::describe(const aws::Context& context, const InternetGateway& row) const {
  e::InternetGateway out{.attachments = std::vector<e::InternetGatewayAttachment>{},
                         .internet_gateway_id = row.id,
                         .owner_id = context.account};
  if (!row.vpc_id.empty()) out.attachments->push_back({.state = "available", .vpc_id = row.vpc_id});
  out.tags = tags_of(context.account, context.region, row.id);
  return out;
}

e::CreateInternetGatewayResult Service::create_internet_gateway(aws::Context& context,
                                                                const e::CreateInternetGatewayRequest& request) {
  InternetGateway row{.id = random_.ec2_id("igw")};
  tag(context, row.id, request.tag_specifications, "internet-gateway");
  const state::Key key{context.account, context.region, row.id};
  return {.internet_gateway = describe(context, gateways_.put(key, std::move(row)))};
}

e::DescribeInternetGatewaysResult Service::describe_internet_gateways(
    aws::Context& context, const e::DescribeInternetGatewaysRequest& request) {
  ensure_default(context);
  auto found = select<e::InternetGateway>(
      gateways_.list(context.account, context.region), request.internet_gateway_ids,
      "InvalidInternetGatewayID.NotFound", "internetGateway ID", request.filters,
      [&](const InternetGateway& g) { return describe(context, g); }, [](const InternetGateway& g) { return g.id; },
      [](const std::string& name, bool& known, const InternetGateway& row,
         const e::InternetGateway& item) -> std::vector<std::string> {
        std::vector<std::string> tags;
        if (tag_values(name, *item.tags, tags)) return tags;
        if (name == "internet-gateway-id") return {row.id};
        if (name == "attachment.vpc-id")
          return row.vpc_id.empty() ? std::vector<std::string>{} : std::vector<std::string>{row.vpc_id};
        if (name == "attachment.state")
          return row.vpc_id.empty() ? std::vector<std::string>{} : std::vector<std::string>{"available"};
        if (name == "owner-id") return {*item.owner_id};
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.internet_gateways = std::move(found), .next_token = std::move(next)};
}

e::AttachInternetGatewayResponse Service::attach_internet_gateway(aws::Context& context,
                                                                  const e::AttachInternetGatewayRequest& request) {
  const InternetGateway& row = gateway(context, *request.internet_gateway_id);
  vpc(context.account, context.region, *request.vpc_id);
  if (!row.vpc_id.empty())
    throw aws::Error("Resource.AlreadyAssociated", 400,
                     "resource " + row.id + " is already attached to network " + row.vpc_id);
  for (const InternetGateway* other : gateways_.list(context.account, context.region))
    if (other->vpc_id == *request.vpc_id)
      throw aws::Error("InvalidParameterValue", 400,
                       "Network " + *request.vpc_id + " already has an internet gateway attached");
  gateways_.update({context.account, context.region, row.id}, [&](InternetGateway& g) { g.vpc_id = *request.vpc_id; });
  mark(context.account, context.region, *request.vpc_id);
  return {};
}

e::DetachInternetGatewayResponse Service::detach_internet_gateway(aws::Context& context,
                                                                  const e::DetachInternetGatewayRequest& request) {
  const InternetGateway& row = gateway(context, *request.internet_gateway_id);
  if (row.vpc_id != *request.vpc_id)
    throw aws::Error("Gateway.NotAttached", 400,
                     "resource " + row.id + " is not attached to network " + *request.vpc_id);
  // Public addresses in use hold the gateway.
  for (const Address* address : addresses_.list(context.account, context.region)) {
    const NetworkInterface* eni =
        address->eni_id.empty() ? nullptr : enis_.find(context.account, context.region, address->eni_id);
    if (eni != nullptr && eni->vpc_id == *request.vpc_id)
      throw aws::Error("DependencyViolation", 400,
                       "Network " + *request.vpc_id +
                           " has some mapped public address(es). Please unmap those public address(es) before "
                           "detaching the gateway.");
  }
  gateways_.update({context.account, context.region, row.id}, [](InternetGateway& g) { g.vpc_id.clear(); });
  mark(context.account, context.region, *request.vpc_id);
  return {};
}

e::DeleteInternetGatewayResponse Service::delete_internet_gateway(aws::Context& context,
                                                                  const e::DeleteInternetGatewayRequest& request) {
  const InternetGateway& row = gateway(context, *request.internet_gateway_id);
  if (!row.vpc_id.empty()) depends("internetGateway", row.id);
  untag(context.account, context.region, *request.internet_gateway_id);
  gateways_.erase({context.account, context.region, *request.internet_gateway_id});
  return {};
}

e::DescribeAvailabilityZonesResult Service::describe_availability_zones(
    aws::Context& context, const e::DescribeAvailabilityZonesRequest& request) {
  e::DescribeAvailabilityZonesResult out{.availability_zones = std::vector<e::AvailabilityZone>{}};
  for (const char letter : {'a', 'b', 'c'}) {
    const std::string zone = context.region + letter;
    if (request.zone_names &&
        std::find(request.zone_names->begin(), request.zone_names->end(), zone) == request.zone_names->end())
      continue;
    e::AvailabilityZone item{.opt_in_status = "opt-in-not-required",
                             .messages = std::vector<e::AvailabilityZoneMessage>{},
                             .region_name = context.region,
                             .zone_name = zone,
                             .zone_id = zone_id(zone),
                             .group_name = context.region + "-zg-1",
                             .network_border_group = context.region,
                             .zone_type = "availability-zone",
                             .state = "available"};
    if (matches(request.filters, [&](const std::string& name, bool& known) -> std::vector<std::string> {
          if (name == "state") return {"available"};
          if (name == "zone-name") return {zone};
          if (name == "zone-id") return {*item.zone_id};
          if (name == "zone-type") return {"availability-zone"};
          if (name == "region-name" || name == "network-border-group") return {context.region};
          if (name == "group-name") return {*item.group_name};
          if (name == "opt-in-status") return {"opt-in-not-required"};
          known = false;
          return {};
        }))
      out.availability_zones->push_back(std::move(item));
  }
  if (request.zone_names)
    for (const auto& name : *request.zone_names)
      if (std::none_of(out.availability_zones->begin(), out.availability_zones->end(),
                       [&](const auto& z) { return z.zone_name == name; }) &&
          !request.filters)
        throw aws::Error("InvalidParameterValue", 400, "Invalid availability zone: [" + name + "]");
  return out;
}

e::DescribeRegionsResult Service::describe_regions(aws::Context&, const e::DescribeRegionsRequest& request) {
  e::DescribeRegionsResult out{.regions = std::vector<e::Region>{}};
  if (request.region_names)
    for (const auto& name : *request.region_names)
      if (std::find(kRegions.begin(), kRegions.end(), name) == kRegions.end())
        throw aws::Error("InvalidParameterValue", 400, "Invalid region name: [" + name + "]");
  for (const auto& region : kRegions) {
    if (request.region_names &&
        std::find(request.region_names->begin(), request.region_names->end(), region) == request.region_names->end())
      continue;
    if (!matches(request.filters, [&](const std::string& name, bool& known) -> std::vector<std::string> {
          if (name == "region-name") return {region};
          if (name == "opt-in-status") return {"opt-in-not-required"};
          if (name == "endpoint") return {"ec2." + region + ".amazonaws.com"};
          known = false;
          return {};
        }))
      continue;
    e::Region item;
    item.region_name = region;
    item.endpoint = "ec2." + region + ".amazonaws.com";
    item.opt_in_status = "opt-in-not-required";
    out.regions->push_back(std::move(item));
  }
  return out;
}

e::DescribeAccountAttributesResult Service::describe_account_attributes(
    aws::Context& context, const e::DescribeAccountAttributesRequest& request) {
  ensure_default(context);
  const Vpc* by_default = default_vpc(context);
  e::DescribeAccountAttributesResult out{.account_attributes = std::vector<e::AccountAttribute>{}};
  const std::vector<std::pair<std::string, std::string>> all = {
      {"supported-platforms", "VPC"}, {"default-vpc", by_default == nullptr ? "none" : by_default->id},
      {"max-instances", "0"},         {"vpc-max-security-groups-per-interface", "5"},
      {"max-elastic-ips", "5000"},    {"vpc-max-elastic-ips", "5000"}};
  for (const auto& [name, value] : all) {
    if (request.attribute_names && std::find(request.attribute_names->begin(), request.attribute_names->end(), name) ==
                                       request.attribute_names->end())
      continue;
    out.account_attributes->push_back(
        {.attribute_name = name, .attribute_values = {{e::AccountAttributeValue{.attribute_value = value}}}});
  }
  return out;
}

std::string Service::type_of(const aws::Context& c, const std::string& id) const {
  const auto in = [&](const auto& table) { return table.find(c.account, c.region, id) != nullptr; };
  if (in(vpcs_)) return "vpc";
  if (in(subnets_)) return "subnet";
  if (in(gateways_)) return "internet-gateway";
  if (in(addresses_)) return "elastic-ip";
  if (in(nats_)) return "natgateway";
  if (in(tables_)) return "route-table";
  if (in(acls_)) return "network-acl";
  if (in(groups_)) return "security-group";
  if (in(enis_)) return "network-interface";
  if (in(peerings_)) return "vpc-peering-connection";
  if (in(dhcp_options_)) return "dhcp-options";
  if (in(key_pairs_)) return "key-pair";
  if (in(prefix_lists_)) return "prefix-list";
  if (id == "dopt-0" + std::string(16, '0')) return "dhcp-options";
  for (const SecurityGroup* group : groups_.list(c.account, c.region))
    for (const GroupRule& rule : group->rules)
      if (rule.id == id) return "security-group-rule";
  static const std::map<std::string, std::pair<const char*, const char*>> kinds = {
      {"vpc", {"InvalidVpcID.NotFound", "vpc ID"}},
      {"subnet", {"InvalidSubnetID.NotFound", "subnet ID"}},
      {"igw", {"InvalidInternetGatewayID.NotFound", "internetGateway ID"}},
      {"eipalloc", {"InvalidAllocationID.NotFound", "allocation ID"}},
      {"nat", {"NatGatewayNotFound", "Nat Gateway"}},
      {"rtb", {"InvalidRouteTableID.NotFound", "routeTable ID"}},
      {"acl", {"InvalidNetworkAclID.NotFound", "networkAcl ID"}},
      {"sg", {"InvalidGroup.NotFound", "security group"}},
      {"eni", {"InvalidNetworkInterfaceID.NotFound", "networkInterface ID"}},
      {"pcx", {"InvalidVpcPeeringConnectionID.NotFound", "vpcPeeringConnection ID"}},
      {"dopt", {"InvalidDhcpOptionID.NotFound", "dhcpOption ID"}},
      {"i", {"InvalidInstanceID.NotFound", "instance ID"}}};
  if (const auto known = kinds.find(id.substr(0, id.find('-')));
      id.find('-') != std::string::npos && known != kinds.end())
    throw aws::Error(known->second.first, 400,
                     "The " + std::string(known->second.second) + " '" + id + "' does not exist");
  throw aws::Error("InvalidID", 400, "The ID '" + id + "' is not valid");
}

e::CreateTagsResponse Service::create_tags(aws::Context& context, const e::CreateTagsRequest& request) {
  for (const auto& id : *request.resources) type_of(context, id);
  for (const auto& id : *request.resources) {
    const state::Key key{context.account, context.region, id};
    Tags row = tags_.find(key) == nullptr ? Tags{} : *tags_.find(key);
    for (const auto& tag : *request.tags) {
      if (tag.key.value_or("").starts_with("aws:"))
        throw aws::Error("InvalidParameterValue", 400, "Tag keys starting with 'aws:' are reserved for internal use");
      row.values[tag.key.value_or("")] = tag.value.value_or("");
    }
    if (row.values.size() > 50)
      throw aws::Error("TagLimitExceeded", 400, "The maximum number of Tags for a resource has been reached.");
    tags_.put(key, std::move(row));
  }
  return {};
}

e::DeleteTagsResponse Service::delete_tags(aws::Context& context, const e::DeleteTagsRequest& request) {
  for (const auto& id : *request.resources) {
    const state::Key key{context.account, context.region, id};
    const Tags* before = tags_.find(key);
    if (before == nullptr) continue;
    Tags row = *before;
    if (!request.tags)
      row.values.clear();
    else
      for (const auto& tag : *request.tags) {
        const auto found = row.values.find(tag.key.value_or(""));
        if (found != row.values.end() && (!tag.value || *tag.value == found->second)) row.values.erase(found);
      }
    if (row.values.empty())
      tags_.erase(key);
    else
      tags_.put(key, std::move(row));
  }
  return {};
}

e::DescribeTagsResult Service::describe_tags(aws::Context& context, const e::DescribeTagsRequest& request) {
  std::vector<e::TagDescription> found;
  for (const auto& [key, row] : tags_.all()) {
    if (key.account != context.account || key.region != context.region) continue;
    const std::string type = type_of(context, key.id);
    for (const auto& [name, value] : row->values)
      if (matches(request.filters,
                  [&, id = key.id, n = name, v = value](const std::string& filter,
                                                        bool& known) -> std::vector<std::string> {
                    if (filter == "key") return {n};
                    if (filter == "value") return {v};
                    if (filter == "resource-id") return {id};
                    if (filter == "resource-type") return {type};
                    if (filter.starts_with("tag:"))
                      return filter.substr(4) == n ? std::vector<std::string>{v} : std::vector<std::string>{};
                    known = false;
                    return {};
                  }))
        found.push_back({.key = name, .resource_id = key.id, .resource_type = type, .value = value});
  }
  auto next = page(found, request.next_token, request.max_results);
  return {.next_token = std::move(next), .tags = std::move(found)};
}

}  // namespace stratus::services::ec2
