// Managed policies and their versions.
#include <boost/json.hpp>

#include "stratus/core/text.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/managed_policies.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {
namespace {

/// When AWS-managed policies were made: one instant for all, so that reads repeat.
constexpr Timestamp kAwsEpoch{1'423'000'000'000};

void refuse_aws(const std::string& arn) {
  if (find_aws_managed_policy(arn) != nullptr)
    throw aws::Error("AccessDenied", 403, "Policy " + arn + " is managed by AWS and cannot be changed.");
}

constexpr std::size_t kSizeQuota = 6144;  // characters, blanks apart

void check_managed(const std::string& document) {
  check_document(document);
  // Inline policies may still be of the older version, and may leave it out.
  const auto* version = boost::json::parse(document).as_object().if_contains("Version");
  if (version == nullptr || *version != "2012-10-17")
    throw im::errors::MalformedPolicyDocumentException("Policy document must be version 2012-10-17 or greater.");
  if (policy_size(document) > kSizeQuota)
    throw im::errors::LimitExceededException("Cannot exceed quota for PolicySize: " + std::to_string(kSizeQuota));
}

}  // namespace

im::Policy Service::describe(const std::string& account, const ManagedPolicy& row) const {
  im::Policy out{.policy_name = row.name,
                 .policy_id = row.id,
                 .arn = row.arn,
                 .path = row.path,
                 .default_version_id = row.default_version};
  out.attachment_count = attachment_count(account, row.arn);
  out.permissions_boundary_usage_count = boundary_count(account, row.arn);
  out.is_attachable = true;
  out.description = row.description;
  out.create_date = row.created;
  out.update_date = row.updated;
  out.tags = tags_of(row.tags);
  return out;
}

im::CreatePolicyResponse Service::create_policy(aws::Context& context, const im::CreatePolicyRequest& request) {
  check_managed(*request.policy_document);
  ManagedPolicy row;
  row.name = *request.policy_name;
  row.path = request.path.value_or("/");
  row.arn = "arn:aws:iam::" + context.account + ":policy" + row.path + row.name;
  for (const ManagedPolicy* other : policies_.list(context.account, ""))
    if (text::lower(other->name) == text::lower(row.name))
      throw im::errors::EntityAlreadyExistsException("A policy called " + row.name +
                                                     " already exists. Duplicate names are not allowed.");
  if (policies_.list(context.account, "").size() >= static_cast<std::size_t>(kPolicyQuota))
    throw im::errors::LimitExceededException("Cannot exceed quota for PoliciesPerAccount: " +
                                             std::to_string(kPolicyQuota));
  row.id = "ANPA" + random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17);
  row.description = request.description;
  merge_tags(row.tags, request.tags, "Policy");
  row.created = row.updated = Timestamp{context.now.ms / 1000 * 1000};
  row.versions = {{"v1", *request.policy_document, row.created}};
  row.default_version = "v1";
  const im::Policy described = describe(context.account, row);
  const state::Key where{context.account, "", row.arn};
  policies_.put(where, std::move(row));
  return {.policy = described};
}

im::GetPolicyResponse Service::get_policy(aws::Context& context, const im::GetPolicyRequest& request) {
  if (const AwsManagedPolicy* known = find_aws_managed_policy(*request.policy_arn)) {
    im::Policy out{.policy_name = known->name,
                   .policy_id = known->id,
                   .arn = known->arn,
                   .path = known->path,
                   .default_version_id = "v1"};
    out.attachment_count = attachment_count(context.account, known->arn);
    out.permissions_boundary_usage_count = boundary_count(context.account, known->arn);
    out.is_attachable = true;
    out.create_date = kAwsEpoch;
    out.update_date = kAwsEpoch;
    return {.policy = out};
  }
  return {.policy = describe(context.account, managed(context, *request.policy_arn))};
}

