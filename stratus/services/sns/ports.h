// The ways out: HTTP to subscribers, mail to this machine's mailboxes. Tests fake them.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/result.h"

namespace stratus::services::sns {

struct HttpPost {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration timeout{15'000};  ///< what AWS grants a subscriber
};

struct HttpOutcome {
  int status = 0;     ///< 0: no reply
  std::string error;  ///< why there is none
};

class Outbound {
 public:
  virtual ~Outbound() = default;
  /// `done` runs on the loop.
  virtual void post(HttpPost request, std::function<void(HttpOutcome)> done) = 0;
};

class Mail {
 public:
  virtual ~Mail() = default;
  /// `message` is a whole RFC 5322 message. `done` runs on the loop.
  virtual void deliver(const std::string& address, std::string message, std::function<void(Result<>)> done) = 0;
};

}  // namespace stratus::services::sns
