// The configuration of one node's HAProxy, as a pure function of the load balancer's model.
#pragma once

#include <map>
#include <string>

#include "stratus/core/clock.h"
#include "stratus/core/result.h"
#include "stratus/dataplane/balancer/model.h"

namespace stratus::balancer {

struct RenderSettings {
  std::string directory;   ///< where the files will be; absolute
  std::string socket;      ///< of the runtime API
  std::string state_file;  ///< with which states the servers start
  std::string user, group;
  Duration hard_stop_after{300'000};
  int threads = 0;
};

struct Rendered {
  std::string config;
  std::map<std::string, std::string> files;  ///< name in the directory → content; certificates among them: mode 0600
  /// Equal for two models that differ only in targets, which change at run time.
  std::string structure;
};

Result<Rendered> render(const LoadBalancer& model, const Node& node, const RenderSettings& settings);

}  // namespace stratus::balancer
