// AWS Identity and Access Management, and the credentials that sign requests.
#pragma once

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/iam.h"
#include "stratus/models/sts.h"
#include "stratus/services/iam/policy.h"
#include "stratus/services/iam/resources.h"
#include "stratus/state/store.h"
#include "stratus/wire/front_door.h"

namespace stratus::services::iam {

namespace im = aws::iam;

struct Settings {
  bool well_known_keys = true;  ///< a 12-digit key with the secret "test" is that account's root; only while the daemon
                                ///< listens on loopback
  std::string root_access_key, root_secret;  ///< of account 000000000000, where given
};

class Service final : public im::Operations, public wire::Credentials, public wire::Authorizer {
 public:
  Service(Loop& loop, state::Store& store, Random& random, Settings settings);

  // wire::Credentials
  std::optional<wire::Credential> find(const std::string& access_key_id) const override;
  // wire::Authorizer
  void authorize(const aws::Context& context, const std::string& action,
                 const std::vector<std::string>& resources) const override;

  /// For services that act under a role (ECS's execution and task roles): whether `role_arn`'s policies allow `action`
  /// on `resource`.
  bool role_allows(const std::string& role_arn, const std::string& action, const std::string& resource) const;
  /// Whether a role exists and its trust policy lets `service` ("ecs-tasks.amazonaws.com") assume it.
  bool role_trusts(const std::string& role_arn, const std::string& service) const;
  /// Makes AWSServiceRoleFor… where it is missing.
  void ensure_service_linked_role(const std::string& account, const std::string& service_name);

  struct Session {
    std::string access_key_id, secret, token, role_id;
    Timestamp expires;
  };
  /// Temporary credentials of a role (or, where `role` is null, of the caller's user). No trust is checked here.
  Session new_session(const std::string& account, const Entity* role, const std::string& user,
                      const std::string& session_name, Duration lifetime, const std::string& session_policy);
  const Entity* role_by_arn(const std::string& arn) const;
  /// The account that a key belongs to; "" where it is unknown.
  std::string account_of_key(const std::string& access_key_id) const;

