// The default VPC that every account has in every region, further blocks of a VPC, and the options of its resolver.
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {
namespace {

constexpr const char* kDefaultCidr = "172.31.0.0/16";
constexpr char kZones[] = {'a', 'b', 'c'};

}  // namespace

const Vpc* Service::default_vpc(const aws::Context& context) const {
  for (const Vpc* row : vpcs_.list(context.account, context.region))
    if (row->is_default) return row;
  return nullptr;
}

const Subnet& Service::make_default_subnet(const aws::Context& context, const Vpc& owner, char zone) {
  const Cidr block = *parse_cidr(owner.cidr);
  Subnet row{.id = random_.ec2_id("subnet"),
             .vpc_id = owner.id,
             .zone = context.region + zone,
             .map_public_ip = true,
             .acl_id = owner.default_acl,
             .acl_association_id = random_.ec2_id("aclassoc"),
             .default_for_zone = true};
  // The first /20 that is free.
  for (std::uint32_t i = 0; i < 16 && row.cidr.empty(); ++i) {
    const Cidr candidate{block.base + (i << 12U), 20};
    bool taken = false;
    for (const Subnet* other : subnets_.list(context.account, context.region))
      taken = taken || (other->vpc_id == owner.id && parse_cidr(other->cidr)->overlaps(candidate));
    if (!taken) row.cidr = candidate.text();
  }
  if (row.cidr.empty())
    throw aws::Error("InvalidSubnet.Conflict", 400, "The default VPC has no free block for a default subnet.");
  const state::Key key{context.account, context.region, row.id};
  return subnets_.put(key, std::move(row));
}

void Service::make_default_vpc(const aws::Context& context) {
  const Vpc owner = make_vpc(context, kDefaultCidr, "default", true);
  for (const char zone : kZones) make_default_subnet(context, owner, zone);
  const std::string gateway_id = random_.ec2_id("igw");
  gateways_.put({context.account, context.region, gateway_id}, {.id = gateway_id, .vpc_id = owner.id});
  tables_.update({context.account, context.region, owner.main_route_table}, [&](RouteTable& table) {
    table.routes.push_back({.destination = "0.0.0.0/0", .gateway_id = gateway_id});
  });
}

void Service::ensure_default(const aws::Context& context) {
  const state::Key key{context.account, context.region, "account"};
  const Account* known = accounts_.find(key);
  if (known != nullptr && known->default_vpc_made) return;
  store_.call([&] {
    accounts_.put(key, {.default_vpc_made = true});
    make_default_vpc(context);
  });
}

e::CreateDefaultVpcResult Service::create_default_vpc(aws::Context& context, const e::CreateDefaultVpcRequest&) {
  ensure_default(context);
  if (default_vpc(context) != nullptr)
    throw aws::Error("DefaultVpcAlreadyExists", 400, "A Default VPC already exists for this account in this region.");
  make_default_vpc(context);
  return {.vpc = describe(context, *default_vpc(context))};
}

e::CreateDefaultSubnetResult Service::create_default_subnet(aws::Context& context,
                                                            const e::CreateDefaultSubnetRequest& request) {
  if (request.ipv6_native.value_or(false)) throw aws::not_implemented("CreateDefaultSubnet: Ipv6Native");
  ensure_default(context);
  const Vpc* owner = default_vpc(context);
  if (owner == nullptr)
    throw aws::Error("DefaultVpcDoesNotExist", 400,
                     "No default VPC exists for this account in this region. Create a default VPC first.");
  const std::string zone = request.availability_zone.value_or("");
  if (zone.size() != context.region.size() + 1 || !zone.starts_with(context.region) ||
      std::find(std::begin(kZones), std::end(kZones), zone.back()) == std::end(kZones))
    throw aws::Error("InvalidParameterValue", 400, "Value (" + zone + ") for parameter availabilityZone is invalid.");
  for (const Subnet* row : subnets_.list(context.account, context.region))
    if (row->default_for_zone && row->zone == zone)
      throw aws::Error("DefaultSubnetAlreadyExistsInAvailabilityZone", 400,
                       "'" + row->id + "' is already the default subnet in " + zone + ".");
  return {.subnet = describe(context, make_default_subnet(context, *owner, zone.back()))};
}

e::AssociateVpcCidrBlockResult Service::associate_vpc_cidr_block(aws::Context& context,
                                                                 const e::AssociateVpcCidrBlockRequest& request) {
  if (request.amazon_provided_ipv6_cidr_block.value_or(false) || request.ipv6_cidr_block || request.ipv6_pool ||
      request.ipv6_ipam_pool_id)
    throw aws::not_implemented("AssociateVpcCidrBlock: IPv6");
  if (request.ipv4_ipam_pool_id) throw aws::not_implemented("AssociateVpcCidrBlock: Ipv4IpamPoolId");
  const Vpc row = vpc(context.account, context.region, *request.vpc_id);
  const auto cidr = parse_cidr(request.cidr_block.value_or(""));
  if (!cidr)
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" + request.cidr_block.value_or("") +
                         ") for parameter cidrBlock is invalid. This is not a valid CIDR block.");
  if (cidr->length < 16 || cidr->length > 28)
    throw aws::Error("InvalidVpc.Range", 400, "The CIDR '" + *request.cidr_block + "' is invalid.");
  std::vector<std::string> blocks = {row.cidr};
  for (const auto& secondary : row.secondary_cidrs) blocks.push_back(secondary.cidr);
  for (const auto& block : blocks)
    if (parse_cidr(block)->overlaps(*cidr))
      throw aws::Error("InvalidParameterValue", 400,
                       "The CIDR '" + cidr->text() + "' overlaps with the block " + block + " of the VPC");
  if (blocks.size() >= 5)
    throw aws::Error("CidrLimitExceeded", 400,
                     "This network '" + row.id + "' has met its maximum number of allowed CIDRs: 5");
  const SecondaryCidr added{cidr->text(), random_.ec2_id("vpc-cidr-assoc")};
  vpcs_.update({context.account, context.region, row.id}, [&](Vpc& v) { v.secondary_cidrs.push_back(added); });
  mark(context.account, context.region, row.id);
  return {.cidr_block_association = {{.association_id = added.association_id,
                                      .cidr_block = added.cidr,
                                      .cidr_block_state = e::VpcCidrBlockState{.state = "associating"}}},
          .vpc_id = row.id};
}