im::ListPoliciesResponse Service::list_policies(aws::Context& context, const im::ListPoliciesRequest& request) {
  im::ListPoliciesResponse out{.policies = std::vector<im::Policy>{}};
  const std::string scope = request.scope.value_or("All");
  const auto wanted = [&](const im::Policy& p) {
    return (!request.only_attached.value_or(false) || *p.attachment_count > 0) &&
           (!request.path_prefix || p.path->starts_with(*request.path_prefix));
  };
  if (scope != "AWS")
    for (const ManagedPolicy* row : policies_.list(context.account, "")) {
      auto described = describe(context.account, *row);
      if (wanted(described)) out.policies->push_back(std::move(described));
    }
  if (scope != "Local")
    for (const auto& known : aws_managed_policies()) {
      auto described = *get_policy(context, {.policy_arn = known.arn}).policy;
      if (wanted(described)) out.policies->push_back(std::move(described));
    }
  if (request.policy_usage_filter == "PermissionsBoundary")
    std::erase_if(*out.policies, [](const im::Policy& p) { return *p.permissions_boundary_usage_count == 0; });
  page(*out.policies, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::DeletePolicyResponse Service::delete_policy(aws::Context& context, const im::DeletePolicyRequest& request) {
  refuse_aws(*request.policy_arn);
  const ManagedPolicy& row = managed(context, *request.policy_arn);
  if (attachment_count(context.account, row.arn) + boundary_count(context.account, row.arn) > 0)
    throw im::errors::DeleteConflictException("Cannot delete a policy attached to entities.");
  if (row.versions.size() > 1)
    throw im::errors::DeleteConflictException(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The "
        "default version is deleted with the policy.");
  policies_.erase({context.account, "", *request.policy_arn});
  return {};
}

im::CreatePolicyVersionResponse Service::create_policy_version(aws::Context& context,
                                                               const im::CreatePolicyVersionRequest& request) {
  refuse_aws(*request.policy_arn);
  check_managed(*request.policy_document);
  const ManagedPolicy& before = managed(context, *request.policy_arn);
  if (before.versions.size() >= 5)
    throw im::errors::LimitExceededException(
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
        "version.");
  const ManagedPolicy& after = policies_.update({context.account, "", *request.policy_arn}, [&](ManagedPolicy& row) {
    row.versions.push_back(
        {"v" + std::to_string(row.next_version++), *request.policy_document, Timestamp{context.now.ms / 1000 * 1000}});
    if (request.set_as_default.value_or(false)) row.default_version = row.versions.back().id;
    row.updated = Timestamp{context.now.ms / 1000 * 1000};
  });
  const PolicyVersion& made = after.versions.back();
  return {.policy_version = im::PolicyVersion{.version_id = made.id,
                                              .is_default_version = after.default_version == made.id,
                                              .create_date = made.created}};
}

im::GetPolicyVersionResponse Service::get_policy_version(aws::Context& context,
                                                         const im::GetPolicyVersionRequest& request) {
  if (const AwsManagedPolicy* known = find_aws_managed_policy(*request.policy_arn);
      known != nullptr && *request.version_id == "v1")
    return {.policy_version = im::PolicyVersion{.document = text::uri_encode(known->document),
                                                .version_id = "v1",
                                                .is_default_version = true,
                                                .create_date = kAwsEpoch}};
  const ManagedPolicy& row = managed(context, *request.policy_arn);
  for (const auto& version : row.versions)
    if (version.id == *request.version_id)
      return {.policy_version = im::PolicyVersion{.document = text::uri_encode(version.document),
                                                  .version_id = version.id,
                                                  .is_default_version = version.id == row.default_version,
                                                  .create_date = version.created}};
  throw im::errors::NoSuchEntityException("Policy " + row.arn + " version " + *request.version_id +
                                          " does not exist or is not attachable.");
}

im::ListPolicyVersionsResponse Service::list_policy_versions(aws::Context& context,
                                                             const im::ListPolicyVersionsRequest& request) {
  im::ListPolicyVersionsResponse out{.versions = std::vector<im::PolicyVersion>{}, .is_truncated = false};
  if (find_aws_managed_policy(*request.policy_arn) != nullptr) {
    out.versions->push_back({.version_id = "v1", .is_default_version = true, .create_date = kAwsEpoch});
    return out;
  }
  const ManagedPolicy& row = managed(context, *request.policy_arn);
  for (auto at = row.versions.rbegin(); at != row.versions.rend(); ++at)
    out.versions->push_back(
        {.version_id = at->id, .is_default_version = at->id == row.default_version, .create_date = at->created});
  return out;
}

im::SetDefaultPolicyVersionResponse Service::set_default_policy_version(
    aws::Context& context, const im::SetDefaultPolicyVersionRequest& request) {
  refuse_aws(*request.policy_arn);
  get_policy_version(context, {.policy_arn = request.policy_arn, .version_id = request.version_id});
  policies_.update({context.account, "", *request.policy_arn},
                   [&](ManagedPolicy& row) { row.default_version = *request.version_id; });
  return {};
}

im::DeletePolicyVersionResponse Service::delete_policy_version(aws::Context& context,
                                                               const im::DeletePolicyVersionRequest& request) {
  refuse_aws(*request.policy_arn);
  get_policy_version(context, {.policy_arn = request.policy_arn, .version_id = request.version_id});
  if (managed(context, *request.policy_arn).default_version == *request.version_id)
    throw im::errors::DeleteConflictException("Cannot delete the default version of a policy.");
  policies_.update({context.account, "", *request.policy_arn}, [&](ManagedPolicy& row) {
    std::erase_if(row.versions, [&](const PolicyVersion& v) { return v.id == *request.version_id; });
  });
  return {};
}

im::ListEntitiesForPolicyResponse Service::list_entities_for_policy(aws::Context& context,
                                                                    const im::ListEntitiesForPolicyRequest& request) {
  if (!policy_exists(context.account, *request.policy_arn))
    throw im::errors::NoSuchEntityException("Policy " + *request.policy_arn + " was not found.");
  im::ListEntitiesForPolicyResponse out{.policy_groups = std::vector<im::PolicyGroup>{},
                                        .policy_users = std::vector<im::PolicyUser>{},
                                        .policy_roles = std::vector<im::PolicyRole>{},
                                        .is_truncated = false};
  const bool boundary = request.policy_usage_filter == "PermissionsBoundary",
             permissions = request.policy_usage_filter == "PermissionsPolicy";
  const auto found = [&](Kind kind, const char* filter) {
    std::vector<const Entity*> rows;
    if (request.entity_filter && *request.entity_filter != filter) return rows;
    for (const Entity* row : entities(context.account, kind, request.path_prefix)) {
      const bool attached_to =
          std::find(row->attached.begin(), row->attached.end(), *request.policy_arn) != row->attached.end();
      if ((attached_to && !boundary) || (row->boundary == *request.policy_arn && !permissions)) rows.push_back(row);
    }
    return rows;
  };
  for (const Entity* row : found(Kind::group, "Group"))
    out.policy_groups->push_back({.group_name = row->name, .group_id = row->id});
  for (const Entity* row : found(Kind::user, "User"))
    out.policy_users->push_back({.user_name = row->name, .user_id = row->id});
  for (const Entity* row : found(Kind::role, "Role"))
    out.policy_roles->push_back({.role_name = row->name, .role_id = row->id});
  return out;
}

im::TagPolicyResponse Service::tag_policy(aws::Context& context, const im::TagPolicyRequest& request) {
  refuse_aws(*request.policy_arn);
  managed(context, *request.policy_arn);
  policies_.update({context.account, "", *request.policy_arn},
                   [&](ManagedPolicy& row) { merge_tags(row.tags, request.tags, "Policy"); });
  return {};
}

im::UntagPolicyResponse Service::untag_policy(aws::Context& context, const im::UntagPolicyRequest& request) {
  refuse_aws(*request.policy_arn);
  managed(context, *request.policy_arn);
  policies_.update({context.account, "", *request.policy_arn}, [&](ManagedPolicy& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListPolicyTagsResponse Service::list_policy_tags(aws::Context& context, const im::ListPolicyTagsRequest& request) {
  im::ListPolicyTagsResponse out{.tags = tags_of(managed(context, *request.policy_arn).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

}  // namespace stratus::services::iam
