// What EventBridge starts in rooms above it; the daemon adapts it, tests fake it.
#pragma once

#include <string>

#include "stratus/models/events.h"

namespace stratus::services::events {

struct RunTask {
  std::string account, region;
  std::string cluster_arn;
  aws::events::EcsParameters parameters;
  std::string overrides;   ///< JSON of a TaskOverride, or ""
  std::string role_arn;    ///< in whose name
  std::string started_by;  ///< "events-rule/<rule>"
};

class Tasks {
 public:
  virtual ~Tasks() = default;
  /// Throws aws::Error.
  virtual void run(const RunTask& task) = 0;
};

}  // namespace stratus::services::events
