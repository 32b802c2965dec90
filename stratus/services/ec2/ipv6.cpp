#include "stratus/services/ec2/ipv6.h"

#include <arpa/inet.h>

#include <cstdint>

namespace stratus::services::ec2 {

std::optional<std::string> ipv6_block(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  in6_addr raw{};
  const std::string digits = text.substr(slash + 1);
  if (inet_pton(AF_INET6, text.substr(0, slash).c_str(), &raw) != 1 || digits.empty() || digits.size() > 3 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const int length = std::stoi(digits);
  if (length > 128) return std::nullopt;
  for (int bit = length; bit < 128; ++bit) raw.s6_addr[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  char shown[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, &raw, shown, sizeof shown);
  return std::string(shown) + "/" + std::to_string(length);
}

}  // namespace stratus::services::ec2
