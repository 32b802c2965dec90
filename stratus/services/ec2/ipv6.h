// IPv6 blocks in rules. VPCs here carry no IPv6, so they meet no packet, as in a VPC of AWS's without an IPv6 block.
#pragma once

#include <optional>
#include <string>

namespace stratus::services::ec2 {

/// A block as AWS shows it ("2001:db8::/32"); nothing where the text is none.
std::optional<std::string> ipv6_block(const std::string& text);
inline bool is_ipv6(const std::string& block) { return block.find(':') != std::string::npos; }

}  // namespace stratus::services::ec2
