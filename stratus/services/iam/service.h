// AWS Identity and Access Management, and the credentials that sign requests.
#pragma once

#include <unordered_map>

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

/// A session that is asked for.
struct SessionRequest {
  std::string account;
  const Entity* role = nullptr;  ///< or, where it is null, a user or a root
  const Entity* user = nullptr;
  std::string name;
  Duration lifetime{};
  std::vector<std::string> policies;  ///< documents; the session may at most what one of them allows
  std::map<std::string, std::string> tags;
  bool mfa = false;
  bool federated = false;  ///< GetFederationToken: `user` (or a root) asks for somebody called `name`
};

struct Session {
  std::string access_key_id, secret, token;
  Timestamp expires;
};

class Service final : public im::Operations, public wire::Credentials, public wire::Authorizer {
 public:
  Service(Loop& loop, state::Store& store, Random& random, Settings settings);

  // wire::Credentials
  std::optional<wire::Credential> find(const std::string& access_key_id) const override;
  // wire::Authorizer
  void authorize(const aws::Context& context, const std::string& action,
                 const std::vector<std::string>& resources) const override;

  /// Asked about calls of one IAM prefix ("kms"): what the resource's own policy says; nothing where it has none.
  using ResourceJudge = std::function<std::optional<ResourceVerdict>(const Request&)>;
  void set_resource_judge(const std::string& prefix, ResourceJudge judge) { judges_[prefix] = std::move(judge); }

  /// What the policies of the caller say: identity-based, boundary, session. Roots may do everything. `more` are the
  /// condition keys of the service that asks ("ecs:cluster").
  Verdict evaluate(const aws::Context& context, const std::string& action, const std::string& resource,
                   const ConditionKeys& more = {}) const;
  /// The same together with what the resource's own policy says, as `authorize` asks it.
  Verdict decide(const aws::Context& context, const std::string& action, const std::string& resource,
                 const ConditionKeys& more = {}) const;
  /// The global condition keys of a call, for services that judge resource policies themselves.
  ConditionKeys condition_keys(const aws::Context& context) const;
  /// Remembers that the caller's key was used, as `authorize` does.
  void note_use(const aws::Context& context) const;
  /// For operations that hand a role to a service: throws, in the words of the operation's protocol, where the caller
  /// may not pass it.
  void authorize_pass_role(const aws::Context& context, const std::string& role_arn, const std::string& service) const;
  /// For services that act under a role (ECS's execution and task roles): whether `role_arn`'s policies allow `action`
  /// on `resource`.
  bool role_allows(const std::string& role_arn, const std::string& action, const std::string& resource,
                   const ConditionKeys& more = {}) const;
  /// Whether a role exists and its trust policy lets `service` ("ecs-tasks.amazonaws.com") assume it.
  bool role_trusts(const std::string& role_arn, const std::string& service) const;
  /// Makes AWSServiceRoleFor… where it is missing.
  void ensure_service_linked_role(const std::string& account, const std::string& service_name);

  /// Temporary credentials. Whether the caller may have them is the caller's question.
  Session new_session(const SessionRequest& request);
  const Entity* role_by_arn(const std::string& arn) const;
  /// The user that signed, or null where a role or a root did.
  const Entity* calling_user(const aws::Context& context) const;
  std::optional<std::string> policy_document(const std::string& account, const std::string& arn) const;
  /// The account that a key belongs to; "" where it is unknown.
  std::string account_of_key(const std::string& access_key_id) const;
  /// True where `code` is what the user's device shows now; a code is good once.
  bool take_code(const aws::Context& context, const Entity& user, const std::string& serial, const std::string& code);
  /// True where the caller signed with temporary credentials.
  bool is_session(const aws::Context& context) const;

