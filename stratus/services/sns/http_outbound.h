// Posts to subscribers over HTTP and HTTPS, on a thread of its own: a slow subscriber holds up nobody else.
#pragma once

#include <memory>

#include "stratus/core/loop.h"
#include "stratus/services/sns/ports.h"

namespace stratus::services::sns {

struct Url {
  std::string scheme, user, password, host, port, target;
};
/// Nothing where the text is no http or https URL.
std::optional<Url> parse_url(const std::string& text);

class HttpOutbound final : public Outbound {
 public:
  explicit HttpOutbound(Loop& loop);
  ~HttpOutbound() override;
  /// HTTPS certificates must be those that this machine trusts. Redirects are not followed, as on AWS.
  void post(HttpPost request, std::function<void(HttpOutcome)> done) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stratus::services::sns
