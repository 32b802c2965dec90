// What things are called in the kernel: stable functions of AWS's ids, the same in every run and every build.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stratus::network {

/// The router's end of an ENI's link: "e" and 12 hexadecimal digits of the id's hash.
std::string link_name(std::string_view eni_id);
/// The internet's end of a VPC's link: "v" and 12 digits. The router's end is "igw".
std::string internet_link_name(std::string_view vpc_id);
/// Both routers' ends of a peering connection's link: "p" and 12 digits.
std::string peering_link_name(std::string_view peering_id);
/// Whether a link of a router is one of ours.
bool is_our_link(std::string_view name);
/// The kernel's number of a route table, above 1000.
std::uint32_t table_number(std::string_view route_table_id);
/// The packet mark that stands for a subnet; never 0.
std::uint32_t subnet_mark(std::string_view subnet_id);
/// 12 hexadecimal digits.
std::string short_hash(std::string_view text);
/// An id as a part of an nftables name: "sg-1" is "sg_1".
std::string nft_name(std::string_view prefix, std::string_view id);

}  // namespace stratus::network
