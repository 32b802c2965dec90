// Who may do what to a bucket and its objects: the caller's own policies, the bucket's policy, its ACLs and the block
// on public access, judged together. Pure but for the question to IAM.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
#pragma once

#include <string>
#include <vector>

#include "stratus/core/context.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/s3/resources.h"

namespace stratus::services::s3 {

/// One question. `resource` is the ARN of the bucket or the object.
struct Question {
  std::string action;
  std::string resource;
  iam::ConditionKeys keys{};
  const std::vector<api::Grant>* object_grants = nullptr;  ///< the object's ACL, where it is about one that exists
};

struct Answer {
  bool allowed = false;
  std::string message;  ///< why not, as AWS words it
};

/// `bucket` is null where the question is about none (ListAllMyBuckets, CreateBucket).
Answer decide(const iam::Service& iam, const aws::Context& context, const Bucket* bucket, const Question& question);

/// Whether AWS calls a policy public: some statement lets everyone in, without a condition that narrows it to fixed
/// accounts, addresses or networks.
bool is_public(const std::string& policy);
/// Whether a grant is to everyone, or to everyone with an AWS account.
bool is_public(const std::vector<api::Grant>& grants);

/// Full control for its owner: the ACL of what nobody else may touch.
std::vector<api::Grant> owner_grants(const std::string& account);
/// The id that stands for an account in owners and grants.
std::string canonical_id(const std::string& account);

}  // namespace stratus::services::s3
