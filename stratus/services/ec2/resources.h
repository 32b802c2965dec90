// The rows of EC2. Tags of every resource lie in one table, by the resource's id.
#pragma once

#include "stratus/core/clock.h"
#include "stratus/core/shape.h"

namespace stratus::services::ec2 {

struct Tags {
  std::map<std::string, std::string> values;
  STRATUS_SHAPE(Tags, values)
};

/// What has been made for an account in a region without being asked for.
struct Account {
  bool default_vpc_made = false;  ///< once: a default VPC that its owner deleted stays deleted
  STRATUS_SHAPE(Account, default_vpc_made)
};

/// A further block of a VPC.
struct SecondaryCidr {
  std::string cidr, association_id;
  STRATUS_SHAPE(SecondaryCidr, cidr, association_id)
};

struct Vpc {
  std::string id, cidr, cidr_association_id;
  std::string tenancy = "default";
  bool dns_support = true, dns_hostnames = false;
  std::string main_route_table, default_acl, default_group;
  bool is_default = false;
  std::vector<SecondaryCidr> secondary_cidrs;
  std::string dhcp_options_id;  ///< "" is the region's default set, "default" none at all
  STRATUS_SHAPE(Vpc, id, cidr, cidr_association_id, tenancy, dns_support, dns_hostnames, main_route_table, default_acl,
                default_group, is_default, secondary_cidrs, dhcp_options_id)
};

struct Subnet {
  std::string id, vpc_id, cidr, zone;
  bool map_public_ip = false;
  std::string acl_id, acl_association_id;
  bool default_for_zone = false;
  STRATUS_SHAPE(Subnet, id, vpc_id, cidr, zone, map_public_ip, acl_id, acl_association_id, default_for_zone)
};

struct InternetGateway {
  std::string id, vpc_id;
  STRATUS_SHAPE(InternetGateway, id, vpc_id)
};

struct Address {
  std::string allocation_id, public_ip;
  std::string association_id, eni_id, private_ip;  ///< empty while it is not associated
  bool service_managed = false;  ///< belongs to a load balancer or a task: released with its interface
  STRATUS_SHAPE(Address, allocation_id, public_ip, association_id, eni_id, private_ip, service_managed)
};

struct NatGateway {
  std::string id, vpc_id, subnet_id, eni_id, private_ip, allocation_id;
  std::string state = "pending";  ///< pending, available, deleting, deleted, failed
  std::string failure;
  Timestamp created;
  std::optional<Timestamp> deleted;
  STRATUS_SHAPE(NatGateway, id, vpc_id, subnet_id, eni_id, private_ip, allocation_id, state, failure, created, deleted)
};

struct Route {
  std::string destination;  ///< a CIDR block, or the id of a prefix list
  std::string gateway_id, nat_gateway_id, eni_id, peering_id;
  STRATUS_SHAPE(Route, destination, gateway_id, nat_gateway_id, eni_id, peering_id)
};

struct RouteAssociation {
  std::string id, subnet_id;
  STRATUS_SHAPE(RouteAssociation, id, subnet_id)
};

struct RouteTable {
  std::string id, vpc_id, main_association_id;  ///< set on the VPC's main table
  std::vector<Route> routes;                    ///< without the local one
  std::vector<RouteAssociation> associations;
  STRATUS_SHAPE(RouteTable, id, vpc_id, main_association_id, routes, associations)
};

struct AclEntry {
  std::int32_t number = 0;
  bool egress = false, allow = false;
  std::string protocol, cidr;
  std::optional<std::int32_t> from_port, to_port, icmp_type, icmp_code;
  STRATUS_SHAPE(AclEntry, number, egress, allow, protocol, cidr, from_port, to_port, icmp_type, icmp_code)
};

struct NetworkAcl {
  std::string id, vpc_id;
  bool is_default = false;
  std::vector<AclEntry> entries;  ///< without the final ones
  STRATUS_SHAPE(NetworkAcl, id, vpc_id, is_default, entries)
};

struct GroupRule {
  std::string id;
  bool egress = false;
  std::string protocol;  ///< "tcp", "udp", "icmp", "-1" or a number, as EC2 shows it
  std::optional<std::int32_t> from_port, to_port;
  std::string cidr, group_id, description;  ///< one of cidr, group_id and prefix_list_id
  std::string prefix_list_id;
  STRATUS_SHAPE(GroupRule, id, egress, protocol, from_port, to_port, cidr, group_id, description, prefix_list_id)
};

struct SecurityGroup {
  std::string id, vpc_id, name, description;
  std::vector<GroupRule> rules;
  STRATUS_SHAPE(SecurityGroup, id, vpc_id, name, description, rules)
};

struct NetworkInterface {
  std::string id, vpc_id, subnet_id, private_ip, mac, description;
  std::vector<std::string> groups;
  std::string type = "interface";  ///< interface, nat_gateway
  std::string requester;           ///< "amazon-elb", an account, …
  bool source_dest_check = true;
  Timestamp created;
  std::vector<std::string> secondary_ips;
  STRATUS_SHAPE(NetworkInterface, id, vpc_id, subnet_id, private_ip, mac, description, groups, type, requester,
                source_dest_check, created, secondary_ips)
};

/// Kept under the requester's account and region; both sides see it.
struct Peering {
  std::string id;
  std::string vpc_id, account, region;                 ///< the requester
  std::string peer_vpc_id, peer_account, peer_region;  ///< the accepter
  std::string status = "pending-acceptance";  ///< pending-acceptance, active, rejected, deleted, expired, failed
  std::string message;
  Timestamp expires;              ///< of a request that nobody accepted
  std::optional<Timestamp> over;  ///< when it was rejected, deleted, expired or failed; shown for a while after
  STRATUS_SHAPE(Peering, id, vpc_id, account, region, peer_vpc_id, peer_account, peer_region, status, message, expires,
                over)
};

struct DhcpOption {
  std::string key;
  std::vector<std::string> values;
  STRATUS_SHAPE(DhcpOption, key, values)
};

struct DhcpOptions {
  std::string id;
  std::vector<DhcpOption> options;
  STRATUS_SHAPE(DhcpOptions, id, options)
};

/// The key's id is "key-…". Of a pair that was made here the private half is told once and forgotten.
struct KeyPair {
  std::string id, name, type, fingerprint, public_key;
  Timestamp created;
  STRATUS_SHAPE(KeyPair, id, name, type, fingerprint, public_key, created)
};

struct PrefixEntry {
  std::string cidr, description;
  STRATUS_SHAPE(PrefixEntry, cidr, description)
};

struct PrefixListVersion {
  std::int64_t version = 1;
  std::vector<PrefixEntry> entries;
  STRATUS_SHAPE(PrefixListVersion, version, entries)
};

struct PrefixList {
  std::string id, name;
  std::string state = "create-complete";
  std::int32_t max_entries = 0;
  std::vector<PrefixListVersion> versions;  ///< the last one holds
  STRATUS_SHAPE(PrefixList, id, name, state, max_entries, versions)
};

}  // namespace stratus::services::ec2