  im::AddClientIDToOpenIDConnectProviderResponse add_client_id_to_open_id_connect_provider(
      aws::Context&, const im::AddClientIDToOpenIDConnectProviderRequest&) override;
  im::AddRoleToInstanceProfileResponse add_role_to_instance_profile(
      aws::Context&, const im::AddRoleToInstanceProfileRequest&) override;
  im::AddUserToGroupResponse add_user_to_group(aws::Context&, const im::AddUserToGroupRequest&) override;
  im::AttachGroupPolicyResponse attach_group_policy(aws::Context&, const im::AttachGroupPolicyRequest&) override;
  im::AttachRolePolicyResponse attach_role_policy(aws::Context&, const im::AttachRolePolicyRequest&) override;
  im::AttachUserPolicyResponse attach_user_policy(aws::Context&, const im::AttachUserPolicyRequest&) override;
  im::CreateAccessKeyResponse create_access_key(aws::Context&, const im::CreateAccessKeyRequest&) override;
  im::CreateAccountAliasResponse create_account_alias(aws::Context&, const im::CreateAccountAliasRequest&) override;
  im::CreateGroupResponse create_group(aws::Context&, const im::CreateGroupRequest&) override;
  im::CreateInstanceProfileResponse create_instance_profile(aws::Context&,
                                                            const im::CreateInstanceProfileRequest&) override;
  im::CreateOpenIDConnectProviderResponse create_open_id_connect_provider(
      aws::Context&, const im::CreateOpenIDConnectProviderRequest&) override;
  im::CreatePolicyResponse create_policy(aws::Context&, const im::CreatePolicyRequest&) override;
  im::CreatePolicyVersionResponse create_policy_version(aws::Context&, const im::CreatePolicyVersionRequest&) override;
  im::CreateRoleResponse create_role(aws::Context&, const im::CreateRoleRequest&) override;
  im::CreateServiceLinkedRoleResponse create_service_linked_role(aws::Context&,
                                                                 const im::CreateServiceLinkedRoleRequest&) override;
  im::CreateUserResponse create_user(aws::Context&, const im::CreateUserRequest&) override;
  im::DeleteAccessKeyResponse delete_access_key(aws::Context&, const im::DeleteAccessKeyRequest&) override;
  im::DeleteAccountAliasResponse delete_account_alias(aws::Context&, const im::DeleteAccountAliasRequest&) override;
  im::DeleteGroupResponse delete_group(aws::Context&, const im::DeleteGroupRequest&) override;
  im::DeleteGroupPolicyResponse delete_group_policy(aws::Context&, const im::DeleteGroupPolicyRequest&) override;
  im::DeleteInstanceProfileResponse delete_instance_profile(aws::Context&,
                                                            const im::DeleteInstanceProfileRequest&) override;
  im::DeleteLoginProfileResponse delete_login_profile(aws::Context&, const im::DeleteLoginProfileRequest&) override;
  im::DeleteOpenIDConnectProviderResponse delete_open_id_connect_provider(
      aws::Context&, const im::DeleteOpenIDConnectProviderRequest&) override;
  im::DeletePolicyResponse delete_policy(aws::Context&, const im::DeletePolicyRequest&) override;
  im::DeletePolicyVersionResponse delete_policy_version(aws::Context&, const im::DeletePolicyVersionRequest&) override;
  im::DeleteRoleResponse delete_role(aws::Context&, const im::DeleteRoleRequest&) override;
  im::DeleteRolePermissionsBoundaryResponse delete_role_permissions_boundary(
      aws::Context&, const im::DeleteRolePermissionsBoundaryRequest&) override;
  im::DeleteRolePolicyResponse delete_role_policy(aws::Context&, const im::DeleteRolePolicyRequest&) override;
  im::DeleteServiceLinkedRoleResponse delete_service_linked_role(aws::Context&,
                                                                 const im::DeleteServiceLinkedRoleRequest&) override;
  im::DeleteUserResponse delete_user(aws::Context&, const im::DeleteUserRequest&) override;
  im::DeleteUserPermissionsBoundaryResponse delete_user_permissions_boundary(
      aws::Context&, const im::DeleteUserPermissionsBoundaryRequest&) override;
  im::DeleteUserPolicyResponse delete_user_policy(aws::Context&, const im::DeleteUserPolicyRequest&) override;
  im::DetachGroupPolicyResponse detach_group_policy(aws::Context&, const im::DetachGroupPolicyRequest&) override;
  im::DetachRolePolicyResponse detach_role_policy(aws::Context&, const im::DetachRolePolicyRequest&) override;
  im::DetachUserPolicyResponse detach_user_policy(aws::Context&, const im::DetachUserPolicyRequest&) override;
  im::GetAccessKeyLastUsedResponse get_access_key_last_used(aws::Context&,
                                                            const im::GetAccessKeyLastUsedRequest&) override;
  im::GetAccountSummaryResponse get_account_summary(aws::Context&, const im::GetAccountSummaryRequest&) override;
  im::GetGroupResponse get_group(aws::Context&, const im::GetGroupRequest&) override;
  im::GetGroupPolicyResponse get_group_policy(aws::Context&, const im::GetGroupPolicyRequest&) override;
  im::GetInstanceProfileResponse get_instance_profile(aws::Context&, const im::GetInstanceProfileRequest&) override;
  im::GetLoginProfileResponse get_login_profile(aws::Context&, const im::GetLoginProfileRequest&) override;
  im::GetOpenIDConnectProviderResponse get_open_id_connect_provider(
      aws::Context&, const im::GetOpenIDConnectProviderRequest&) override;
  im::GetPolicyResponse get_policy(aws::Context&, const im::GetPolicyRequest&) override;
  im::GetPolicyVersionResponse get_policy_version(aws::Context&, const im::GetPolicyVersionRequest&) override;
  im::GetRoleResponse get_role(aws::Context&, const im::GetRoleRequest&) override;
  im::GetRolePolicyResponse get_role_policy(aws::Context&, const im::GetRolePolicyRequest&) override;
  im::GetServiceLinkedRoleDeletionStatusResponse get_service_linked_role_deletion_status(
      aws::Context&, const im::GetServiceLinkedRoleDeletionStatusRequest&) override;
  im::GetUserResponse get_user(aws::Context&, const im::GetUserRequest&) override;
  im::GetUserPolicyResponse get_user_policy(aws::Context&, const im::GetUserPolicyRequest&) override;
  im::ListAccessKeysResponse list_access_keys(aws::Context&, const im::ListAccessKeysRequest&) override;
  im::ListAccountAliasesResponse list_account_aliases(aws::Context&, const im::ListAccountAliasesRequest&) override;
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
  im::ListInstanceProfileTagsResponse list_instance_profile_tags(aws::Context&,
                                                                 const im::ListInstanceProfileTagsRequest&) override;
  im::ListInstanceProfilesResponse list_instance_profiles(aws::Context&,
                                                          const im::ListInstanceProfilesRequest&) override;
  im::ListInstanceProfilesForRoleResponse list_instance_profiles_for_role(
      aws::Context&, const im::ListInstanceProfilesForRoleRequest&) override;
  im::ListMFADevicesResponse list_mfa_devices(aws::Context&, const im::ListMFADevicesRequest&) override;
  im::ListOpenIDConnectProviderTagsResponse list_open_id_connect_provider_tags(
      aws::Context&, const im::ListOpenIDConnectProviderTagsRequest&) override;
  im::ListOpenIDConnectProvidersResponse list_open_id_connect_providers(
      aws::Context&, const im::ListOpenIDConnectProvidersRequest&) override;
  im::ListPoliciesResponse list_policies(aws::Context&, const im::ListPoliciesRequest&) override;
  im::ListPolicyTagsResponse list_policy_tags(aws::Context&, const im::ListPolicyTagsRequest&) override;
  im::ListPolicyVersionsResponse list_policy_versions(aws::Context&, const im::ListPolicyVersionsRequest&) override;
  im::ListRolePoliciesResponse list_role_policies(aws::Context&, const im::ListRolePoliciesRequest&) override;
  im::ListRoleTagsResponse list_role_tags(aws::Context&, const im::ListRoleTagsRequest&) override;
  im::ListRolesResponse list_roles(aws::Context&, const im::ListRolesRequest&) override;
  im::ListSSHPublicKeysResponse list_ssh_public_keys(aws::Context&, const im::ListSSHPublicKeysRequest&) override;
  im::ListServiceSpecificCredentialsResponse list_service_specific_credentials(
      aws::Context&, const im::ListServiceSpecificCredentialsRequest&) override;
  im::ListSigningCertificatesResponse list_signing_certificates(aws::Context&,
                                                                const im::ListSigningCertificatesRequest&) override;
  im::ListUserPoliciesResponse list_user_policies(aws::Context&, const im::ListUserPoliciesRequest&) override;
  im::ListUserTagsResponse list_user_tags(aws::Context&, const im::ListUserTagsRequest&) override;
  im::ListUsersResponse list_users(aws::Context&, const im::ListUsersRequest&) override;
  im::PutGroupPolicyResponse put_group_policy(aws::Context&, const im::PutGroupPolicyRequest&) override;
  im::PutRolePermissionsBoundaryResponse put_role_permissions_boundary(
      aws::Context&, const im::PutRolePermissionsBoundaryRequest&) override;
  im::PutRolePolicyResponse put_role_policy(aws::Context&, const im::PutRolePolicyRequest&) override;
  im::PutUserPermissionsBoundaryResponse put_user_permissions_boundary(
      aws::Context&, const im::PutUserPermissionsBoundaryRequest&) override;
  im::PutUserPolicyResponse put_user_policy(aws::Context&, const im::PutUserPolicyRequest&) override;
  im::RemoveClientIDFromOpenIDConnectProviderResponse remove_client_id_from_open_id_connect_provider(
      aws::Context&, const im::RemoveClientIDFromOpenIDConnectProviderRequest&) override;
  im::RemoveRoleFromInstanceProfileResponse remove_role_from_instance_profile(
      aws::Context&, const im::RemoveRoleFromInstanceProfileRequest&) override;
  im::RemoveUserFromGroupResponse remove_user_from_group(aws::Context&, const im::RemoveUserFromGroupRequest&) override;
  im::SetDefaultPolicyVersionResponse set_default_policy_version(aws::Context&,
                                                                 const im::SetDefaultPolicyVersionRequest&) override;
  im::SimulatePolicyResponse simulate_custom_policy(aws::Context&, const im::SimulateCustomPolicyRequest&) override;
  im::SimulatePolicyResponse simulate_principal_policy(aws::Context&,
                                                       const im::SimulatePrincipalPolicyRequest&) override;
  im::TagInstanceProfileResponse tag_instance_profile(aws::Context&, const im::TagInstanceProfileRequest&) override;
  im::TagOpenIDConnectProviderResponse tag_open_id_connect_provider(
      aws::Context&, const im::TagOpenIDConnectProviderRequest&) override;
  im::TagPolicyResponse tag_policy(aws::Context&, const im::TagPolicyRequest&) override;
  im::TagRoleResponse tag_role(aws::Context&, const im::TagRoleRequest&) override;
  im::TagUserResponse tag_user(aws::Context&, const im::TagUserRequest&) override;
  im::UntagInstanceProfileResponse untag_instance_profile(aws::Context&,
                                                          const im::UntagInstanceProfileRequest&) override;
  im::UntagOpenIDConnectProviderResponse untag_open_id_connect_provider(
      aws::Context&, const im::UntagOpenIDConnectProviderRequest&) override;
  im::UntagPolicyResponse untag_policy(aws::Context&, const im::UntagPolicyRequest&) override;
  im::UntagRoleResponse untag_role(aws::Context&, const im::UntagRoleRequest&) override;
  im::UntagUserResponse untag_user(aws::Context&, const im::UntagUserRequest&) override;
  im::UpdateAccessKeyResponse update_access_key(aws::Context&, const im::UpdateAccessKeyRequest&) override;
  im::UpdateAssumeRolePolicyResponse update_assume_role_policy(aws::Context&,
                                                               const im::UpdateAssumeRolePolicyRequest&) override;
  im::UpdateGroupResponse update_group(aws::Context&, const im::UpdateGroupRequest&) override;
  im::UpdateOpenIDConnectProviderThumbprintResponse update_open_id_connect_provider_thumbprint(
      aws::Context&, const im::UpdateOpenIDConnectProviderThumbprintRequest&) override;
  im::UpdateRoleResponse update_role(aws::Context&, const im::UpdateRoleRequest&) override;
  im::UpdateRoleDescriptionResponse update_role_description(aws::Context&,
                                                            const im::UpdateRoleDescriptionRequest&) override;
  im::UpdateUserResponse update_user(aws::Context&, const im::UpdateUserRequest&) override;
  im::ChangePasswordResponse change_password(aws::Context&, const im::ChangePasswordRequest&) override;
  im::CreateLoginProfileResponse create_login_profile(aws::Context&, const im::CreateLoginProfileRequest&) override;
  im::UpdateLoginProfileResponse update_login_profile(aws::Context&, const im::UpdateLoginProfileRequest&) override;
  im::CreateSAMLProviderResponse create_saml_provider(aws::Context&, const im::CreateSAMLProviderRequest&) override;
  im::GetSAMLProviderResponse get_saml_provider(aws::Context&, const im::GetSAMLProviderRequest&) override;
  im::ListSAMLProvidersResponse list_saml_providers(aws::Context&, const im::ListSAMLProvidersRequest&) override;
  im::UpdateSAMLProviderResponse update_saml_provider(aws::Context&, const im::UpdateSAMLProviderRequest&) override;
  im::DeleteSAMLProviderResponse delete_saml_provider(aws::Context&, const im::DeleteSAMLProviderRequest&) override;
  im::TagSAMLProviderResponse tag_saml_provider(aws::Context&, const im::TagSAMLProviderRequest&) override;
  im::UntagSAMLProviderResponse untag_saml_provider(aws::Context&, const im::UntagSAMLProviderRequest&) override;
  im::ListSAMLProviderTagsResponse list_saml_provider_tags(aws::Context&,
                                                           const im::ListSAMLProviderTagsRequest&) override;
  im::CreateVirtualMFADeviceResponse create_virtual_mfa_device(aws::Context&,
                                                               const im::CreateVirtualMFADeviceRequest&) override;
  im::DeleteVirtualMFADeviceResponse delete_virtual_mfa_device(aws::Context&,
                                                               const im::DeleteVirtualMFADeviceRequest&) override;
  im::EnableMFADeviceResponse enable_mfa_device(aws::Context&, const im::EnableMFADeviceRequest&) override;
  im::DeactivateMFADeviceResponse deactivate_mfa_device(aws::Context&, const im::DeactivateMFADeviceRequest&) override;
  im::ResyncMFADeviceResponse resync_mfa_device(aws::Context&, const im::ResyncMFADeviceRequest&) override;
  im::GetMFADeviceResponse get_mfa_device(aws::Context&, const im::GetMFADeviceRequest&) override;
  im::ListVirtualMFADevicesResponse list_virtual_mfa_devices(aws::Context&,
                                                             const im::ListVirtualMFADevicesRequest&) override;
  im::TagMFADeviceResponse tag_mfa_device(aws::Context&, const im::TagMFADeviceRequest&) override;
  im::UntagMFADeviceResponse untag_mfa_device(aws::Context&, const im::UntagMFADeviceRequest&) override;
  im::ListMFADeviceTagsResponse list_mfa_device_tags(aws::Context&, const im::ListMFADeviceTagsRequest&) override;
  im::GetAccountPasswordPolicyResponse get_account_password_policy(aws::Context&,
                                                                   const im::GetAccountPasswordPolicyRequest&) override;
  im::UpdateAccountPasswordPolicyResponse update_account_password_policy(
      aws::Context&, const im::UpdateAccountPasswordPolicyRequest&) override;
  im::DeleteAccountPasswordPolicyResponse delete_account_password_policy(
      aws::Context&, const im::DeleteAccountPasswordPolicyRequest&) override;
  im::UploadServerCertificateResponse upload_server_certificate(aws::Context&,
                                                                const im::UploadServerCertificateRequest&) override;
  im::GetServerCertificateResponse get_server_certificate(aws::Context&,
                                                          const im::GetServerCertificateRequest&) override;
  im::ListServerCertificatesResponse list_server_certificates(aws::Context&,
                                                              const im::ListServerCertificatesRequest&) override;
  im::UpdateServerCertificateResponse update_server_certificate(aws::Context&,
                                                                const im::UpdateServerCertificateRequest&) override;
  im::DeleteServerCertificateResponse delete_server_certificate(aws::Context&,
                                                                const im::DeleteServerCertificateRequest&) override;
  im::TagServerCertificateResponse tag_server_certificate(aws::Context&,
                                                          const im::TagServerCertificateRequest&) override;
  im::UntagServerCertificateResponse untag_server_certificate(aws::Context&,
                                                              const im::UntagServerCertificateRequest&) override;
  im::ListServerCertificateTagsResponse list_server_certificate_tags(
      aws::Context&, const im::ListServerCertificateTagsRequest&) override;
  im::UploadSSHPublicKeyResponse upload_ssh_public_key(aws::Context&, const im::UploadSSHPublicKeyRequest&) override;
  im::GetSSHPublicKeyResponse get_ssh_public_key(aws::Context&, const im::GetSSHPublicKeyRequest&) override;
  im::UpdateSSHPublicKeyResponse update_ssh_public_key(aws::Context&, const im::UpdateSSHPublicKeyRequest&) override;
  im::DeleteSSHPublicKeyResponse delete_ssh_public_key(aws::Context&, const im::DeleteSSHPublicKeyRequest&) override;
  im::UploadSigningCertificateResponse upload_signing_certificate(aws::Context&,
                                                                  const im::UploadSigningCertificateRequest&) override;
  im::UpdateSigningCertificateResponse update_signing_certificate(aws::Context&,
                                                                  const im::UpdateSigningCertificateRequest&) override;
  im::DeleteSigningCertificateResponse delete_signing_certificate(aws::Context&,
                                                                  const im::DeleteSigningCertificateRequest&) override;
  im::GenerateCredentialReportResponse generate_credential_report(aws::Context&,
                                                                  const im::GenerateCredentialReportRequest&) override;
  im::GetCredentialReportResponse get_credential_report(aws::Context&, const im::GetCredentialReportRequest&) override;
  im::GetAccountAuthorizationDetailsResponse get_account_authorization_details(
      aws::Context&, const im::GetAccountAuthorizationDetailsRequest&) override;
  im::GetContextKeysForPolicyResponse get_context_keys_for_custom_policy(
      aws::Context&, const im::GetContextKeysForCustomPolicyRequest&) override;
  im::GetContextKeysForPolicyResponse get_context_keys_for_principal_policy(
      aws::Context&, const im::GetContextKeysForPrincipalPolicyRequest&) override;
  im::ListPoliciesGrantingServiceAccessResponse list_policies_granting_service_access(
      aws::Context&, const im::ListPoliciesGrantingServiceAccessRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  enum class Kind { user, group, role };
  struct LastUse {
    Timestamp at;
    std::string service, region;
  };
  static const char* word(Kind kind);
  static const char* title(Kind kind);
  state::Key key(const aws::Context& context, Kind kind, const std::string& name) const;
  const AccessKey* find_key(const std::string& access_key_id) const;
  /// The user or role that a key speaks for; null where it is gone, or another of the same name has taken its place.
  const Entity* principal_of(const AccessKey& key) const;
  std::vector<const AccessKey*> keys_of(const std::string& account, const std::string& user) const;
  const AccessKey& long_term_key(const aws::Context& context, const std::string& id,
                                 const std::optional<std::string>& user) const;

  /// NoSuchEntity where there is none.
  const Entity& entity(const aws::Context& context, Kind kind, const std::string& name) const;
  std::vector<const Entity*> entities(const std::string& account, Kind kind,
                                      const std::optional<std::string>& path_prefix) const;
  const Entity& create_entity(const aws::Context& context, Kind kind, const std::string& name,
                              const std::optional<std::string>& path, const std::function<void(Entity&)>& fill);
  const Entity& change_entity(const aws::Context& context, Kind kind, const std::string& name,
                              const std::function<void(Entity&)>& change);
  /// Under a new name or path; what points to it follows.
  void rename_entity(const aws::Context& context, Kind kind, const std::string& name,
                     const std::optional<std::string>& new_name, const std::optional<std::string>& new_path);
  void delete_entity(const aws::Context& context, Kind kind, const std::string& name);
  void set_boundary(const aws::Context& context, Kind kind, const std::string& name, const std::string& policy_arn);
  void check_trust(const std::string& document) const;

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
  int attachment_count(const std::string& account, const std::string& arn) const;
  int boundary_count(const std::string& account, const std::string& arn) const;
  im::Policy describe(const std::string& account, const ManagedPolicy& policy) const;
  im::Role describe_role(const Entity& entity) const;
  im::User describe_user(const Entity& entity) const;
  im::Group describe_group(const Entity& entity) const;
  im::InstanceProfile describe_profile(const aws::Context& context, const InstanceProfile& profile) const;
  const InstanceProfile& profile(const aws::Context& context, const std::string& name) const;
  const OidcProvider& provider(const aws::Context& context, const std::string& arn) const;
  const SamlProvider& saml_provider(const aws::Context& context, const std::string& arn) const;
  const ServerCertificate& server_certificate(const aws::Context& context, const std::string& name) const;
  const LoginProfile& login_profile(const aws::Context& context, const std::string& user) const;
  /// Throws PasswordPolicyViolation; makes the login profile where there is none.
  void set_password(const aws::Context& context, const std::string& user, const std::string& password);
  /// `at` is the place of the one with this id; NoSuchEntity where there is none.
  void change_ssh_key(const aws::Context& context, const std::string& user, const std::string& id,
                      const std::function<void(std::vector<SshKey>&, std::size_t at)>& change);
  void change_signing_certificate(const aws::Context& context, const std::string& user, const std::string& id,
                                  const std::function<void(std::vector<SigningCertificate>&, std::size_t at)>& change);
  const MfaDevice& mfa_device(const aws::Context& context, const std::string& serial) const;
  std::vector<const MfaDevice*> mfa_devices_of(const std::string& account, const std::string& user_id) const;
  /// Who has the device; null where nobody has.
  const Entity* user_of(const std::string& account, const MfaDevice& device) const;
  /// Throws InvalidAuthenticationCode where they are not two codes that follow each other.
  void take_two_codes(const aws::Context& context, const MfaDevice& device, const std::string& first,
                      const std::string& second, int reach);
  std::string credential_report(const aws::Context& context) const;
  std::vector<im::PolicyDetail> inline_details(const Entity& row) const;
  std::vector<im::AttachedPolicy> attached(const Entity& row) const;
  /// The user, group or role that an ARN names.
  const Entity& source_entity(const aws::Context& context, const std::string& arn) const;

  /// Everything that speaks for an entity: inline, attached, and its groups'.
  std::vector<std::string> documents(const std::string& account, const Entity& entity) const;
  Permissions permissions_of(const std::string& account, const Entity& entity) const;
  ConditionKeys condition_keys(const aws::Context& context, const AccessKey* key, const Entity* principal) const;
  std::vector<im::EvaluationResult> simulate(const Permissions& permissions, const std::string& caller,
                                             const std::vector<std::string>& actions,
                                             const std::optional<std::vector<std::string>>& resources,
                                             const std::optional<std::vector<im::ContextEntry>>& entries) const;
  /// The caller's policies and the resource's together.
  Verdict with_resource(Verdict own, const Request& request) const;
  std::string caller_user(const aws::Context& context, const std::optional<std::string>& name) const;

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  const Settings settings_;
  state::Table<Entity> entities_;
  state::Table<ManagedPolicy> policies_;
  state::Table<AccessKey> keys_;
  state::Table<InstanceProfile> profiles_;
  state::Table<OidcProvider> providers_;
  state::Table<AccountAlias> aliases_;
  state::Table<PasswordPolicy> password_policies_;
  state::Table<MfaDevice> mfa_devices_;
  state::Table<ServerCertificate> server_certificates_;
  state::Table<SamlProvider> saml_providers_;
  state::Table<CredentialReport> reports_;
  std::string master_;
  std::map<std::string, ResourceJudge> judges_;
  /// By access key id and by role id. Told, not kept: after a restart nothing is known to have been used.
  mutable std::unordered_map<std::string, LastUse> last_use_;
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
  aws::sts::GetFederationTokenResponse get_federation_token(aws::Context&,
                                                            const aws::sts::GetFederationTokenRequest&) override;
  aws::sts::GetAccessKeyInfoResponse get_access_key_info(aws::Context&,
                                                         const aws::sts::GetAccessKeyInfoRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  /// Throws AccessDenied where the caller's policies and the role's trust policy do not let the caller assume it.
  void check_may_assume(const aws::Context& context, const aws::sts::AssumeRoleRequest& request, const Entity* role,
                        bool mfa) const;
  /// Whether an MFA code came and is right; throws AccessDenied where it is wrong.
  bool took_code(const aws::Context& context, const std::optional<std::string>& serial,
                 const std::optional<std::string>& code);
  /// The documents of a session; throws where they do not parse or are too large.
  std::vector<std::string> session_policies(
      const std::string& account, const std::optional<std::string>& policy,
      const std::optional<std::vector<aws::sts::PolicyDescriptorType>>& arns) const;

  Loop& loop_;
  IamService& iam_;
};

}  // namespace stratus::services::iam
