// The real network: what `make_network` gives. Orders the work; the engine does it.
#pragma once

#include <deque>

#include "stratus/dataplane/network/engine.h"

namespace stratus::network {

class KernelNetwork final : public Network {
 public:
  KernelNetwork(Loop& loop, Settings settings);
  ~KernelNetwork() override;
  void start(Done done) override;
  void apply(Vpc desired, Done done) override;
  void remove(const std::string& vpc_id, Done done) override;
  void list(std::function<void(Result<std::vector<std::string>>)> done) override;
  void nat_traffic(const std::string& eni_id, std::function<void(Result<NatTraffic>)> done) override;
  void purge(Done done) override;
  std::string netns_path(const std::string& eni_id) const override { return shared_->engine.path_of(eni_id); }
  std::string router_netns_path(const std::string& vpc_id) const override { return shared_->engine.path_of(vpc_id); }
  std::string internet_netns_path() const override { return shared_->engine.path_of("internet"); }

 private:
  struct Job {
    std::string vpc_id;          ///< "" for what concerns no VPC
    std::optional<Vpc> desired;  ///< an apply
    std::function<Result<>(Engine&)> work;
    std::vector<Done> waiting;
  };
  /// Outlives us while a job runs on the pool.
  struct Shared {
    explicit Shared(Settings settings) : engine(std::move(settings)) {}
    Engine engine;
    KernelNetwork* owner = nullptr;  ///< null once we are gone; the loop's thread only
  };
  void enqueue(Job job);
  void next();

  Loop& loop_;
  std::shared_ptr<Shared> shared_;
  std::deque<Job> queue_;
  bool busy_ = false;
  bool purged_ = false;  ///< for good
};

}  // namespace stratus::network
