// IPv4 addresses and CIDR blocks, as numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stratus::network {

using Ipv4 = std::uint32_t;  ///< in host order

struct Cidr {
  Ipv4 base = 0;
  unsigned length = 32;

  Ipv4 mask() const { return length == 0 ? 0 : ~Ipv4{0} << (32 - length); }
  bool contains(Ipv4 address) const { return (address & mask()) == base; }
  Ipv4 last() const { return base | ~mask(); }
};

std::optional<Ipv4> parse_ipv4(std::string_view text);
/// "10.0.0.0/16"; bits behind the prefix are cleared.
std::optional<Cidr> parse_cidr(std::string_view text);
inline bool is_ipv6(std::string_view text) { return text.find(':') != std::string_view::npos; }
std::string to_text(Ipv4 address);
std::string to_text(Cidr cidr);

}  // namespace stratus::network
