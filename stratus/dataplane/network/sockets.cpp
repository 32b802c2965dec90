// Sockets that live inside namespaces, and the addresses on which a VPC's resolver listens.
#include <netinet/in.h>
#include <sys/socket.h>

#include "stratus/core/process.h"
#include "stratus/dataplane/network/address.h"
#include "stratus/dataplane/network/network.h"

namespace stratus::network {

std::vector<std::string> resolver_addresses(const Vpc& vpc) {
  const std::string fixed = "169.254.169.253";
  const auto block = vpc.cidrs.empty() ? std::nullopt : parse_cidr(vpc.cidrs[0]);
  if (!block) return {fixed};
  return {to_text(block->base + 2), fixed};
}

Result<UniqueFd> open_listener(const std::string& netns, const std::string& address, std::uint16_t port, bool tcp) {
  UniqueFd fd;
  const std::string what = "listen on " + address + ":" + std::to_string(port) + " in " + netns;
  const auto number = parse_ipv4(address);
  if (!number) return failure(what, EINVAL);
  const auto opened = in_netns(netns, [&]() -> Result<> {
    fd.reset(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return failure(what);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd.get(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(*number);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) return failure(what);
    if (tcp && ::listen(fd.get(), 128) != 0) return failure(what);
    return {};
  });
  if (!opened) return opened.error();
  return fd;
}

}  // namespace stratus::network
