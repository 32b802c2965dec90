// Kinds of things that nobody can make here: there are none of them, and that is the whole answer. Making one is
// refused by name.
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {
namespace {

void none(const std::optional<std::vector<std::string>>& ids, const char* code, const std::string& noun) {
  if (ids && !ids->empty()) throw aws::Error(code, 400, "The " + noun + " '" + ids->front() + "' does not exist");
}

}  // namespace

e::DescribeInstancesResult Service::describe_instances(aws::Context&, const e::DescribeInstancesRequest& request) {
  none(request.instance_ids, "InvalidInstanceID.NotFound", "instance ID");
  return {.reservations = std::vector<e::Reservation>{}};
}

e::DescribeVpcEndpointsResult Service::describe_vpc_endpoints(aws::Context&,
                                                              const e::DescribeVpcEndpointsRequest& request) {
  none(request.vpc_endpoint_ids, "InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id");
  return {.vpc_endpoints = std::vector<e::VpcEndpoint>{}};
}

e::DescribePrefixListsResult Service::describe_prefix_lists(aws::Context&,
                                                            const e::DescribePrefixListsRequest& request) {
  none(request.prefix_list_ids, "InvalidPrefixListId.NotFound", "prefix list ID");
  return {.prefix_lists = std::vector<e::PrefixList>{}};
}

e::DescribeFlowLogsResult Service::describe_flow_logs(aws::Context&, const e::DescribeFlowLogsRequest& request) {
  none(request.flow_log_ids, "InvalidFlowLogId.NotFound", "flow log ID");
  return {.flow_logs = std::vector<e::FlowLog>{}};
}

e::DescribeEgressOnlyInternetGatewaysResult Service::describe_egress_only_internet_gateways(
    aws::Context&, const e::DescribeEgressOnlyInternetGatewaysRequest& request) {
  none(request.egress_only_internet_gateway_ids, "InvalidGatewayID.NotFound", "eigw ID");
  return {.egress_only_internet_gateways = std::vector<e::EgressOnlyInternetGateway>{}};
}

e::DescribeVpnGatewaysResult Service::describe_vpn_gateways(aws::Context&,
                                                            const e::DescribeVpnGatewaysRequest& request) {
  none(request.vpn_gateway_ids, "InvalidVpnGatewayID.NotFound", "vpnGateway ID");
  return {.vpn_gateways = std::vector<e::VpnGateway>{}};
}

e::ModifyVpcTenancyResult Service::modify_vpc_tenancy(aws::Context& context,
                                                      const e::ModifyVpcTenancyRequest& request) {
  vpc(context.account, context.region, *request.vpc_id);
  vpcs_.update({context.account, context.region, *request.vpc_id}, [](Vpc& row) { row.tenancy = "default"; });
  return {.return_value = true};
}

}  // namespace stratus::services::ec2
