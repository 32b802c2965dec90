// Route tables, NAT gateways, Elastic IPs, network interfaces.
#include "stratus/core/arn.h"
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {

RouteTable Service::new_route_table(const aws::Context&, const std::string& vpc_id) {
  return {.id = random_.ec2_id("rtb"), .vpc_id = vpc_id};
}

const RouteTable& Service::route_table(const aws::Context& context, const std::string& id) const {
  const RouteTable* found = tables_.find(context.account, context.region, id);
  if (found == nullptr)
    throw aws::Error("InvalidRouteTableID.NotFound", 400, "The routeTable ID '" + id + "' does not exist");
  return *found;
}

std::string Service::table_of_subnet(const state::Key& vpc, const std::string& main,
                                     const std::string& subnet_id) const {
  for (const RouteTable* row : tables_.list(vpc.account, vpc.region))
    for (const RouteAssociation& association : row->associations)
      if (association.subnet_id == subnet_id) return row->id;
  return main;
}

e::RouteTable Service::describe(const aws::Context& context, const RouteTable& row) const {
  e::RouteTable out{.associations = std::vector<e::RouteTableAssociation>{},
                    .propagating_vgws = std::vector<e::PropagatingVgw>{},
                    .route_table_id = row.id,
                    .routes = std::vector<e::Route>{}};
  const e::RouteTableAssociationState associated{.state = "associated"};
  if (!row.main_association_id.empty())
    out.associations->push_back({.main = true,
                                 .route_table_association_id = row.main_association_id,
                                 .route_table_id = row.id,
                                 .association_state = associated});
  for (const auto& a : row.associations)
    out.associations->push_back({.main = false,
                                 .route_table_association_id = a.id,
                                 .route_table_id = row.id,
                                 .subnet_id = a.subnet_id,
                                 .association_state = associated});
  const Vpc* owner = vpcs_.find(context.account, context.region, row.vpc_id);
  if (owner != nullptr)
    out.routes->push_back({.destination_cidr_block = owner->cidr,
                           .gateway_id = "local",
                           .origin = "CreateRouteTable",
                           .state = "active"});
  if (owner != nullptr)
    for (const auto& block : owner->secondary_cidrs)
      out.routes->push_back({.destination_cidr_block = block.cidr,
                             .gateway_id = "local",
                             .origin = "CreateRouteTable",
                             .state = "active"});
  for (const Route& route : row.routes) {
    e::Route item{.origin = "CreateRoute", .state = "active"};
    (route.destination.starts_with("pl-") ? item.destination_prefix_list_id : item.destination_cidr_block) =
        route.destination;
    if (!route.gateway_id.empty()) {
      item.gateway_id = route.gateway_id;
      const InternetGateway* gateway = gateways_.find(context.account, context.region, route.gateway_id);
      if (gateway == nullptr || gateway->vpc_id != row.vpc_id) item.state = "blackhole";
    }
    if (!route.nat_gateway_id.empty()) {
      item.nat_gateway_id = route.nat_gateway_id;
      const NatGateway* nat = nats_.find(context.account, context.region, route.nat_gateway_id);
      if (nat == nullptr || nat->state == "deleted" || nat->state == "deleting" || nat->state == "failed")
        item.state = "blackhole";
    }
    if (!route.peering_id.empty()) {
      item.vpc_peering_connection_id = route.peering_id;
      const auto active = peerings_of(row.vpc_id);
      if (std::none_of(active.begin(), active.end(), [&](const Peering* p) { return p->id == route.peering_id; }))
        item.state = "blackhole";
    }
    if (!route.eni_id.empty()) {
      item.network_interface_id = route.eni_id;
      if (enis_.find(context.account, context.region, route.eni_id) == nullptr) item.state = "blackhole";
    }
    out.routes->push_back(std::move(item));
  }
  out.tags = tags_of(context.account, context.region, row.id);
  out.vpc_id = row.vpc_id;
  out.owner_id = context.account;
  return out;
}

e::CreateRouteTableResult Service::create_route_table(aws::Context& context,
                                                      const e::CreateRouteTableRequest& request) {
  vpc(context.account, context.region, *request.vpc_id);
  RouteTable row = new_route_table(context, *request.vpc_id);
  tag(context, row.id, request.tag_specifications, "route-table");
  const state::Key key{context.account, context.region, row.id};
  const RouteTable& made = tables_.put(key, std::move(row));
  mark(context.account, context.region, made.vpc_id);
  return {.route_table = describe(context, made)};
}

e::DescribeRouteTablesResult Service::describe_route_tables(aws::Context& context,
                                                            const e::DescribeRouteTablesRequest& request) {
  ensure_default(context);
  auto found = select<e::RouteTable>(
      tables_.list(context.account, context.region), request.route_table_ids, "InvalidRouteTableID.NotFound",
      "routeTable ID", request.filters, [&](const RouteTable& t) { return describe(context, t); },
      [](const RouteTable& t) { return t.id; },
      [](const std::string& name, bool& known, const RouteTable& row,
         const e::RouteTable& item) -> std::vector<std::string> {
        std::vector<std::string> out;
        if (tag_values(name, *item.tags, out)) return out;
        if (name == "vpc-id") return {row.vpc_id};
        if (name == "route-table-id" || name == "association.route-table-id") return {row.id};
        if (name == "owner-id") return {*item.owner_id};
        if (name == "association.main") {
          for (const auto& a : *item.associations) out.emplace_back(*a.main ? "true" : "false");
          return out;
        }
        if (name == "association.route-table-association-id" || name == "association.subnet-id" ||
            name == "association.gateway-id") {
          for (const auto& a : *item.associations) {
            if (name == "association.subnet-id" && a.subnet_id) out.push_back(*a.subnet_id);
            if (name == "association.route-table-association-id") out.push_back(*a.route_table_association_id);
          }
          return out;
        }
        if (name.starts_with("route.")) {
          for (const auto& r : *item.routes) {
            if (name == "route.destination-cidr-block")
              out.push_back(r.destination_cidr_block.value_or(""));
            else if (name == "route.destination-prefix-list-id")
              out.push_back(r.destination_prefix_list_id.value_or(""));
            else if (name == "route.gateway-id")
              out.push_back(r.gateway_id.value_or(""));
            else if (name == "route.nat-gateway-id")
              out.push_back(r.nat_gateway_id.value_or(""));
            else if (name == "route.vpc-peering-connection-id")
              out.push_back(r.vpc_peering_connection_id.value_or(""));
            else if (name == "route.state")
              out.push_back(*r.state);
            else if (name == "route.origin")
              out.push_back(*r.origin);
            else
              known = false;
          }
          return out;
        }
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.route_tables = std::move(found), .next_token = std::move(next)};
}

e::DeleteRouteTableResponse Service::delete_route_table(aws::Context& context,
                                                        const e::DeleteRouteTableRequest& request) {
  const RouteTable row = route_table(context, *request.route_table_id);
  if (!row.main_association_id.empty() || !row.associations.empty())
    throw aws::Error("DependencyViolation", 400,
                     "The routeTable '" + row.id + "' has dependencies and cannot be deleted.");
  untag(context.account, context.region, row.id);
  tables_.erase({context.account, context.region, row.id});
  mark(context.account, context.region, row.vpc_id);
  return {};
}

namespace {

struct RouteTarget {
  std::string destination, gateway, nat, eni, peering;
};

template <class Request>
RouteTarget target_of(const Request& request, const char* operation) {
  const auto refuse = [&](const auto& value, const char* name) {
    if (value) throw aws::not_implemented(std::string(operation) + ": " + name);
  };
  refuse(request.destination_ipv6_cidr_block, "DestinationIpv6CidrBlock");
  refuse(request.transit_gateway_id, "TransitGatewayId");
  refuse(request.vpc_endpoint_id, "VpcEndpointId");
  refuse(request.instance_id, "InstanceId");
  refuse(request.egress_only_internet_gateway_id, "EgressOnlyInternetGatewayId");
  refuse(request.local_gateway_id, "LocalGatewayId");
  refuse(request.carrier_gateway_id, "CarrierGatewayId");
  refuse(request.core_network_arn, "CoreNetworkArn");
  if (!request.destination_cidr_block && !request.destination_prefix_list_id)
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter destinationCidrBlock");
  const auto cidr = parse_cidr(request.destination_cidr_block.value_or("0.0.0.0/0"));
  if (!cidr)
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" + *request.destination_cidr_block +
                         ") for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.");
  const int targets = (request.gateway_id ? 1 : 0) + (request.nat_gateway_id ? 1 : 0) +
                      (request.network_interface_id ? 1 : 0) + (request.vpc_peering_connection_id ? 1 : 0);
  if (targets == 0)
    throw aws::Error("MissingParameter", 400,
                     "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, "
                     "vpcPeeringConnectionId");
  if (targets > 1)
    throw aws::Error("InvalidParameterCombination", 400, "The request must contain exactly one target of the route");
  return {request.destination_prefix_list_id.value_or(cidr->text()), request.gateway_id.value_or(""),
          request.nat_gateway_id.value_or(""), request.network_interface_id.value_or(""),
          request.vpc_peering_connection_id.value_or("")};
}

}  // namespace

e::CreateRouteResult Service::create_route(aws::Context& context, const e::CreateRouteRequest& request) {
  const RouteTable row = route_table(context, *request.route_table_id);
  const RouteTarget target = target_of(request, "CreateRoute");
  if (request.destination_prefix_list_id) prefix_list(context, target.destination);
  if (!target.gateway.empty() && gateway(context, target.gateway).vpc_id != row.vpc_id)
    throw aws::Error(
        "InvalidParameterValue", 400,
        "route table " + row.id + " and network gateway " + target.gateway + " belong to different networks");
  if (!target.nat.empty()) {
    const NatGateway* nat = nats_.find(context.account, context.region, target.nat);
    if (nat == nullptr)
      throw aws::Error("InvalidNatGatewayID.NotFound", 400, "The natGateway ID '" + target.nat + "' does not exist");
    if (nat->vpc_id != row.vpc_id)
      throw aws::Error("InvalidParameterValue", 400,
                       "route table " + row.id + " and nat gateway " + target.nat + " belong to different networks");
  }
  if (!target.eni.empty()) interface(context.account, context.region, target.eni);
  if (!target.peering.empty()) {
    const Peering& peering = *peerings_.find(peering_key(context, target.peering));
    if (peering.vpc_id != row.vpc_id && peering.peer_vpc_id != row.vpc_id)
      throw aws::Error("InvalidParameterValue", 400,
                       "route table " + row.id + " and peering " + peering.id + " belong to different networks");
  }
  if (target.destination == vpc(context.account, context.region, row.vpc_id).cidr)
    throw aws::Error("RouteAlreadyExists", 400, "The route identified by " + target.destination + " already exists.");
  for (const Route& existing : row.routes)
    if (existing.destination == target.destination)
      throw aws::Error("RouteAlreadyExists", 400, "The route identified by " + target.destination + " already exists.");
  tables_.update({context.account, context.region, row.id}, [&](RouteTable& t) {
    t.routes.push_back({target.destination, target.gateway, target.nat, target.eni, target.peering});
  });
  mark(context.account, context.region, row.vpc_id);
  return {.return_ = true};
}

e::ReplaceRouteResponse Service::replace_route(aws::Context& context, const e::ReplaceRouteRequest& request) {
  const RouteTable row = route_table(context, *request.route_table_id);
  if (request.local_target.value_or(false)) throw aws::not_implemented("ReplaceRoute: LocalTarget");
  const RouteTarget target = target_of(request, "ReplaceRoute");
  bool found = false;
  tables_.update({context.account, context.region, row.id}, [&](RouteTable& t) {
    for (Route& route : t.routes)
      if (route.destination == target.destination) {
        route = {target.destination, target.gateway, target.nat, target.eni, target.peering};
        found = true;
      }
  });
  if (!found)
    throw aws::Error(
        "InvalidParameterValue", 400,
        "There is no route defined for '" + target.destination + "' in the route table. Use CreateRoute instead.");
  mark(context.account, context.region, row.vpc_id);
  return {};
}

e::DeleteRouteResponse Service::delete_route(aws::Context& context, const e::DeleteRouteRequest& request) {
  const RouteTable row = route_table(context, *request.route_table_id);
  if (!request.destination_cidr_block && !request.destination_prefix_list_id)
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter destinationCidrBlock");
  const std::string asked =
      request.destination_cidr_block ? *request.destination_cidr_block : *request.destination_prefix_list_id;
  const auto cidr = parse_cidr(asked);
  const std::string destination = cidr ? cidr->text() : asked;
  const Vpc& owner = vpc(context.account, context.region, row.vpc_id);
  if (destination == owner.cidr || std::any_of(owner.secondary_cidrs.begin(), owner.secondary_cidrs.end(),
                                               [&](const SecondaryCidr& c) { return c.cidr == destination; }))
    throw aws::Error("InvalidParameterValue", 400,
                     "cannot remove local route " + destination + " in route table " + row.id);
  if (std::none_of(row.routes.begin(), row.routes.end(), [&](const Route& r) { return r.destination == destination; }))
    throw aws::Error("InvalidRoute.NotFound", 400,
                     "no route with destination-cidr-block " + destination + " in route table " + row.id);
  tables_.update({context.account, context.region, row.id}, [&](RouteTable& t) {
    std::erase_if(t.routes, [&](const Route& r) { return r.destination == destination; });
  });
  mark(context.account, context.region, row.vpc_id);
  return {};
}

e::AssociateRouteTableResult Service::associate_route_table(aws::Context& context,
                                                            const e::AssociateRouteTableRequest& request) {
  if (request.gateway_id) throw aws::not_implemented("AssociateRouteTable: GatewayId");
  const RouteTable row = route_table(context, *request.route_table_id);
  if (!request.subnet_id) throw aws::Error("MissingParameter", 400, "The request must contain the parameter subnetId");
  const Subnet& where = subnet(context.account, context.region, *request.subnet_id);
  if (where.vpc_id != row.vpc_id)
    throw aws::Error("InvalidParameterValue", 400,
                     "Route table " + row.id + " and subnet " + where.id + " belong to different networks");
  for (const RouteTable* table : tables_.list(context.account, context.region))
    for (const auto& a : table->associations)
      if (a.subnet_id == where.id) {
        if (table->id == row.id)
          return {.association_id = a.id, .association_state = e::RouteTableAssociationState{.state = "associated"}};
        throw aws::Error(
            "Resource.AlreadyAssociated", 400,
            "the specified association for route table " + row.id + " conflicts with an existing association");
      }
  const std::string id = random_.ec2_id("rtbassoc");
  tables_.update({context.account, context.region, row.id}, [&](RouteTable& t) {
    t.associations.push_back({id, *request.subnet_id});
  });
  mark(context.account, context.region, row.vpc_id);
  return {.association_id = id, .association_state = e::RouteTableAssociationState{.state = "associated"}};
}

e::DisassociateRouteTableResponse Service::disassociate_route_table(aws::Context& context,
                                                                    const e::DisassociateRouteTableRequest& request) {
  for (const RouteTable* row : tables_.list(context.account, context.region)) {
    if (row->main_association_id == *request.association_id)
      throw aws::Error("InvalidParameterValue", 400,
                       "cannot disassociate the main route table association " + *request.association_id);
    if (std::none_of(row->associations.begin(), row->associations.end(),
                     [&](const RouteAssociation& a) { return a.id == *request.association_id; }))
      continue;
    const std::string vpc_id = row->vpc_id;
    tables_.update({context.account, context.region, row->id}, [&](RouteTable& t) {
      std::erase_if(t.associations, [&](const RouteAssociation& a) { return a.id == *request.association_id; });
    });
    mark(context.account, context.region, vpc_id);
    return {};
  }
  throw aws::Error("InvalidAssociationID.NotFound", 400,
                   "The association ID '" + *request.association_id + "' does not exist");
}

e::ReplaceRouteTableAssociationResult Service::replace_route_table_association(
    aws::Context& context, const e::ReplaceRouteTableAssociationRequest& request) {
  const RouteTable target = route_table(context, *request.route_table_id);
  for (const RouteTable* row : tables_.list(context.account, context.region)) {
    const std::string from = row->id;
    const std::string fresh = random_.ec2_id("rtbassoc");
    if (row->main_association_id == *request.association_id) {
      tables_.update({context.account, context.region, from}, [](RouteTable& t) { t.main_association_id.clear(); });
      tables_.update({context.account, context.region, target.id},
                     [&](RouteTable& t) { t.main_association_id = fresh; });
      vpcs_.update({context.account, context.region, target.vpc_id}, [&](Vpc& v) { v.main_route_table = target.id; });
      mark(context.account, context.region, target.vpc_id);
      return {.new_association_id = fresh, .association_state = e::RouteTableAssociationState{.state = "associated"}};
    }
    for (const auto& a : row->associations) {
      if (a.id != *request.association_id) continue;
      const std::string subnet_id = a.subnet_id;
      tables_.update({context.account, context.region, from}, [&](RouteTable& t) {
        std::erase_if(t.associations, [&](const RouteAssociation& old) { return old.id == *request.association_id; });
      });
      tables_.update({context.account, context.region, target.id}, [&](RouteTable& t) {
        t.associations.push_back({fresh, subnet_id});
      });
      mark(context.account, context.region, target.vpc_id);
      return {.new_association_id = fresh, .association_state = e::RouteTableAssociationState{.state = "associated"}};
    }
  }
  throw aws::Error("InvalidAssociationID.NotFound", 400,
                   "The association ID '" + *request.association_id + "' does not exist");
}

e::NatGateway Service::describe(const aws::Context& context, const NatGateway& row) const {
  e::NatGateway out{.create_time = row.created, .delete_time = row.deleted};
  if (!row.failure.empty()) {
    out.failure_code = "Gateway.NotAttached";
    out.failure_message = row.failure;
  }
  e::NatGatewayAddress address{
      .allocation_id = row.allocation_id, .network_interface_id = row.eni_id, .private_ip = row.private_ip};
  for (const Address* a : addresses_.list(context.account, context.region))
    if (a->allocation_id == row.allocation_id) {
      address.public_ip = a->public_ip;
      if (!a->association_id.empty()) address.association_id = a->association_id;
    }
  address.is_primary = true;
  address.status = "succeeded";
  out.nat_gateway_addresses = {{address}};
  out.nat_gateway_id = row.id;
  out.state = row.state;
  out.subnet_id = row.subnet_id;
  out.vpc_id = row.vpc_id;
  out.tags = tags_of(context.account, context.region, row.id);
  out.connectivity_type = "public";
  return out;
}

e::CreateNatGatewayResult Service::create_nat_gateway(aws::Context& context,
                                                      const e::CreateNatGatewayRequest& request) {
  if (request.connectivity_type.value_or("public") != "public")
    throw aws::not_implemented("CreateNatGateway: ConnectivityType private");
  if (request.availability_mode.value_or("zonal") != "zonal")
    throw aws::not_implemented("CreateNatGateway: AvailabilityMode regional");
  if (request.secondary_allocation_ids || request.secondary_private_ip_addresses ||
      request.secondary_private_ip_address_count)
    throw aws::not_implemented("CreateNatGateway: secondary addresses");
  if (!request.subnet_id) throw aws::Error("MissingParameter", 400, "The request must contain the parameter subnetId");
  if (!request.allocation_id)
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter AllocationId");
  const Subnet where = subnet(context.account, context.region, *request.subnet_id);
  const Address& eip = address(context, *request.allocation_id);
  if (!eip.association_id.empty())
    throw aws::Error("Resource.AlreadyAssociated", 400,
                     "Elastic IP address [" + eip.allocation_id + "] is already associated");
  NatGateway row{.id = random_.ec2_id("nat"),
                 .vpc_id = where.vpc_id,
                 .subnet_id = where.id,
                 .allocation_id = eip.allocation_id,
                 .created = context.now};
  bool attached = false;
  for (const InternetGateway* g : gateways_.list(context.account, context.region))
    attached = attached || g->vpc_id == where.vpc_id;
  if (!attached) {
    row.state = "failed";
    row.failure = "Network " + where.vpc_id + " has no Internet gateway attached";
  } else {
    const auto eni = create_interface({.account = context.account,
                                       .region = context.region,
                                       .subnet_id = where.id,
                                       .description = "Interface for NAT Gateway " + row.id,
                                       .requester = "amazon-vpc",
                                       .private_ip = request.private_ip_address.value_or(""),
                                       .type = "nat_gateway"});
    row.eni_id = eni.id;
    row.private_ip = eni.private_ip;
    addresses_.update({context.account, context.region, *request.allocation_id}, [&](Address& a) {
      a.association_id = random_.ec2_id("eipassoc");
      a.eni_id = eni.id;
      a.private_ip = eni.private_ip;
    });
  }
  tag(context, row.id, request.tag_specifications, "natgateway");
  const state::Key key{context.account, context.region, row.id};
  const NatGateway& made = nats_.put(key, std::move(row));
  mark(context.account, context.region, made.vpc_id);
  return {.client_token = request.client_token, .nat_gateway = describe(context, made)};
}

e::DescribeNatGatewaysResult Service::describe_nat_gateways(aws::Context& context,
                                                            const e::DescribeNatGatewaysRequest& request) {
  if (request.nat_gateway_ids)
    for (const auto& id : *request.nat_gateway_ids)
      if (nats_.find(context.account, context.region, id) == nullptr)
        throw aws::Error("NatGatewayNotFound", 400, "NAT gateway " + id + " was not found");
  auto found = select<e::NatGateway>(
      nats_.list(context.account, context.region), request.nat_gateway_ids, "NatGatewayNotFound", "natGateway ID",
      request.filter, [&](const NatGateway& n) { return describe(context, n); },
      [](const NatGateway& n) { return n.id; },
      [](const std::string& name, bool& known, const NatGateway& row,
         const e::NatGateway& item) -> std::vector<std::string> {
        std::vector<std::string> tags;
        if (tag_values(name, *item.tags, tags)) return tags;
        if (name == "nat-gateway-id") return {row.id};
        if (name == "vpc-id") return {row.vpc_id};
        if (name == "subnet-id") return {row.subnet_id};
        if (name == "state") return {row.state};
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.nat_gateways = std::move(found), .next_token = std::move(next)};
}

e::DeleteNatGatewayResult Service::delete_nat_gateway(aws::Context& context,
                                                      const e::DeleteNatGatewayRequest& request) {
  const NatGateway* row = nats_.find(context.account, context.region, *request.nat_gateway_id);
  if (row == nullptr)
    throw aws::Error("NatGatewayNotFound", 400, "NAT gateway " + *request.nat_gateway_id + " was not found");
  const std::string eni = row->eni_id, vpc_id = row->vpc_id;
  if (row->state == "available" || row->state == "pending") {
    nats_.update({context.account, context.region, *request.nat_gateway_id},
                 [](NatGateway& n) { n.state = "deleting"; });
    delete_interface(context.account, context.region, eni);
    mark(context.account, context.region, vpc_id);
  } else if (row->state == "failed") {
    nats_.update({context.account, context.region, *request.nat_gateway_id}, [&](NatGateway& n) {
      n.state = "deleted";
      n.deleted = context.now;
    });
  }
  return {.nat_gateway_id = request.nat_gateway_id};
}

const Address& Service::address(const aws::Context& context, const std::string& allocation_id) const {
  const Address* found = addresses_.find(context.account, context.region, allocation_id);
  if (found == nullptr || found->service_managed)
    throw aws::Error("InvalidAllocationID.NotFound", 400, "The allocation ID '" + allocation_id + "' does not exist");
  return *found;
}

e::Address Service::describe(const aws::Context& context, const Address& row) const {
  e::Address out{.allocation_id = row.allocation_id};
  out.domain = "vpc";
  if (!row.association_id.empty()) {
    out.association_id = row.association_id;
    out.network_interface_id = row.eni_id;
    out.network_interface_owner_id = context.account;
    out.private_ip_address = row.private_ip;
  }
  out.tags = tags_of(context.account, context.region, row.allocation_id);
  out.public_ipv4_pool = "amazon";
  out.network_border_group = context.region;
  out.public_ip = row.public_ip;
  return out;
}

e::AllocateAddressResult Service::allocate_address(aws::Context& context, const e::AllocateAddressRequest& request) {
  if (request.domain.value_or("vpc") != "vpc")
    throw aws::Error("InvalidParameterValue", 400, "EC2-Classic is not available: domain must be vpc");
  if (request.address || request.ipam_pool_id || request.customer_owned_ipv4_pool)
    throw aws::not_implemented("AllocateAddress: Address, IpamPoolId, CustomerOwnedIpv4Pool");
  Address row{.allocation_id = random_.ec2_id("eipalloc"), .public_ip = free_public_address()};
  tag(context, row.allocation_id, request.tag_specifications, "elastic-ip");
  const state::Key key{context.account, context.region, row.allocation_id};
  const Address& made = addresses_.put(key, std::move(row));
  e::AllocateAddressResult out;
  out.allocation_id = made.allocation_id;
  out.public_ipv4_pool = "amazon";
  out.network_border_group = context.region;
  out.domain = "vpc";
  out.public_ip = made.public_ip;
  return out;
}

e::DescribeAddressesResult Service::describe_addresses(aws::Context& context,
                                                       const e::DescribeAddressesRequest& request) {
  std::vector<const Address*> rows;
  for (const Address* row : addresses_.list(context.account, context.region)) {
    if (row->service_managed) continue;
    if (request.public_ips &&
        std::find(request.public_ips->begin(), request.public_ips->end(), row->public_ip) == request.public_ips->end())
      continue;
    rows.push_back(row);
  }
  if (request.public_ips && rows.size() < request.public_ips->size())
    throw aws::Error("InvalidAddress.NotFound", 400, "Address '" + request.public_ips->front() + "' not found.");
  return {.addresses = select<e::Address>(
              rows, request.allocation_ids, "InvalidAllocationID.NotFound", "allocation ID", request.filters,
              [&](const Address& a) { return describe(context, a); }, [](const Address& a) { return a.allocation_id; },
              [](const std::string& name, bool& known, const Address& row,
                 const e::Address& item) -> std::vector<std::string> {
                std::vector<std::string> tags;
                if (tag_values(name, *item.tags, tags)) return tags;
                if (name == "allocation-id") return {row.allocation_id};
                if (name == "association-id") return {row.association_id};
                if (name == "public-ip") return {row.public_ip};
                if (name == "domain") return {"vpc"};
                if (name == "network-interface-id") return {row.eni_id};
                if (name == "private-ip-address") return {row.private_ip};
                if (name == "network-border-group") return {*item.network_border_group};
                if (name == "network-interface-owner-id") return {item.network_interface_owner_id.value_or("")};
                if (name == "instance-id") return {};
                known = false;
                return {};
              })};
}

e::DescribeAddressesAttributeResult Service::describe_addresses_attribute(
    aws::Context& context, const e::DescribeAddressesAttributeRequest& request) {
  e::DescribeAddressesAttributeResult out{.addresses = std::vector<e::AddressAttribute>{}};
  if (request.allocation_ids)
    for (const auto& id : *request.allocation_ids)
      out.addresses->push_back({.public_ip = address(context, id).public_ip, .allocation_id = id});
  return out;
}

e::AssociateAddressResult Service::associate_address(aws::Context& context, const e::AssociateAddressRequest& request) {
  if (request.instance_id) throw aws::not_implemented("AssociateAddress: InstanceId");
  if (!request.allocation_id || !request.network_interface_id)
    throw aws::Error("MissingParameter", 400,
                     "The request must contain the parameters AllocationId and NetworkInterfaceId");
  const Address& row = address(context, *request.allocation_id);
  const auto eni = interface(context.account, context.region, *request.network_interface_id);
  if (!row.association_id.empty() && !request.allow_reassociation.value_or(true))
    throw aws::Error(
        "Resource.AlreadyAssociated", 400,
        "resource " + row.allocation_id + " is already associated with associate-id " + row.association_id);
  std::string old_vpc;
  if (!row.eni_id.empty())
    if (const NetworkInterface* old = enis_.find(context.account, context.region, row.eni_id)) old_vpc = old->vpc_id;
  const std::string id = random_.ec2_id("eipassoc");
  addresses_.update({context.account, context.region, *request.allocation_id}, [&](Address& a) {
    a.association_id = id;
    a.eni_id = eni.id;
    a.private_ip = eni.private_ip;
  });
  mark(context.account, context.region, eni.vpc_id);
  if (!old_vpc.empty()) mark(context.account, context.region, old_vpc);
  return {.association_id = id};
}

e::DisassociateAddressResponse Service::disassociate_address(aws::Context& context,
                                                             const e::DisassociateAddressRequest& request) {
  for (const Address* row : addresses_.list(context.account, context.region)) {
    if (request.association_id ? row->association_id != *request.association_id
                               : row->public_ip != request.public_ip.value_or(""))
      continue;
    if (row->association_id.empty()) break;
    if (const NetworkInterface* eni = enis_.find(context.account, context.region, row->eni_id)) {
      if (eni->type == "nat_gateway")
        throw aws::Error("InvalidIPAddress.InUse", 400, "Address " + row->public_ip + " is in use by a NAT gateway.");
      mark(context.account, context.region, eni->vpc_id);
    }
    addresses_.update({context.account, context.region, row->allocation_id},
                      [](Address& a) { a.association_id = a.eni_id = a.private_ip = ""; });
    return {};
  }
  throw aws::Error(
      "InvalidAssociationID.NotFound", 400,
      "The association ID '" + request.association_id.value_or(request.public_ip.value_or("")) + "' does not exist");
}

e::ReleaseAddressResponse Service::release_address(aws::Context& context, const e::ReleaseAddressRequest& request) {
  if (!request.allocation_id && request.public_ip)
    throw aws::Error("InvalidParameterValue", 400,
                     "You must specify an allocation id when releasing a VPC elastic IP address");
  if (!request.allocation_id)
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter AllocationId");
  const Address& row = address(context, *request.allocation_id);
  if (!row.association_id.empty())
    throw aws::Error("InvalidIPAddress.InUse", 400, "Address " + row.public_ip + " is in use.");
  untag(context.account, context.region, *request.allocation_id);
  addresses_.erase({context.account, context.region, *request.allocation_id});
  return {};
}

e::NetworkInterface Service::describe(const aws::Context& context, const NetworkInterface& row) const {
  e::NetworkInterface out;
  for (const Address* a : addresses_.list(context.account, context.region))
    if (a->eni_id == row.id) {
      out.association = e::NetworkInterfaceAssociation{.association_id = a->association_id,
                                                       .ip_owner_id = a->service_managed ? "amazon" : context.account,
                                                       .public_ip = a->public_ip};
      if (!a->service_managed) out.association->allocation_id = a->allocation_id;
    }
  out.availability_zone = subnet(context.account, context.region, row.subnet_id).zone;
  out.description = row.description;
  out.groups = std::vector<e::GroupIdentifier>{};
  for (const auto& id : row.groups) {
    const SecurityGroup* group = groups_.find(context.account, context.region, id);
    out.groups->push_back({.group_id = id, .group_name = group == nullptr ? "" : group->name});
  }
  out.interface_type = row.type;
  out.mac_address = row.mac;
  out.network_interface_id = row.id;
  out.owner_id = context.account;
  out.private_ip_address = row.private_ip;
  out.private_ip_addresses = {{e::NetworkInterfacePrivateIpAddress{
      .association = out.association, .primary = true, .private_ip_address = row.private_ip}}};
  for (const auto& address : row.secondary_ips)
    out.private_ip_addresses->push_back({.primary = false, .private_ip_address = address});
  if (!row.requester.empty()) out.requester_id = row.requester;
  out.requester_managed = !row.requester.empty();
  out.source_dest_check = row.source_dest_check;
  // What a service of AWS asked for is attached to it; one's own is attached to nothing here.
  out.status = row.requester.empty() ? "available" : "in-use";
  if (!row.requester.empty()) {
    e::NetworkInterfaceAttachment attachment;
    attachment.attach_time = row.created;
    attachment.attachment_id = "eni-attach-" + row.id.substr(4);
    attachment.delete_on_termination = true;
    attachment.device_index = 1;
    attachment.instance_owner_id = row.requester;
    attachment.status = "attached";
    out.attachment = attachment;
  }
  out.subnet_id = row.subnet_id;
  out.tag_set = tags_of(context.account, context.region, row.id);
  out.vpc_id = row.vpc_id;
  return out;
}

e::DescribeNetworkInterfacesResult Service::describe_network_interfaces(
    aws::Context& context, const e::DescribeNetworkInterfacesRequest& request) {
  auto found = select<e::NetworkInterface>(
      enis_.list(context.account, context.region), request.network_interface_ids, "InvalidNetworkInterfaceID.NotFound",
      "networkInterface ID", request.filters, [&](const NetworkInterface& n) { return describe(context, n); },
      [](const NetworkInterface& n) { return n.id; },
      [](const std::string& name, bool& known, const NetworkInterface& row,
         const e::NetworkInterface& item) -> std::vector<std::string> {
        std::vector<std::string> out;
        if (tag_values(name, *item.tag_set, out)) return out;
        if (name == "network-interface-id") return {row.id};
        if (name == "vpc-id") return {row.vpc_id};
        if (name == "subnet-id") return {row.subnet_id};
        if (name == "group-id") return row.groups;
        if (name == "group-name") {
          for (const auto& g : *item.groups) out.push_back(*g.group_name);
          return out;
        }
        if (name == "description") return {row.description};
        if (name == "status") return {*item.status};
        if (name == "interface-type") return {row.type};
        if (name == "requester-id") return {row.requester};
        if (name == "requester-managed") return {row.requester.empty() ? "false" : "true"};
        if (name == "private-ip-address") return {row.private_ip};
        if (name == "addresses.private-ip-address") {
          out = row.secondary_ips;
          out.push_back(row.private_ip);
          return out;
        }
        if (name == "availability-zone") return {*item.availability_zone};
        if (name == "mac-address") return {row.mac};
        if (name == "owner-id") return {*item.owner_id};
        if (name == "association.public-ip" || name == "addresses.association.public-ip")
          return item.association ? std::vector<std::string>{*item.association->public_ip} : out;
        if (name == "association.allocation-id")
          return item.association && item.association->allocation_id
                     ? std::vector<std::string>{*item.association->allocation_id}
                     : out;
        if (name.starts_with("attachment.") && !item.attachment) return out;
        if (name.starts_with("attachment."))
          return name == "attachment.status"          ? std::vector<std::string>{"attached"}
                 : name == "attachment.attachment-id" ? std::vector<std::string>{*item.attachment->attachment_id}
                                                      : out;
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.network_interfaces = std::move(found), .next_token = std::move(next)};
}

}  // namespace stratus::services::ec2
