// Does the work on the kernel: blocking, one call at a time, on the pool.
#pragma once

#include <map>
#include <set>

#include "stratus/dataplane/network/network.h"
#include "stratus/dataplane/network/nftables.h"
#include "stratus/dataplane/network/plan.h"

namespace stratus::network {

class Engine {
 public:
  explicit Engine(Settings settings) : settings_(std::move(settings)) {}

  /// The `internet` namespace and the host's part; learns which namespaces are whose.
  Result<> start();
  Result<> apply(const Vpc& vpc);
  Result<> remove(const std::string& vpc_id);
  Result<> purge();

  const Settings& settings() const { return settings_; }
  std::string path_of(const std::string& id) const {
    return settings_.netns_directory + "/" + settings_.tag + "-" + id;
  }

 private:
  /// What was written for a VPC last; lost where an apply failed half-way.
  struct Written {
    Vpc model;
    WrittenTable table;
  };
  struct Pass;

  Result<> start_here();
  Result<> apply_here(const Vpc& vpc);
  Result<> remove_here(const std::string& vpc_id);
  Result<> purge_here();

  Result<> ensure_router(Pass& pass);
  Result<> remove_what_left(Pass& pass);
  Result<> ensure_eni(Pass& pass, const Eni& eni);
  Result<> ensure_internet_link(Pass& pass);
  Result<> ensure_peerings(Pass& pass);
  Result<> ensure_router_state(Pass& pass);
  Result<> ensure_internet_state(Pass& pass);
  Result<> end_flows(Pass& pass);
  /// A peer that is up already gets its routes when the link appears.
  Result<> refresh_peers(const Pass& pass);
  Result<> remove_eni(const std::string& vpc_id, const std::string& eni_id);
  Result<> open_uplink();
  Result<> close_uplink();
  std::vector<std::string> pinned() const;

  const Settings settings_;
  std::map<std::string, std::set<std::string>> enis_;  ///< VPC → ENIs whose namespaces are pinned
  std::map<std::string, Written> written_;
};

}  // namespace stratus::network
