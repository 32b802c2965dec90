// Network interfaces of one's own, and their further addresses.
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {

const NetworkInterface& Service::network_interface(const aws::Context& context, const std::string& id) const {
  const NetworkInterface* row = enis_.find(context.account, context.region, id);
  if (row == nullptr)
    throw aws::Error("InvalidNetworkInterfaceID.NotFound", 400, "The networkInterface ID '" + id + "' does not exist");
  return *row;
}

void Service::check_free(const aws::Context& context, const Subnet& where, const std::string& address) const {
  const auto number = parse_address(address);
  const Cidr block = *parse_cidr(where.cidr);
  if (!number || !block.contains(*number) || *number - block.base < 4 || *number - block.base + 1 >= block.size())
    throw aws::Error("InvalidParameterValue", 400, "Address does not fall within the subnet's address range");
  for (const NetworkInterface* row : enis_.list(context.account, context.region))
    if (row->subnet_id == where.id &&
        (row->private_ip == address ||
         std::find(row->secondary_ips.begin(), row->secondary_ips.end(), address) != row->secondary_ips.end()))
      throw aws::Error("InvalidIPAddress.InUse", 400, "The specified address is already in use.");
}

e::CreateNetworkInterfaceResult Service::create_network_interface(aws::Context& context,
                                                                  const e::CreateNetworkInterfaceRequest& request) {
  const auto refuse = [](bool asked, const char* name) {
    if (asked) throw aws::not_implemented(std::string("CreateNetworkInterface: ") + name);
  };
  refuse(request.interface_type && *request.interface_type != "interface", "InterfaceType");
  refuse(request.ipv4_prefixes || request.ipv4_prefix_count.value_or(0) > 0, "Ipv4Prefixes");
  refuse(request.ipv6_addresses || request.ipv6_address_count.value_or(0) > 0 || request.ipv6_prefixes ||
             request.ipv6_prefix_count.value_or(0) > 0 || request.enable_primary_ipv6.value_or(false),
         "IPv6");
  refuse(request.connection_tracking_specification.has_value(), "ConnectionTrackingSpecification");
  const Subnet where = subnet(context.account, context.region, request.subnet_id.value_or(""));
  std::string primary = request.private_ip_address.value_or("");
  std::vector<std::string> secondary;
  if (request.private_ip_addresses)
    for (const auto& given : *request.private_ip_addresses) {
      if (given.primary.value_or(false))
        primary = given.private_ip_address.value_or("");
      else
        secondary.push_back(given.private_ip_address.value_or(""));
    }
  if (!primary.empty()) check_free(context, where, primary);
  for (const auto& address : secondary) check_free(context, where, address);
  const InterfaceView made = create_interface({.account = context.account,
                                               .region = context.region,
                                               .subnet_id = where.id,
                                               .groups = request.groups.value_or(std::vector<std::string>{}),
                                               .description = request.description.value_or(""),
                                               .private_ip = primary});
  const state::Key key{context.account, context.region, made.id};
  enis_.update(key, [&](NetworkInterface& row) { row.secondary_ips = secondary; });
  for (std::int32_t i = 0; i < request.secondary_private_ip_address_count.value_or(0); ++i) {
    const std::string address = free_address(key, where);
    enis_.update(key, [&](NetworkInterface& row) { row.secondary_ips.push_back(address); });
  }
  tag(context, made.id, request.tag_specifications, "network-interface");
  e::NetworkInterface out = describe(context, *enis_.find(key));
  out.status = "pending";
  return {.network_interface = std::move(out), .client_token = request.client_token};
}

e::DeleteNetworkInterfaceResponse Service::delete_network_interface(aws::Context& context,
                                                                    const e::DeleteNetworkInterfaceRequest& request) {
  const NetworkInterface row = network_interface(context, *request.network_interface_id);
  if (!row.requester.empty())
    throw aws::Error("OperationNotPermitted", 400,
                     "You do not have permission to delete the network interface: it belongs to " + row.requester);
  delete_interface(context.account, context.region, row.id);
  return {};
}

e::DescribeNetworkInterfaceAttributeResult Service::describe_network_interface_attribute(
    aws::Context& context, const e::DescribeNetworkInterfaceAttributeRequest& request) {
  const NetworkInterface& row = network_interface(context, *request.network_interface_id);
  const e::NetworkInterface whole = describe(context, row);
  e::DescribeNetworkInterfaceAttributeResult out{.network_interface_id = row.id};
  const std::string attribute = request.attribute.value_or("");
  if (attribute == "description")
    out.description = e::AttributeValue{.value = row.description};
  else if (attribute == "groupSet")
    out.groups = whole.groups;
  else if (attribute == "sourceDestCheck")
    out.source_dest_check = e::AttributeBooleanValue{.value = row.source_dest_check};
  else if (attribute == "attachment")
    out.attachment = whole.attachment;
  else
    throw aws::Error("InvalidParameterCombination", 400, "No attributes specified.");
  return out;
}

e::ModifyNetworkInterfaceAttributeResponse Service::modify_network_interface_attribute(
    aws::Context& context, const e::ModifyNetworkInterfaceAttributeRequest& request) {
  const auto refuse = [](bool asked, const char* name) {
    if (asked) throw aws::not_implemented(std::string("ModifyNetworkInterfaceAttribute: ") + name);
  };
  refuse(request.attachment.has_value(), "Attachment");
  refuse(request.associate_public_ip_address.value_or(false), "AssociatePublicIpAddress");
  refuse(request.enable_primary_ipv6.value_or(false), "EnablePrimaryIpv6");
  refuse(request.connection_tracking_specification.has_value(), "ConnectionTrackingSpecification");
  refuse(request.associated_subnet_ids.has_value(), "AssociatedSubnetIds");
  refuse(request.ena_srd_specification.has_value(), "EnaSrdSpecification");
  const NetworkInterface row = network_interface(context, *request.network_interface_id);
  if (request.groups) set_interface_groups(context.account, context.region, row.id, *request.groups);
  enis_.update({context.account, context.region, row.id}, [&](NetworkInterface& eni) {
    if (request.description) eni.description = request.description->value.value_or("");
    if (request.source_dest_check && request.source_dest_check->value)
      eni.source_dest_check = *request.source_dest_check->value;
  });
  mark(context.account, context.region, row.vpc_id);
  return {};
}

e::AssignPrivateIpAddressesResult Service::assign_private_ip_addresses(
    aws::Context& context, const e::AssignPrivateIpAddressesRequest& request) {
  if (request.ipv4_prefixes || request.ipv4_prefix_count.value_or(0) > 0)
    throw aws::not_implemented("AssignPrivateIpAddresses: Ipv4Prefixes");
  if (request.allow_reassignment.value_or(false))
    throw aws::not_implemented("AssignPrivateIpAddresses: AllowReassignment");
  const NetworkInterface row = network_interface(context, *request.network_interface_id);
  const Subnet where = subnet(context.account, context.region, row.subnet_id);
  const state::Key key{context.account, context.region, row.id};
  std::vector<std::string> added = request.private_ip_addresses.value_or(std::vector<std::string>{});
  for (const auto& address : added) check_free(context, where, address);
  const auto add = [&](const std::string& address) {
    enis_.update(key, [&](NetworkInterface& eni) { eni.secondary_ips.push_back(address); });
  };
  for (const auto& address : added) add(address);
  for (std::int32_t i = 0; i < request.secondary_private_ip_address_count.value_or(0); ++i) {
    added.push_back(free_address(key, where));
    add(added.back());
  }
  if (added.empty())
    throw aws::Error("MissingParameter", 400,
                     "Either secondaryPrivateIpAddressCount or privateIpAddresses must be specified");
  mark(context.account, context.region, row.vpc_id);
  e::AssignPrivateIpAddressesResult out{.network_interface_id = row.id,
                                        .assigned_private_ip_addresses = std::vector<e::AssignedPrivateIpAddress>{}};
  for (const auto& address : added) out.assigned_private_ip_addresses->push_back({.private_ip_address = address});
  return out;
}

e::UnassignPrivateIpAddressesResponse Service::unassign_private_ip_addresses(
    aws::Context& context, const e::UnassignPrivateIpAddressesRequest& request) {
  const NetworkInterface row = network_interface(context, *request.network_interface_id);
  const auto gone = request.private_ip_addresses.value_or(std::vector<std::string>{});
  for (const auto& address : gone)
    if (std::find(row.secondary_ips.begin(), row.secondary_ips.end(), address) == row.secondary_ips.end())
      throw aws::Error("InvalidParameterValue", 400,
                       "Some of the specified addresses are not assigned to interface " + row.id);
  enis_.update({context.account, context.region, row.id}, [&](NetworkInterface& eni) {
    for (const auto& address : gone) std::erase(eni.secondary_ips, address);
  });
  mark(context.account, context.region, row.vpc_id);
  return {};
}

}  // namespace stratus::services::ec2
