// A network for tests of what stands above it: keeps the last model of each VPC, answers later.
#pragma once

#include <map>

#include "stratus/dataplane/network/network.h"

namespace stratus::network {

class FakeNetwork final : public Network {
 public:
  explicit FakeNetwork(Loop& loop) : loop_(loop) {}

  std::map<std::string, Vpc> applied;
  int applies = 0;
  std::optional<Failure> fail;  ///< answers of apply and remove while it is set
  Duration latency{5};
  std::map<std::string, NatTraffic> traffic;  ///< by a NAT gateway's interface

  void start(Done done) override { answer(std::move(done), {}); }
  void apply(Vpc desired, Done done) override {
    ++applies;
    if (fail) return answer(std::move(done), *fail);
    applied[desired.id] = std::move(desired);
    answer(std::move(done), {});
  }
  void remove(const std::string& vpc_id, Done done) override {
    if (fail) return answer(std::move(done), *fail);
    applied.erase(vpc_id);
    answer(std::move(done), {});
  }
  void list(std::function<void(Result<std::vector<std::string>>)> done) override {
    std::vector<std::string> ids;
    for (const auto& [id, vpc] : applied) ids.push_back(id);
    loop_.after(latency, [done = std::move(done), ids] { done(ids); });
  }
  void nat_traffic(const std::string& eni_id, std::function<void(Result<NatTraffic>)> done) override {
    const auto found = traffic.find(eni_id);
    const Result<NatTraffic> answer =
        found == traffic.end() ? Result<NatTraffic>(Failure{"no such interface", 0}) : found->second;
    loop_.after(latency, [done = std::move(done), answer] { done(answer); });
  }
  void purge(Done done) override {
    applied.clear();
    answer(std::move(done), {});
  }
  std::string netns_path(const std::string& eni_id) const override { return "/run/netns/fake-" + eni_id; }
  std::string router_netns_path(const std::string& vpc_id) const override { return "/run/netns/fake-" + vpc_id; }
  std::string internet_netns_path() const override { return "/run/netns/fake-internet"; }

 private:
  void answer(Done done, Result<> result) {
    loop_.after(latency, [done = std::move(done), result = std::move(result)] { done(result); });
  }
  Loop& loop_;
};

}  // namespace stratus::network