e::DisassociateVpcCidrBlockResult Service::disassociate_vpc_cidr_block(
    aws::Context& context, const e::DisassociateVpcCidrBlockRequest& request) {
  for (const Vpc* row : vpcs_.list(context.account, context.region)) {
    if (row->cidr_association_id == *request.association_id)
      throw aws::Error("OperationNotPermitted", 400,
                       "The vpc CIDR block with association ID " + *request.association_id +
                           " may not be disassociated. It is the primary IPv4 CIDR block of the VPC");
    for (const SecondaryCidr& block : row->secondary_cidrs) {
      if (block.association_id != *request.association_id) continue;
      const SecondaryCidr gone = block;
      const std::string id = row->id;
      for (const Subnet* subnet : subnets_.list(context.account, context.region))
        if (subnet->vpc_id == id && parse_cidr(gone.cidr)->contains(*parse_cidr(subnet->cidr)))
          throw aws::Error("DependencyViolation", 400,
                           "The vpc CIDR block with association ID " + gone.association_id +
                               " has dependencies and cannot be disassociated.");
      vpcs_.update({context.account, context.region, id}, [&](Vpc& v) {
        std::erase_if(v.secondary_cidrs,
                      [&](const SecondaryCidr& c) { return c.association_id == gone.association_id; });
      });
      mark(context.account, context.region, id);
      return {.cidr_block_association = {{.association_id = gone.association_id,
                                          .cidr_block = gone.cidr,
                                          .cidr_block_state = e::VpcCidrBlockState{.state = "disassociating"}}},
              .vpc_id = id};
    }
  }
  throw aws::Error("InvalidVpcCidrBlockAssociationID.NotFound", 400,
                   "The vpc CIDR block association ID '" + *request.association_id + "' does not exist");
}

}  // namespace stratus::services::ec2
