// ECR lifecycle policies: which images are due, as a pure function.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "stratus/services/ecr/resources.h"

namespace stratus::services::ecr {

/// Throws aws::Error InvalidParameterException where the text is no lifecycle policy.
void check_lifecycle_policy(const std::string& policy);
/// Digests that the policy's rules, in the order of their priorities, expire at `now`.
std::set<std::string> expired_images(const std::string& policy, std::vector<const Image*> images, Timestamp now);

/// The same with the priority of the rule that expires each.
std::map<std::string, std::int32_t> expirations(const std::string& policy, std::vector<const Image*> images,
                                                Timestamp now);

}  // namespace stratus::services::ecr