  im::AddUserToGroupResponse add_user_to_group(aws::Context&, const im::AddUserToGroupRequest&) override;
  im::AttachGroupPolicyResponse attach_group_policy(aws::Context&, const im::AttachGroupPolicyRequest&) override;
  im::AttachRolePolicyResponse attach_role_policy(aws::Context&, const im::AttachRolePolicyRequest&) override;
  im::AttachUserPolicyResponse attach_user_policy(aws::Context&, const im::AttachUserPolicyRequest&) override;
  im::CreateAccessKeyResponse create_access_key(aws::Context&, const im::CreateAccessKeyRequest&) override;
  im::CreateGroupResponse create_group(aws::Context&, const im::CreateGroupRequest&) override;
  im::CreatePolicyResponse create_policy(aws::Context&, const im::CreatePolicyRequest&) override;
  im::CreatePolicyVersionResponse create_policy_version(aws::Context&, const im::CreatePolicyVersionRequest&) override;
  im::CreateRoleResponse create_role(aws::Context&, const im::CreateRoleRequest&) override;
  im::CreateServiceLinkedRoleResponse create_service_linked_role(aws::Context&,
                                                                 const im::CreateServiceLinkedRoleRequest&) override;
  im::CreateUserResponse create_user(aws::Context&, const im::CreateUserRequest&) override;
  im::DeleteAccessKeyResponse delete_access_key(aws::Context&, const im::DeleteAccessKeyRequest&) override;
  im::DeleteGroupResponse delete_group(aws::Context&, const im::DeleteGroupRequest&) override;
  im::DeleteGroupPolicyResponse delete_group_policy(aws::Context&, const im::DeleteGroupPolicyRequest&) override;
  im::DeletePolicyResponse delete_policy(aws::Context&, const im::DeletePolicyRequest&) override;
  im::DeletePolicyVersionResponse delete_policy_version(aws::Context&, const im::DeletePolicyVersionRequest&) override;
  im::DeleteRoleResponse delete_role(aws::Context&, const im::DeleteRoleRequest&) override;
  im::DeleteRolePolicyResponse delete_role_policy(aws::Context&, const im::DeleteRolePolicyRequest&) override;
  im::DeleteServiceLinkedRoleResponse delete_service_linked_role(aws::Context&,
                                                                 const im::DeleteServiceLinkedRoleRequest&) override;
  im::DeleteUserResponse delete_user(aws::Context&, const im::DeleteUserRequest&) override;
  im::DeleteUserPolicyResponse delete_user_policy(aws::Context&, const im::DeleteUserPolicyRequest&) override;
  im::DetachGroupPolicyResponse detach_group_policy(aws::Context&, const im::DetachGroupPolicyRequest&) override;
  im::DetachRolePolicyResponse detach_role_policy(aws::Context&, const im::DetachRolePolicyRequest&) override;
  im::DetachUserPolicyResponse detach_user_policy(aws::Context&, const im::DetachUserPolicyRequest&) override;
  im::GetGroupResponse get_group(aws::Context&, const im::GetGroupRequest&) override;
  im::GetGroupPolicyResponse get_group_policy(aws::Context&, const im::GetGroupPolicyRequest&) override;
  im::GetPolicyResponse get_policy(aws::Context&, const im::GetPolicyRequest&) override;
  im::GetPolicyVersionResponse get_policy_version(aws::Context&, const im::GetPolicyVersionRequest&) override;
  im::GetRoleResponse get_role(aws::Context&, const im::GetRoleRequest&) override;
  im::GetRolePolicyResponse get_role_policy(aws::Context&, const im::GetRolePolicyRequest&) override;
  im::GetServiceLinkedRoleDeletionStatusResponse get_service_linked_role_deletion_status(
      aws::Context&, const im::GetServiceLinkedRoleDeletionStatusRequest&) override;
  im::GetUserResponse get_user(aws::Context&, const im::GetUserRequest&) override;
  im::GetUserPolicyResponse get_user_policy(aws::Context&, const im::GetUserPolicyRequest&) override;
  im::ListAccessKeysResponse list_access_keys(aws::Context&, const im::ListAccessKeysRequest&) override;
  im::ListAttachedGroupPoliciesResponse list_attached_group_policies(
      aws::Context&, const im::ListAttachedGroupPoliciesRequest&) override;
  im::ListAttachedRolePoliciesResponse list_attached_role_policies(aws::Context&,
                                                                   const im::ListAttachedRolePoliciesRequest&) override;
  im::ListAttachedUserPoliciesResponse list_attached_user_policies(aws::Context&,
                                                                   const im::ListAttachedUserPoliciesRequest&) override;
  im::ListEntitiesForPolicyResponse list_entities_for_policy(aws::Context&,
                                                             const im::ListEntitiesForPolicyRequest&) override;
  im::ListGroupPoliciesResponse list_group_policies(aws::Context&, const im::ListGroupPoliciesRequest&) override;
  im::ListGroupsResponse list_groups(aws::Context&, const im::ListGroupsRequest&) override;
  im::ListGroupsForUserResponse list_groups_for_user(aws::Context&, const im::ListGroupsForUserRequest&) override;
  im::ListInstanceProfilesForRoleResponse list_instance_profiles_for_role(
      aws::Context&, const im::ListInstanceProfilesForRoleRequest&) override;
  im::ListPoliciesResponse list_policies(aws::Context&, const im::ListPoliciesRequest&) override;
  im::ListPolicyTagsResponse list_policy_tags(aws::Context&, const im::ListPolicyTagsRequest&) override;
  im::ListPolicyVersionsResponse list_policy_versions(aws::Context&, const im::ListPolicyVersionsRequest&) override;
  im::ListRolePoliciesResponse list_role_policies(aws::Context&, const im::ListRolePoliciesRequest&) override;
  im::ListRoleTagsResponse list_role_tags(aws::Context&, const im::ListRoleTagsRequest&) override;
  im::ListRolesResponse list_roles(aws::Context&, const im::ListRolesRequest&) override;
  im::ListUserPoliciesResponse list_user_policies(aws::Context&, const im::ListUserPoliciesRequest&) override;
  im::ListUserTagsResponse list_user_tags(aws::Context&, const im::ListUserTagsRequest&) override;
  im::ListUsersResponse list_users(aws::Context&, const im::ListUsersRequest&) override;
  im::PutGroupPolicyResponse put_group_policy(aws::Context&, const im::PutGroupPolicyRequest&) override;
  im::PutRolePolicyResponse put_role_policy(aws::Context&, const im::PutRolePolicyRequest&) override;
  im::PutUserPolicyResponse put_user_policy(aws::Context&, const im::PutUserPolicyRequest&) override;
  im::RemoveUserFromGroupResponse remove_user_from_group(aws::Context&, const im::RemoveUserFromGroupRequest&) override;
  im::SetDefaultPolicyVersionResponse set_default_policy_version(aws::Context&,
                                                                 const im::SetDefaultPolicyVersionRequest&) override;
  im::TagPolicyResponse tag_policy(aws::Context&, const im::TagPolicyRequest&) override;
  im::TagRoleResponse tag_role(aws::Context&, const im::TagRoleRequest&) override;
  im::TagUserResponse tag_user(aws::Context&, const im::TagUserRequest&) override;
  im::UntagPolicyResponse untag_policy(aws::Context&, const im::UntagPolicyRequest&) override;
  im::UntagRoleResponse untag_role(aws::Context&, const im::UntagRoleRequest&) override;
  im::UntagUserResponse untag_user(aws::Context&, const im::UntagUserRequest&) override;
  im::UpdateAccessKeyResponse update_access_key(aws::Context&, const im::UpdateAccessKeyRequest&) override;
  im::UpdateAssumeRolePolicyResponse update_assume_role_policy(aws::Context&,
                                                               const im::UpdateAssumeRolePolicyRequest&) override;
  im::UpdateRoleResponse update_role(aws::Context&, const im::UpdateRoleRequest&) override;
  im::UpdateRoleDescriptionResponse update_role_description(aws::Context&,
                                                            const im::UpdateRoleDescriptionRequest&) override;
  im::UpdateUserResponse update_user(aws::Context&, const im::UpdateUserRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  enum class Kind { user, group, role };
  static const char* word(Kind kind);
  state::Key key(const aws::Context& context, Kind kind, const std::string& name) const;
  /// NoSuchEntity where there is none.
  const Entity& entity(const aws::Context& context, Kind kind, const std::string& name) const;
  std::vector<const Entity*> entities(const std::string& account, Kind kind,
                                      const std::optional<std::string>& path_prefix) const;
  const Entity& create_entity(const aws::Context& context, Kind kind, const std::string& name,
                              const std::optional<std::string>& path, const std::function<void(Entity&)>& fill);
  void delete_entity(const aws::Context& context, Kind kind, const std::string& name);
  void attach(const aws::Context& context, Kind kind, const std::string& name, const std::string& policy_arn);
  void detach(const aws::Context& context, Kind kind, const std::string& name, const std::string& policy_arn);
  std::vector<im::AttachedPolicy> attached(const aws::Context& context, Kind kind, const std::string& name,
                                           const std::optional<std::string>& path_prefix) const;
  void put_inline(const aws::Context& context, Kind kind, const std::string& name, const std::string& policy,
                  const std::string& document);
  std::string get_inline(const aws::Context& context, Kind kind, const std::string& name,
                         const std::string& policy) const;
  void delete_inline(const aws::Context& context, Kind kind, const std::string& name, const std::string& policy);
  std::vector<std::string> inline_names(const aws::Context& context, Kind kind, const std::string& name) const;
  const ManagedPolicy& managed(const aws::Context& context, const std::string& arn) const;
  bool policy_exists(const std::string& account, const std::string& arn) const;
  std::optional<std::string> policy_document(const std::string& account, const std::string& arn) const;
  int attachment_count(const std::string& account, const std::string& arn) const;
  im::Policy describe(const std::string& account, const ManagedPolicy& policy) const;
  im::Role describe_role(const Entity& entity) const;
  im::User describe_user(const Entity& entity) const;
  im::Group describe_group(const Entity& entity) const;
  /// Everything that speaks for an entity: inline, attached, and its groups'.
  std::vector<std::string> documents(const std::string& account, const Entity& entity) const;
  std::string caller_user(const aws::Context& context, const std::optional<std::string>& name) const;

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  const Settings settings_;
  state::Table<Entity> entities_;
  state::Table<ManagedPolicy> policies_;
  state::Table<AccessKey> keys_;
  std::string master_;
};

/// Inside Sts the name `Service` means its base's.
using IamService = Service;

/// AWS Security Token Service.
class Sts final : public aws::sts::Operations {
 public:
  Sts(Loop& loop, IamService& iam) : loop_(loop), iam_(iam) {}
  aws::sts::GetCallerIdentityResponse get_caller_identity(aws::Context&,
                                                          const aws::sts::GetCallerIdentityRequest&) override;
  aws::sts::AssumeRoleResponse assume_role(aws::Context&, const aws::sts::AssumeRoleRequest&) override;
  aws::sts::GetSessionTokenResponse get_session_token(aws::Context&, const aws::sts::GetSessionTokenRequest&) override;
  aws::sts::GetAccessKeyInfoResponse get_access_key_info(aws::Context&,
                                                         const aws::sts::GetAccessKeyInfoRequest&) override;

 private:
  Loop& loop_;
  IamService& iam_;
};

}  // namespace stratus::services::iam
