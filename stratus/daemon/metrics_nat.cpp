#include "stratus/daemon/metrics_nat.h"

#include <utility>

namespace stratus::daemon {
namespace {

/// The kernel's counters begin anew when a gateway's rules are written anew.
std::uint64_t grown(std::uint64_t before, std::uint64_t after) { return after >= before ? after - before : after; }

}  // namespace

void NatMetrics::sample(Timestamp now) {
  if (!began_) began_ = now;
  std::set<std::string> alive;
  for (const auto& gateway : ec2_.running_nat_gateways()) {
    alive.insert(gateway.id);
    if (!asked_.insert(gateway.id).second) continue;
    network_.nat_traffic(gateway.eni_id, [this, gateway](const Result<network::NatTraffic>& traffic) {
      asked_.erase(gateway.id);
      if (traffic) seen(gateway, *traffic);
    });
  }
  std::erase_if(gateways_, [&](const auto& pair) { return alive.count(pair.first) == 0; });
}

void NatMetrics::seen(const services::ec2::Service::RunningNat& running, const network::NatTraffic& traffic) {
  Gateway& gateway = gateways_[running.id];
  // A gateway that is older than this daemon may have been told of by an earlier one.
  if (!gateway.last && running.created >= *began_) gateway.last = network::NatTraffic{};
  if (gateway.last) {
    gateway.passed.bytes_out += grown(gateway.last->bytes_out, traffic.bytes_out);
    gateway.passed.packets_out += grown(gateway.last->packets_out, traffic.packets_out);
    gateway.passed.bytes_in += grown(gateway.last->bytes_in, traffic.bytes_in);
    gateway.passed.packets_in += grown(gateway.last->packets_in, traffic.packets_in);
  }
  gateway.last = traffic;
}

void NatMetrics::publish(Timestamp minute) {
  constexpr const char* kNamespace = "AWS/NATGateway";
  for (const auto& running : ec2_.running_nat_gateways()) {
    const auto found = gateways_.find(running.id);
    if (found == gateways_.end() || !found->second.last) continue;
    const network::NatTraffic passed = std::exchange(found->second.passed, {});
    const std::map<std::string, std::string> gateway{{"NatGatewayId", running.id}};
    const auto bytes_out = static_cast<double>(passed.bytes_out), bytes_in = static_cast<double>(passed.bytes_in);
    const auto packets_out = static_cast<double>(passed.packets_out),
               packets_in = static_cast<double>(passed.packets_in);
    // What is counted is what was passed on, so each byte came in on one side and left on the other.
    cloudwatch_.record(running.account, running.region,
                       {{kNamespace, "BytesInFromSource", gateway, "Bytes", bytes_out, minute},
                        {kNamespace, "BytesOutToDestination", gateway, "Bytes", bytes_out, minute},
                        {kNamespace, "BytesInFromDestination", gateway, "Bytes", bytes_in, minute},
                        {kNamespace, "BytesOutToSource", gateway, "Bytes", bytes_in, minute},
                        {kNamespace, "PacketsInFromSource", gateway, "Count", packets_out, minute},
                        {kNamespace, "PacketsOutToDestination", gateway, "Count", packets_out, minute},
                        {kNamespace, "PacketsInFromDestination", gateway, "Count", packets_in, minute},
                        {kNamespace, "PacketsOutToSource", gateway, "Count", packets_in, minute}});
  }
}

}  // namespace stratus::daemon
