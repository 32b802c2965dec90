// What a machine must have, tried in a namespace that nobody else sees.
#include <unistd.h>

#include "stratus/dataplane/network/namespaces.h"
#include "stratus/dataplane/network/netlink.h"
#include "stratus/dataplane/network/network.h"
#include "stratus/dataplane/network/nftables.h"

namespace stratus::network {

std::vector<std::string> missing_requirements() {
  if (::geteuid() != 0) return {"Network namespaces need root: run it with sudo."};
  std::vector<std::string> out;
  bool entered = false;
  const auto worked = in_scratch_netns([&]() -> Result<> {
    entered = true;
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    if (auto veth = netlink->add_veth({"check0", "check1", -1, 1500, ""}); !veth) return veth;
    if (auto set = configure_netns(true); !set) return set;
    Vpc vpc;
    vpc.id = "vpc-check";
    vpc.cidrs = {"10.0.0.0/16"};
    vpc.internet_gateway = true;
    if (auto router = run_nftables(replacement(router_ruleset(vpc))); !router) return router;
    return run_nftables(replacement(nat_gateway_ruleset("10.0.0.9")));
  });
  if (worked) return out;
  if (!entered)
    out.push_back("Network namespaces cannot be made (" + worked.error().message() +
                  "): CAP_SYS_ADMIN and CAP_NET_ADMIN are needed.");
  else
    out.push_back("The kernel lacks veth, nftables, NAT or connection tracking (" + worked.error().message() +
                  "): modprobe -a veth nf_tables nft_chain_nat nft_masq nf_conntrack.");
  return out;
}

}  // namespace stratus::network
