// AWS Key Management Service.
#pragma once

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/kms.h"
#include "stratus/services/iam/policy.h"
#include "stratus/services/kms/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::kms {

class Service final : public aws::kms::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random);

  /// Begins rotation and scheduled deletion.
  void start();

  /// What the policy and the grants of the key that `request` is about say; nothing where it is about no key.
  std::optional<iam::ResourceVerdict> judge(const iam::Request& request) const;

  /// What the caller's policies and the key's say: asked by RetireGrant, which a grant may allow besides.
  using Judgement = std::function<iam::Verdict(const aws::Context&, const std::string& action, const std::string& arn)>;
  void set_judgement(Judgement judgement) { judgement_ = std::move(judgement); }

  // For services that encrypt with a customer's key. `key` is an id, an ARN, "alias/x" or an alias' ARN. Errors as KMS
  // words them.
  std::string encrypt(const std::string& account, const std::string& region, const std::string& key,
                      std::string_view plaintext, const std::map<std::string, std::string>& encryption_context);
  std::string decrypt(const std::string& account, const std::string& region, std::string_view ciphertext,
                      const std::map<std::string, std::string>& encryption_context);
  /// The key's ARN where it exists and is enabled; throws NotFoundException, DisabledException,
  /// KMSInvalidStateException.
  std::string usable_key_arn(const std::string& account, const std::string& region, const std::string& key);
  /// The key's ARN where a customer manages it: its policy and grants decide who may use it. Nothing where AWS does, or
  /// where there is no such key.
  std::optional<std::string> customer_key_arn(const std::string& account, const std::string& region,
                                              const std::string& key) const;
  /// The id of the key that a ciphertext is under; "" where it is none of ours.
  static std::string key_id_of(std::string_view ciphertext);
  /// The ARN of the AWS-managed key alias ("aws/secretsmanager"), made at first use.
  std::string managed_key_arn(const std::string& account, const std::string& region, const std::string& alias,
                              Timestamp now);

  aws::kms::CreateKeyResponse create_key(aws::Context&, const aws::kms::CreateKeyRequest&) override;
  aws::kms::DescribeKeyResponse describe_key(aws::Context&, const aws::kms::DescribeKeyRequest&) override;
  aws::kms::ListKeysResponse list_keys(aws::Context&, const aws::kms::ListKeysRequest&) override;
  aws::kms::EnableKeyResponse enable_key(aws::Context&, const aws::kms::EnableKeyRequest&) override;
  aws::kms::DisableKeyResponse disable_key(aws::Context&, const aws::kms::DisableKeyRequest&) override;
  aws::kms::UpdateKeyDescriptionResponse update_key_description(aws::Context&,
                                                                const aws::kms::UpdateKeyDescriptionRequest&) override;
  aws::kms::ScheduleKeyDeletionResponse schedule_key_deletion(aws::Context&,
                                                              const aws::kms::ScheduleKeyDeletionRequest&) override;
  aws::kms::CancelKeyDeletionResponse cancel_key_deletion(aws::Context&,
                                                          const aws::kms::CancelKeyDeletionRequest&) override;
  aws::kms::GetKeyPolicyResponse get_key_policy(aws::Context&, const aws::kms::GetKeyPolicyRequest&) override;
  aws::kms::PutKeyPolicyResponse put_key_policy(aws::Context&, const aws::kms::PutKeyPolicyRequest&) override;
  aws::kms::ListKeyPoliciesResponse list_key_policies(aws::Context&, const aws::kms::ListKeyPoliciesRequest&) override;
  aws::kms::EnableKeyRotationResponse enable_key_rotation(aws::Context&,
                                                          const aws::kms::EnableKeyRotationRequest&) override;
  aws::kms::DisableKeyRotationResponse disable_key_rotation(aws::Context&,
                                                            const aws::kms::DisableKeyRotationRequest&) override;
  aws::kms::GetKeyRotationStatusResponse get_key_rotation_status(aws::Context&,
                                                                 const aws::kms::GetKeyRotationStatusRequest&) override;
  aws::kms::TagResourceResponse tag_resource(aws::Context&, const aws::kms::TagResourceRequest&) override;
  aws::kms::UntagResourceResponse untag_resource(aws::Context&, const aws::kms::UntagResourceRequest&) override;
  aws::kms::ListResourceTagsResponse list_resource_tags(aws::Context&,
                                                        const aws::kms::ListResourceTagsRequest&) override;

  aws::kms::CreateAliasResponse create_alias(aws::Context&, const aws::kms::CreateAliasRequest&) override;
  aws::kms::UpdateAliasResponse update_alias(aws::Context&, const aws::kms::UpdateAliasRequest&) override;
  aws::kms::DeleteAliasResponse delete_alias(aws::Context&, const aws::kms::DeleteAliasRequest&) override;
  aws::kms::ListAliasesResponse list_aliases(aws::Context&, const aws::kms::ListAliasesRequest&) override;

  aws::kms::EncryptResponse encrypt(aws::Context&, const aws::kms::EncryptRequest&) override;
  aws::kms::DecryptResponse decrypt(aws::Context&, const aws::kms::DecryptRequest&) override;
  aws::kms::ReEncryptResponse re_encrypt(aws::Context&, const aws::kms::ReEncryptRequest&) override;
  aws::kms::GenerateDataKeyResponse generate_data_key(aws::Context&, const aws::kms::GenerateDataKeyRequest&) override;
  aws::kms::GenerateDataKeyWithoutPlaintextResponse generate_data_key_without_plaintext(
      aws::Context&, const aws::kms::GenerateDataKeyWithoutPlaintextRequest&) override;
  aws::kms::GenerateRandomResponse generate_random(aws::Context&, const aws::kms::GenerateRandomRequest&) override;
  aws::kms::CreateGrantResponse create_grant(aws::Context&, const aws::kms::CreateGrantRequest&) override;
  aws::kms::ListGrantsResponse list_grants(aws::Context&, const aws::kms::ListGrantsRequest&) override;
  aws::kms::ListGrantsResponse list_retirable_grants(aws::Context&,
                                                     const aws::kms::ListRetirableGrantsRequest&) override;
  aws::kms::RetireGrantResponse retire_grant(aws::Context&, const aws::kms::RetireGrantRequest&) override;
  aws::kms::RevokeGrantResponse revoke_grant(aws::Context&, const aws::kms::RevokeGrantRequest&) override;
  aws::kms::GetPublicKeyResponse get_public_key(aws::Context&, const aws::kms::GetPublicKeyRequest&) override;
  aws::kms::SignResponse sign(aws::Context&, const aws::kms::SignRequest&) override;
  aws::kms::VerifyResponse verify(aws::Context&, const aws::kms::VerifyRequest&) override;
  aws::kms::GenerateMacResponse generate_mac(aws::Context&, const aws::kms::GenerateMacRequest&) override;
  aws::kms::VerifyMacResponse verify_mac(aws::Context&, const aws::kms::VerifyMacRequest&) override;
  aws::kms::GenerateDataKeyPairResponse generate_data_key_pair(aws::Context&,
                                                               const aws::kms::GenerateDataKeyPairRequest&) override;
  aws::kms::GenerateDataKeyPairWithoutPlaintextResponse generate_data_key_pair_without_plaintext(
      aws::Context&, const aws::kms::GenerateDataKeyPairWithoutPlaintextRequest&) override;
  aws::kms::RotateKeyOnDemandResponse rotate_key_on_demand(aws::Context&,
                                                           const aws::kms::RotateKeyOnDemandRequest&) override;
  aws::kms::ListKeyRotationsResponse list_key_rotations(aws::Context&,
                                                        const aws::kms::ListKeyRotationsRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  void reconcile() override;
  /// The key that `name` (id, ARN, alias, alias ARN) means; NotFoundException where there is none.
  const Key& key(const std::string& account, const std::string& region, const std::string& name) const;
  const Key& enabled_key(const std::string& account, const std::string& region, const std::string& name) const;
  /// An enabled key that is for `usage`; InvalidKeyUsage otherwise.
  const Key& key_for(const aws::Context& context, const std::string& name, const char* usage,
                     const char* operation) const;
  /// Its current material.
  std::string secret_of(const Key& key) const;
  aws::kms::GrantListEntry describe(const state::Key& where, const Grant& grant) const;
  void check_policy(const aws::Context& context, const Key& key, const std::string& policy,
                    const std::optional<bool>& unchecked) const;
  bool may_retire(const aws::Context& context, const Grant& grant) const;
  state::Key row_key(const Key& key) const;
  /// The ARN that a decision about the key of this name is about, whether there is such a key or not.
  std::string arn_for(const aws::Context& context, const std::string& name) const;
  Key new_key(const std::string& account, const std::string& region, Timestamp now);
  std::string seal_with(const Key& key, std::string_view plaintext,
                        const std::map<std::string, std::string>& encryption_context) const;

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  state::Table<Key> keys_;
  state::Table<Alias> aliases_;
  state::Table<Grant> grants_;
  std::string master_;
  Judgement judgement_;
};

}  // namespace stratus::services::kms
