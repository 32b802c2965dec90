// What the audit trail hears of each call.
#pragma once

#include <string>

#include "stratus/core/context.h"
#include "stratus/core/operation.h"

namespace stratus::wire {

/// One call. What must stay secret is taken out of the JSON before anyone sees it.
struct CallRecord {
  const aws::Context* context = nullptr;
  const aws::ServiceModel* service = nullptr;
  std::string operation;
  bool read_only = false;    ///< as CloudTrail tells it; the response of such a call is not recorded
  std::string request_json;  ///< parameters; "" where they could not be decoded
  std::string response_json;
  std::string error_code, error_message;
};

class Audit {
 public:
  virtual ~Audit() = default;
  /// Called on the loop after the call, before its reply leaves.
  virtual void record(const CallRecord& call) = 0;
};

/// Whether CloudTrail calls the operation read-only.
bool is_read_only(std::string_view operation);
/// `json` with the values of members that hold secrets replaced, at any depth.
std::string without_secrets(std::string json);

}  // namespace stratus::wire
