// AWS-managed policies that stacks attach, as data. Each allows what AWS's does, of the services that are here.
#pragma once

#include <string>
#include <vector>

namespace stratus::services::iam {

struct AwsManagedPolicy {
  std::string arn, name, path, document;
  std::string id;  ///< ANPA…, the same in every account
};

/// Sorted by ARN.
const std::vector<AwsManagedPolicy>& aws_managed_policies();
const AwsManagedPolicy* find_aws_managed_policy(const std::string& arn);

}  // namespace stratus::services::iam
