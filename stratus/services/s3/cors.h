// Cross-origin rules of a bucket, as browsers ask for them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/services/s3/resources.h"

namespace stratus::services::s3 {

/// InvalidRequest where a rule cannot be kept.
void check_cors(const std::vector<api::CORSRule>& rules);

/// The headers that the first rule for origin and method gives; none where no rule fits. `wanted` is
/// Access-Control-Request-Headers of a preflight.
std::map<std::string, std::string> cors_headers(const std::vector<api::CORSRule>& rules, const std::string& origin,
                                                const std::string& method, const std::optional<std::string>& wanted);

}  // namespace stratus::services::s3
