// The VPC part of Amazon EC2.
#pragma once

#include <set>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/dataplane/network/network.h"
#include "stratus/models/ec2.h"
#include "stratus/services/ec2/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::ec2 {

namespace e = aws::ec2;

/// A network interface that another service asks for.
struct InterfaceRequest {
  std::string account, region, subnet_id;
  std::vector<std::string> groups;  ///< empty: the VPC's default group
  std::string description, requester;
  bool public_address = false;  ///< one of the pool, for as long as the interface lives
  std::string private_ip;       ///< "" takes the first free one
  std::string type = "interface";
};

struct InterfaceView {
  std::string id, vpc_id, subnet_id, zone, private_ip, public_ip, mac, netns;
};

/// What a VPC's DHCP options tell an interface about names.
struct DhcpView {
  std::vector<std::string> name_servers;  ///< empty: the VPC's own resolver
  std::string domain;                     ///< to search in; may be empty
};

/// A VPC as the resolver sees it.
struct ResolverScope {
  std::string account, region, vpc_id, router_netns;
  std::vector<std::string> addresses;
};

class Service final : public e::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, network::Network& network, std::string public_pool);

  /// Hands every VPC that has interfaces to the data plane, then goes on at an interval.
  void start();
  /// Removes an account's rows ("" is all) and what they made in the kernel.
  void clear(const std::string& account, std::function<void()> done);

  /// Where packets are to be lost on purpose: asked for whenever a VPC is handed to the kernel.
  using FaultSource = std::function<std::vector<network::Fault>(const state::Key& vpc)>;
  void set_fault_source(FaultSource source) { faults_ = std::move(source); }
  /// The faults of this VPC changed: hand it over again. `done` once the kernel has it.
  void faults_changed(const std::string& account, const std::string& region, const std::string& vpc_id,
                      std::function<void()> done = nullptr) {
    if (done) handed_over_[{account, region, vpc_id}].push_back(std::move(done));
    mark(account, region, vpc_id);
  }
  /// Interfaces of an account and region, for targets by subnet, zone or requester.
  std::vector<InterfaceView> interfaces(const std::string& account, const std::string& region) const;

  /// NAT gateways that pass packets on, for their metrics.
  struct RunningNat {
    std::string account, region, id, eni_id;
    Timestamp created;
  };
  std::vector<RunningNat> running_nat_gateways() const;

  // For load balancers and tasks. They throw aws::Error as EC2 words it.
  InterfaceView create_interface(const InterfaceRequest& request);
  void delete_interface(const std::string& account, const std::string& region, const std::string& id);
  void set_interface_groups(const std::string& account, const std::string& region, const std::string& id,
                            const std::vector<std::string>& groups);
  InterfaceView interface(const std::string& account, const std::string& region, const std::string& id) const;
  /// Called once the kernel has the interface, or with why it cannot have it. At once (in a later turn) where it is
  /// there.
  void when_ready(const std::string& id, std::function<void(Result<>)> done);
  const Subnet& subnet(const std::string& account, const std::string& region, const std::string& id) const;
  const Vpc& vpc(const std::string& account, const std::string& region, const std::string& id) const;
  /// InvalidGroup.NotFound, or InvalidParameterValue where one belongs to another VPC.
  void check_groups(const std::string& account, const std::string& region, const std::vector<std::string>& groups,
                    const std::string& vpc_id) const;
  DhcpView dhcp(const std::string& account, const std::string& region, const std::string& vpc_id) const;
  std::vector<ResolverScope> resolver_scopes() const;
  /// Called after the kernel took a VPC in or lost it.
  void on_scopes_changed(std::function<void()> handler) { scopes_changed_ = std::move(handler); }

  e::AllocateAddressResult allocate_address(aws::Context&, const e::AllocateAddressRequest&) override;
  e::AssociateAddressResult associate_address(aws::Context&, const e::AssociateAddressRequest&) override;
  e::AssociateRouteTableResult associate_route_table(aws::Context&, const e::AssociateRouteTableRequest&) override;
  e::AttachInternetGatewayResponse attach_internet_gateway(aws::Context&,
                                                           const e::AttachInternetGatewayRequest&) override;
  e::AuthorizeSecurityGroupEgressResult authorize_security_group_egress(
      aws::Context&, const e::AuthorizeSecurityGroupEgressRequest&) override;
  e::AuthorizeSecurityGroupIngressResult authorize_security_group_ingress(
      aws::Context&, const e::AuthorizeSecurityGroupIngressRequest&) override;
  e::CreateInternetGatewayResult create_internet_gateway(aws::Context&,
                                                         const e::CreateInternetGatewayRequest&) override;
  e::CreateNatGatewayResult create_nat_gateway(aws::Context&, const e::CreateNatGatewayRequest&) override;
  e::CreateNetworkAclResult create_network_acl(aws::Context&, const e::CreateNetworkAclRequest&) override;
  e::CreateNetworkAclEntryResponse create_network_acl_entry(aws::Context&,
                                                            const e::CreateNetworkAclEntryRequest&) override;
  e::CreateRouteResult create_route(aws::Context&, const e::CreateRouteRequest&) override;
  e::CreateRouteTableResult create_route_table(aws::Context&, const e::CreateRouteTableRequest&) override;
  e::CreateSecurityGroupResult create_security_group(aws::Context&, const e::CreateSecurityGroupRequest&) override;
  e::CreateSubnetResult create_subnet(aws::Context&, const e::CreateSubnetRequest&) override;
  e::CreateTagsResponse create_tags(aws::Context&, const e::CreateTagsRequest&) override;
  e::CreateVpcResult create_vpc(aws::Context&, const e::CreateVpcRequest&) override;
  e::DeleteInternetGatewayResponse delete_internet_gateway(aws::Context&,
                                                           const e::DeleteInternetGatewayRequest&) override;
  e::DeleteNatGatewayResult delete_nat_gateway(aws::Context&, const e::DeleteNatGatewayRequest&) override;
  e::DeleteNetworkAclResponse delete_network_acl(aws::Context&, const e::DeleteNetworkAclRequest&) override;
  e::DeleteNetworkAclEntryResponse delete_network_acl_entry(aws::Context&,
                                                            const e::DeleteNetworkAclEntryRequest&) override;
  e::DeleteRouteResponse delete_route(aws::Context&, const e::DeleteRouteRequest&) override;
  e::DeleteRouteTableResponse delete_route_table(aws::Context&, const e::DeleteRouteTableRequest&) override;
  e::DeleteSecurityGroupResult delete_security_group(aws::Context&, const e::DeleteSecurityGroupRequest&) override;
  e::DeleteSubnetResponse delete_subnet(aws::Context&, const e::DeleteSubnetRequest&) override;
  e::DeleteTagsResponse delete_tags(aws::Context&, const e::DeleteTagsRequest&) override;
  e::DeleteVpcResponse delete_vpc(aws::Context&, const e::DeleteVpcRequest&) override;
  e::DescribeAccountAttributesResult describe_account_attributes(aws::Context&,
                                                                 const e::DescribeAccountAttributesRequest&) override;
  e::CreateDhcpOptionsResult create_dhcp_options(aws::Context&, const e::CreateDhcpOptionsRequest&) override;
  e::DeleteDhcpOptionsResponse delete_dhcp_options(aws::Context&, const e::DeleteDhcpOptionsRequest&) override;
  e::AssociateDhcpOptionsResponse associate_dhcp_options(aws::Context&, const e::AssociateDhcpOptionsRequest&) override;
  e::KeyPair create_key_pair(aws::Context&, const e::CreateKeyPairRequest&) override;
  e::ImportKeyPairResult import_key_pair(aws::Context&, const e::ImportKeyPairRequest&) override;
  e::DeleteKeyPairResult delete_key_pair(aws::Context&, const e::DeleteKeyPairRequest&) override;
  e::DescribeKeyPairsResult describe_key_pairs(aws::Context&, const e::DescribeKeyPairsRequest&) override;
  e::CreateManagedPrefixListResult create_managed_prefix_list(aws::Context&,
                                                              const e::CreateManagedPrefixListRequest&) override;
  e::ModifyManagedPrefixListResult modify_managed_prefix_list(aws::Context&,
                                                              const e::ModifyManagedPrefixListRequest&) override;
  e::DeleteManagedPrefixListResult delete_managed_prefix_list(aws::Context&,
                                                              const e::DeleteManagedPrefixListRequest&) override;
  e::DescribeManagedPrefixListsResult describe_managed_prefix_lists(
      aws::Context&, const e::DescribeManagedPrefixListsRequest&) override;
  e::GetManagedPrefixListEntriesResult get_managed_prefix_list_entries(
      aws::Context&, const e::GetManagedPrefixListEntriesRequest&) override;
  e::GetManagedPrefixListAssociationsResult get_managed_prefix_list_associations(
      aws::Context&, const e::GetManagedPrefixListAssociationsRequest&) override;
  e::DescribePrefixListsResult describe_prefix_lists(aws::Context&, const e::DescribePrefixListsRequest&) override;
  e::DescribeVpcEndpointsResult describe_vpc_endpoints(aws::Context&, const e::DescribeVpcEndpointsRequest&) override;
  e::DescribeFlowLogsResult describe_flow_logs(aws::Context&, const e::DescribeFlowLogsRequest&) override;
  e::DescribeEgressOnlyInternetGatewaysResult describe_egress_only_internet_gateways(
      aws::Context&, const e::DescribeEgressOnlyInternetGatewaysRequest&) override;
  e::DescribeVpnGatewaysResult describe_vpn_gateways(aws::Context&, const e::DescribeVpnGatewaysRequest&) override;
  e::DescribeInstancesResult describe_instances(aws::Context&, const e::DescribeInstancesRequest&) override;
  e::ModifyVpcTenancyResult modify_vpc_tenancy(aws::Context&, const e::ModifyVpcTenancyRequest&) override;
  e::DescribeAddressesResult describe_addresses(aws::Context&, const e::DescribeAddressesRequest&) override;
  e::DescribeAddressesAttributeResult describe_addresses_attribute(
      aws::Context&, const e::DescribeAddressesAttributeRequest&) override;
  e::DescribeAvailabilityZonesResult describe_availability_zones(aws::Context&,
                                                                 const e::DescribeAvailabilityZonesRequest&) override;
  e::DescribeInternetGatewaysResult describe_internet_gateways(aws::Context&,
                                                               const e::DescribeInternetGatewaysRequest&) override;
  e::DescribeNatGatewaysResult describe_nat_gateways(aws::Context&, const e::DescribeNatGatewaysRequest&) override;
  e::DescribeNetworkAclsResult describe_network_acls(aws::Context&, const e::DescribeNetworkAclsRequest&) override;
  e::DescribeNetworkInterfacesResult describe_network_interfaces(aws::Context&,
                                                                 const e::DescribeNetworkInterfacesRequest&) override;
  e::DescribeRegionsResult describe_regions(aws::Context&, const e::DescribeRegionsRequest&) override;
  e::DescribeRouteTablesResult describe_route_tables(aws::Context&, const e::DescribeRouteTablesRequest&) override;
  e::DescribeSecurityGroupRulesResult describe_security_group_rules(
      aws::Context&, const e::DescribeSecurityGroupRulesRequest&) override;
  e::DescribeSecurityGroupsResult describe_security_groups(aws::Context&,
                                                           const e::DescribeSecurityGroupsRequest&) override;
  e::DescribeSubnetsResult describe_subnets(aws::Context&, const e::DescribeSubnetsRequest&) override;
  e::DescribeTagsResult describe_tags(aws::Context&, const e::DescribeTagsRequest&) override;
  e::DescribeVpcAttributeResult describe_vpc_attribute(aws::Context&, const e::DescribeVpcAttributeRequest&) override;
  e::DescribeVpcsResult describe_vpcs(aws::Context&, const e::DescribeVpcsRequest&) override;
  e::DetachInternetGatewayResponse detach_internet_gateway(aws::Context&,
                                                           const e::DetachInternetGatewayRequest&) override;
  e::DisassociateAddressResponse disassociate_address(aws::Context&, const e::DisassociateAddressRequest&) override;
  e::DisassociateRouteTableResponse disassociate_route_table(aws::Context&,
                                                             const e::DisassociateRouteTableRequest&) override;
  e::ModifySubnetAttributeResponse modify_subnet_attribute(aws::Context&,
                                                           const e::ModifySubnetAttributeRequest&) override;
  e::ModifyVpcAttributeResponse modify_vpc_attribute(aws::Context&, const e::ModifyVpcAttributeRequest&) override;
  e::ReleaseAddressResponse release_address(aws::Context&, const e::ReleaseAddressRequest&) override;
  e::ReplaceNetworkAclAssociationResult replace_network_acl_association(
      aws::Context&, const e::ReplaceNetworkAclAssociationRequest&) override;
  e::ReplaceNetworkAclEntryResponse replace_network_acl_entry(aws::Context&,
                                                              const e::ReplaceNetworkAclEntryRequest&) override;
  e::ReplaceRouteResponse replace_route(aws::Context&, const e::ReplaceRouteRequest&) override;
  e::ReplaceRouteTableAssociationResult replace_route_table_association(
      aws::Context&, const e::ReplaceRouteTableAssociationRequest&) override;
  e::RevokeSecurityGroupEgressResult revoke_security_group_egress(aws::Context&,
                                                                  const e::RevokeSecurityGroupEgressRequest&) override;
  e::RevokeSecurityGroupIngressResult revoke_security_group_ingress(
      aws::Context&, const e::RevokeSecurityGroupIngressRequest&) override;

  e::AcceptVpcPeeringConnectionResult accept_vpc_peering_connection(
      aws::Context&, const e::AcceptVpcPeeringConnectionRequest&) override;
  e::AssignPrivateIpAddressesResult assign_private_ip_addresses(aws::Context&,
                                                                const e::AssignPrivateIpAddressesRequest&) override;
  e::AssociateVpcCidrBlockResult associate_vpc_cidr_block(aws::Context&,
                                                          const e::AssociateVpcCidrBlockRequest&) override;
  e::CreateDefaultSubnetResult create_default_subnet(aws::Context&, const e::CreateDefaultSubnetRequest&) override;
  e::CreateDefaultVpcResult create_default_vpc(aws::Context&, const e::CreateDefaultVpcRequest&) override;
  e::CreateNetworkInterfaceResult create_network_interface(aws::Context&,
                                                           const e::CreateNetworkInterfaceRequest&) override;
  e::CreateVpcPeeringConnectionResult create_vpc_peering_connection(
      aws::Context&, const e::CreateVpcPeeringConnectionRequest&) override;
  e::DeleteNetworkInterfaceResponse delete_network_interface(aws::Context&,
                                                             const e::DeleteNetworkInterfaceRequest&) override;
  e::DeleteVpcPeeringConnectionResult delete_vpc_peering_connection(
      aws::Context&, const e::DeleteVpcPeeringConnectionRequest&) override;
  e::DescribeDhcpOptionsResult describe_dhcp_options(aws::Context&, const e::DescribeDhcpOptionsRequest&) override;
  e::DescribeNetworkInterfaceAttributeResult describe_network_interface_attribute(
      aws::Context&, const e::DescribeNetworkInterfaceAttributeRequest&) override;
  e::DescribeSecurityGroupReferencesResult describe_security_group_references(
      aws::Context&, const e::DescribeSecurityGroupReferencesRequest&) override;
  e::DescribeVpcPeeringConnectionsResult describe_vpc_peering_connections(
      aws::Context&, const e::DescribeVpcPeeringConnectionsRequest&) override;
  e::DisassociateVpcCidrBlockResult disassociate_vpc_cidr_block(aws::Context&,
                                                                const e::DisassociateVpcCidrBlockRequest&) override;
  e::GetSecurityGroupsForVpcResult get_security_groups_for_vpc(aws::Context&,
                                                               const e::GetSecurityGroupsForVpcRequest&) override;
  e::ModifyNetworkInterfaceAttributeResponse modify_network_interface_attribute(
      aws::Context&, const e::ModifyNetworkInterfaceAttributeRequest&) override;
  e::ModifySecurityGroupRulesResult modify_security_group_rules(aws::Context&,
                                                                const e::ModifySecurityGroupRulesRequest&) override;
  e::RejectVpcPeeringConnectionResult reject_vpc_peering_connection(
      aws::Context&, const e::RejectVpcPeeringConnectionRequest&) override;
  e::UnassignPrivateIpAddressesResponse unassign_private_ip_addresses(
      aws::Context&, const e::UnassignPrivateIpAddressesRequest&) override;
  e::UpdateSecurityGroupRuleDescriptionsEgressResult update_security_group_rule_descriptions_egress(
      aws::Context&, const e::UpdateSecurityGroupRuleDescriptionsEgressRequest&) override;
  e::UpdateSecurityGroupRuleDescriptionsIngressResult update_security_group_rule_descriptions_ingress(
      aws::Context&, const e::UpdateSecurityGroupRuleDescriptionsIngressRequest&) override;

 private:
  void reconcile() override;
  void mark(const state::Key& vpc);
  void mark(const std::string& account, const std::string& region, const std::string& vpc_id) {
    mark({account, region, vpc_id});
  }
  network::Vpc compile(const state::Key& key, const Vpc& vpc) const;
  void applied(const state::Key& key, std::set<std::string> enis, const Result<>& result);

  std::vector<e::Tag> tags_of(const std::string& account, const std::string& region, const std::string& id) const;
  void tag(const aws::Context& context, const std::string& id,
           const std::optional<std::vector<e::TagSpecification>>& specifications, std::string_view type);
  void untag(const std::string& account, const std::string& region, const std::string& id);
  /// The resource's EC2 type ("vpc"); throws where the id means nothing.
  std::string type_of(const aws::Context& context, const std::string& id) const;

  /// Gives the account its default VPC in this region, as AWS does before anybody asks.
  void ensure_default(const aws::Context& context);
  const Vpc& make_vpc(const aws::Context& context, const std::string& cidr, const std::string& tenancy,
                      bool is_default);
  const Subnet& make_default_subnet(const aws::Context& context, const Vpc& owner, char zone);
  const Vpc* default_vpc(const aws::Context& context) const;
  void make_default_vpc(const aws::Context& context);
  /// Of any account: active ones that have this VPC on either side.
  std::vector<const Peering*> peerings_of(const std::string& vpc_id) const;
  state::Key peering_key(const aws::Context& context, const std::string& id) const;
  void end_peering(const state::Key& key, const std::string& status, const std::string& message, Timestamp now);
  void mark_peers(const std::string& vpc_id);
  /// A group that a rule may name: of the same VPC, or of one that is peered with it.
  void check_peer_group(const aws::Context& context, const std::string& group_id, const std::string& vpc_id) const;
  e::VpcPeeringConnection describe(const aws::Context& context, const Peering& peering) const;
  network::Peering compile(const Peering& peering, const std::string& vpc_id) const;
  const PrefixList& prefix_list(const aws::Context& context, const std::string& id) const;
  e::ManagedPrefixList describe(const aws::Context& context, const PrefixList& list) const;
  /// The groups and route tables that name the list.
  std::vector<std::string> users_of(const aws::Context& context, const std::string& prefix_list_id) const;
  const KeyPair& keep(const aws::Context& context, KeyPair row,
                      const std::optional<std::vector<e::TagSpecification>>& tags);
  std::string group_id_of(const aws::Context& context, const std::optional<std::string>& id,
                          const std::optional<std::string>& name);
  const NetworkInterface& network_interface(const aws::Context& context, const std::string& id) const;
  void check_free(const aws::Context& context, const Subnet& subnet, const std::string& address) const;
  void describe_rules(const aws::Context& context, const std::optional<std::string>& group_id, bool egress,
                      const std::optional<std::vector<e::IpPermission>>& permissions,
                      const std::optional<std::vector<e::SecurityGroupRuleDescription>>& descriptions);

  RouteTable new_route_table(const aws::Context& context, const std::string& vpc_id);
  const RouteTable& route_table(const aws::Context& context, const std::string& id) const;
  std::string table_of_subnet(const state::Key& vpc, const std::string& main, const std::string& subnet_id) const;
  const NetworkAcl& acl(const aws::Context& context, const std::string& id) const;
  const SecurityGroup& group(const aws::Context& context, const std::string& id) const;
  const InternetGateway& gateway(const aws::Context& context, const std::string& id) const;
  const Address& address(const aws::Context& context, const std::string& allocation_id) const;
  std::string free_address(const state::Key& where, const Subnet& subnet) const;
  std::string free_public_address() const;
  std::vector<e::SecurityGroupRule> authorize(aws::Context& context, const std::string& group_id, bool egress,
                                              const std::vector<e::IpPermission>& permissions,
                                              const std::optional<std::vector<e::TagSpecification>>& tags);
  void revoke(aws::Context& context, const std::string& group_id, bool egress,
              const std::vector<e::IpPermission>& permissions, const std::optional<std::vector<std::string>>& rule_ids);
  e::SecurityGroupRule describe(const aws::Context& context, const SecurityGroup& group, const GroupRule& rule) const;
  e::Vpc describe(const aws::Context& context, const Vpc& vpc) const;
  e::Subnet describe(const aws::Context& context, const Subnet& subnet) const;
  e::InternetGateway describe(const aws::Context& context, const InternetGateway& gateway) const;
  e::NatGateway describe(const aws::Context& context, const NatGateway& gateway) const;
  e::Address describe(const aws::Context& context, const Address& address) const;
  e::RouteTable describe(const aws::Context& context, const RouteTable& table) const;
  e::NetworkAcl describe(const aws::Context& context, const NetworkAcl& acl) const;
  e::SecurityGroup describe(const aws::Context& context, const SecurityGroup& group) const;
  e::NetworkInterface describe(const aws::Context& context, const NetworkInterface& eni) const;
  std::vector<std::string> tag_filter(const std::string& name, const std::vector<e::Tag>& tags, bool& known) const;

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  network::Network& network_;
  const std::string public_pool_;
  state::Table<Account> accounts_;
  state::Table<Tags> tags_;
  state::Table<Vpc> vpcs_;
  state::Table<Subnet> subnets_;
  state::Table<InternetGateway> gateways_;
  state::Table<Address> addresses_;
  state::Table<NatGateway> nats_;
  state::Table<RouteTable> tables_;
  state::Table<NetworkAcl> acls_;
  state::Table<SecurityGroup> groups_;
  state::Table<NetworkInterface> enis_;
  state::Table<Peering> peerings_;
  state::Table<DhcpOptions> dhcp_options_;
  state::Table<KeyPair> key_pairs_;
  state::Table<PrefixList> prefix_lists_;
  std::set<state::Key> dirty_;
  std::set<state::Key> in_kernel_;  ///< VPCs whose router is there
  std::set<std::string> ready_;     ///< interfaces that the kernel has
  std::map<std::string, std::vector<std::function<void(Result<>)>>> waiting_;
  std::function<void()> scopes_changed_;
  FaultSource faults_;
  std::map<state::Key, std::vector<std::function<void()>>> handed_over_;  ///< who waits for a VPC's next hand-over
  Timestamp full_at_{};                                                   ///< when every VPC was last handed over
};

/// Dotted IPv4 arithmetic of CIDRs.
struct Cidr {
  std::uint32_t base = 0;
  int length = 0;
  bool contains(const Cidr& other) const;
  bool overlaps(const Cidr& other) const { return contains(other) || other.contains(*this); }
  bool contains(std::uint32_t address) const;
  std::uint32_t size() const { return length == 0 ? 0xFFFFFFFFU : 1U << (32 - length); }
  std::string text() const;
};
/// Nothing where the text is no CIDR. The base is masked.
std::optional<Cidr> parse_cidr(const std::string& text);
std::string address_text(std::uint32_t address);
std::optional<std::uint32_t> parse_address(const std::string& text);

}  // namespace stratus::services::ec2
