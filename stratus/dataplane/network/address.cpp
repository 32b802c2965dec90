#include "stratus/dataplane/network/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace stratus::network {

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  in_addr parsed{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &parsed) != 1) return std::nullopt;
  return ntohl(parsed.s_addr);
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = parse_ipv4(text.substr(0, slash));
  Cidr out;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, out.length);
  if (!base || error != std::errc() || stop != end || out.length > 32) return std::nullopt;
  out.base = *base & out.mask();
  return out;
}

std::string to_text(Ipv4 address) {
  const in_addr number{htonl(address)};
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &number, text, sizeof text);
  return text;
}

std::string to_text(Cidr cidr) { return to_text(cidr.base) + "/" + std::to_string(cidr.length); }

}  // namespace stratus::network
