// Addresses for one namespace alone: a task's metadata.
#include <cerrno>

#include "stratus/core/process.h"
#include "stratus/dataplane/network/netlink.h"
#include "stratus/dataplane/network/network.h"

namespace stratus::network {

Result<UniqueFd> open_local_listener(const std::string& netns, const std::string& address, std::uint16_t port) {
  const auto added = in_netns(netns, [&]() -> Result<> {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    auto present = netlink->addresses();
    if (!present) return present.error();
    for (const auto& [device, cidr] : *present)
      if (device == "lo" && cidr == address + "/32") return {};
    return netlink->add_address("lo", address + "/32");
  });
  if (!added) return added.error();
  return open_listener(netns, address, port, true);
}

}  // namespace stratus::network
