// Connection tracking: which flows a change of the model ends, and ending them.
#pragma once

#include <functional>
#include <set>

#include "stratus/dataplane/network/address.h"
#include "stratus/dataplane/network/network.h"

namespace stratus::network {

/// A tracked flow's addresses: as the first packet came, and as an answer to it is expected.
struct Flow {
  Ipv4 source = 0, destination = 0;
  Ipv4 reply_source = 0, reply_destination = 0;
};

/// Decides which flows of a router live on. A flow ends with its ENI, and with the public address under which it runs;
/// changes of groups, ACLs and routes leave it alone.
class FlowPolicy {
 public:
  /// `left`: addresses that another ENI, or none, has had until now.
  FlowPolicy(const Vpc& vpc, const std::set<std::string>& left);
  bool ends(const Flow& flow) const;

 private:
  std::vector<Cidr> cidrs_;
  std::set<Ipv4> alive_, left_;
  std::set<std::pair<Ipv4, Ipv4>> mappings_;  ///< public → private
  std::set<Ipv4> public_;
};

/// Deletes the flows of the calling thread's namespace for which `ends` holds. Returns how many.
Result<std::size_t> delete_flows(const std::function<bool(const Flow&)>& ends);

}  // namespace stratus::network
