// From HAProxy's statistics, which begin at zero with each process and each server, to counters that only grow.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/dataplane/balancer/runtime_api.h"

namespace stratus::balancer {

class Tally {
 public:
  /// Adds what happened between two looks at one process; `before` is empty for a process that has just started.
  void add(const Rows& before, const Rows& after);
  void add(const Tally& other);
  /// Never less than the last time: a look at a busy process is not of one instant.
  Counters counters(const Counters& last) const;

 private:
  struct Responses {
    std::int64_t c2xx = 0, c3xx = 0, c4xx = 0, c5xx = 0;
    void add(const Row& before, const Row& after);
    void add(const Responses& other);
  };
  struct Group {
    Responses responses;
    std::int64_t requests = 0, connection_errors = 0;
    double response_seconds = 0;
  };
  Responses frontends_, fixed_, redirects_, none_;
  std::int64_t connections_ = 0, received_ = 0, sent_ = 0, rejected_ = 0, tls_errors_ = 0;
  std::map<std::string, Group> groups_;
};

}  // namespace stratus::balancer
