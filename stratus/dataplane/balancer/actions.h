// Actions of listener rules as lines of HAProxy's configuration.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "stratus/core/result.h"
#include "stratus/dataplane/balancer/model.h"

namespace stratus::balancer {

struct ActionLines {
  std::string frontend;  ///< sets txn.group (a target group) or txn.backend, where txn.rule is this rule
  std::string backend;   ///< a section of its own for a redirect or a fixed response, so that it is counted by itself
};

/// Keeps a file beside the configuration and tells its path.
using KeepFile = std::function<std::string(std::string_view kind, std::string content)>;

Result<ActionLines> action_lines(const LoadBalancer& model, const Listener& listener, const Rule& rule,
                                 const KeepFile& keep);

/// "f.<listener>.<rule>" and "r.<listener>.<rule>": fixed responses and redirects, in the statistics too.
std::string action_backend(const Listener& listener, const Rule& rule);

}  // namespace stratus::balancer
