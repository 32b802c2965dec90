// The nftables ruleset of one VPC's router, as text: a pure function of the model.
#pragma once

#include <string>

#include "stratus/dataplane/network/network.h"

namespace stratus::network {

/// The router's end of an ENI's link: "e" and 12 hexadecimal digits of the id's hash.
std::string link_name(const std::string& eni_id);
/// The internet's end of a VPC's link: "v" and 12 digits.
std::string internet_link_name(const std::string& vpc_id);
/// The kernel's number of a route table: stable, above 1000.
std::uint32_t table_number(const std::string& route_table_id);

/// Replaces `table inet stratus` in one transaction.
std::string router_ruleset(const Vpc& vpc);
/// The masquerading inside a NAT gateway's namespace.
std::string nat_gateway_ruleset(const std::string& address);

}  // namespace stratus::network
