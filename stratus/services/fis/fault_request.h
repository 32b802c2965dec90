// What somebody asks to be broken, and how it becomes a fault: kinds, what each takes, which targets are meant.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stratus/core/error.h"
#include "stratus/core/ids.h"
#include "stratus/services/fis/ports.h"
#include "stratus/services/fis/resources.h"

namespace stratus::services::fis {

struct FaultRequest {
  std::string kind;
  std::string account = "000000000000", region = "us-east-1", origin;
  std::optional<Duration> lasts;
  std::optional<std::int32_t> loss_percent;
  std::string scope;  ///< as Fault has it
  bool inside_subnet = false;
  std::vector<std::string> tasks;
  std::string cluster, service;
  std::optional<std::int32_t> count, share_percent;  ///< of the tasks found, chosen at random
  std::vector<std::string> zones, subnets, vpcs, nat_gateways;
};

/// kill-task, stop-task, freeze-task, network-loss, network-cut, nat-off
bool is_network(const std::string& kind);
/// Kinds that are over as soon as they are done.
bool is_instant(const std::string& kind);

/// Reads `name=value` pairs, decoded: those of `stratus fault start`. Throws aws::Error (400) with a sentence that says
/// what is wrong; 501 for a kind that this machine cannot do.
FaultRequest parse_fault_request(const std::vector<std::pair<std::string, std::string>>& fields);

/// Checks the request against what is there and chooses its targets. Throws aws::Error: 400 for what makes no sense,
/// 404 where a target is not there. The fault has no id yet.
Fault plan_fault(const FaultRequest& request, Tasks& tasks, Network& network, Random& random, Timestamp now);

/// `percent` of `count`, rounded down as FIS does.
std::size_t share_of(std::size_t count, std::int32_t percent);
/// Takes all but `most` out, at random; the order stays.
void choose(std::vector<std::string>& targets, std::size_t most, Random& random);

/// The interfaces of one VPC whose packets `fault` disturbs.
std::vector<std::string> disturbed(const Fault& fault, const std::string& vpc_id,
                                   const std::vector<InterfaceTarget>& interfaces,
                                   const std::vector<NatGatewayTarget>& gateways);

}  // namespace stratus::services::fis
