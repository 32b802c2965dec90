// The real network: what `make_network` gives.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "stratus/dataplane/network/network.h"

namespace stratus::network {

class KernelNetwork final : public Network {
 public:
  KernelNetwork(Loop& loop, Settings settings);
  void start(Done done) override;
  void apply(Vpc desired, Done done) override;
  void remove(const std::string& vpc_id, Done done) override;
  void list(std::function<void(Result<std::vector<std::string>>)> done) override;
  void purge(Done done) override;
  std::string netns_path(const std::string& eni_id) const override { return path_of(eni_id); }
  std::string router_netns_path(const std::string& vpc_id) const override { return path_of(vpc_id); }
  std::string internet_netns_path() const override { return path_of("internet"); }

 private:
  struct Job {
    std::string vpc_id;          ///< "" for what concerns no VPC
    std::optional<Vpc> desired;  ///< none: `work`
    std::function<Result<>()> work;
    std::vector<Done> waiting;
  };
  void enqueue(Job job);
  void next();

  // On the pool, one at a time.
  Result<> set_up_internet();
  Result<> reconcile(const Vpc& vpc);
  Result<> reconcile_links(const Vpc& vpc);
  Result<> ensure_eni(const Vpc& vpc, const Eni& eni);
  Result<> reconcile_routes(const Vpc& vpc);
  Result<> reconcile_internet_link(const Vpc& vpc);
  Result<> remove_vpc(const std::string& vpc_id);
  Result<> remove_all();
  std::string path_of(const std::string& id) const {
    return settings_.netns_directory + "/" + settings_.tag + "-" + id;
  }
  std::string host_link() const { return settings_.tag + "-inet"; }

  /// Removes namespaces of ENIs that this process made and that left the model.
  Result<> remove_strangers(const Vpc& vpc);

  Loop& loop_;
  const Settings settings_;
  std::map<std::string, std::set<std::string>>
      known_;  ///< VPC → ENIs whose namespaces were made; touched on the pool only
  std::vector<Job> queue_;
  bool busy_ = false;
};

}  // namespace stratus::network
