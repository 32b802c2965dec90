// AWS Secrets Manager.
#pragma once

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/secretsmanager.h"
#include "stratus/services/kms/service.h"
#include "stratus/services/secretsmanager/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::secretsmanager {

namespace sm = aws::secretsmanager;

class Service final : public sm::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, kms::Service& kms);

  /// Begins removal of secrets whose recovery window is over.
  void start();

  /// What the policy of the secret that `request` is about says; nothing where it has none.
  std::optional<iam::ResourceVerdict> judge(const iam::Request& request) const;
  /// Whether the caller may do an action to a secret: what BatchGetSecretValue asks of each.
  using Gate = std::function<void(const aws::Context&, const std::string& action, const std::string& arn)>;
  void set_gate(Gate gate) { gate_ = std::move(gate); }

  /// What the caller's policies and a KMS key's say: values under a customer's key are for who may use the key.
  using KeyGate = std::function<bool(const aws::Context&, const std::string& action, const std::string& key_arn,
                                     const iam::ConditionKeys& more)>;
  void set_key_gate(KeyGate gate) { key_gate_ = std::move(gate); }

  /// For ECS: the value that `reference` means: a name, an ARN, or "ARN:json-key:version-stage:version-id" with empty
  /// parts left out. Errors as Secrets Manager words them.
  std::string value_of(const std::string& account, const std::string& region, const std::string& reference);

  sm::BatchGetSecretValueResponse batch_get_secret_value(aws::Context&, const sm::BatchGetSecretValueRequest&) override;
  sm::CreateSecretResponse create_secret(aws::Context&, const sm::CreateSecretRequest&) override;
  sm::DeleteResourcePolicyResponse delete_resource_policy(aws::Context&,
                                                          const sm::DeleteResourcePolicyRequest&) override;
  sm::DeleteSecretResponse delete_secret(aws::Context&, const sm::DeleteSecretRequest&) override;
  sm::DescribeSecretResponse describe_secret(aws::Context&, const sm::DescribeSecretRequest&) override;
  sm::GetRandomPasswordResponse get_random_password(aws::Context&, const sm::GetRandomPasswordRequest&) override;
  sm::GetResourcePolicyResponse get_resource_policy(aws::Context&, const sm::GetResourcePolicyRequest&) override;
  sm::GetSecretValueResponse get_secret_value(aws::Context&, const sm::GetSecretValueRequest&) override;
  sm::ListSecretVersionIdsResponse list_secret_version_ids(aws::Context&,
                                                           const sm::ListSecretVersionIdsRequest&) override;
  sm::ListSecretsResponse list_secrets(aws::Context&, const sm::ListSecretsRequest&) override;
  sm::PutResourcePolicyResponse put_resource_policy(aws::Context&, const sm::PutResourcePolicyRequest&) override;
  sm::PutSecretValueResponse put_secret_value(aws::Context&, const sm::PutSecretValueRequest&) override;
  sm::RemoveRegionsFromReplicationResponse remove_regions_from_replication(
      aws::Context&, const sm::RemoveRegionsFromReplicationRequest&) override;
  sm::ReplicateSecretToRegionsResponse replicate_secret_to_regions(aws::Context&,
                                                                   const sm::ReplicateSecretToRegionsRequest&) override;
  sm::RestoreSecretResponse restore_secret(aws::Context&, const sm::RestoreSecretRequest&) override;
  sm::StopReplicationToReplicaResponse stop_replication_to_replica(aws::Context&,
                                                                   const sm::StopReplicationToReplicaRequest&) override;
  sm::TagResourceResponse tag_resource(aws::Context&, const sm::TagResourceRequest&) override;
  sm::UntagResourceResponse untag_resource(aws::Context&, const sm::UntagResourceRequest&) override;
  sm::UpdateSecretResponse update_secret(aws::Context&, const sm::UpdateSecretRequest&) override;
  sm::UpdateSecretVersionStageResponse update_secret_version_stage(aws::Context&,
                                                                   const sm::UpdateSecretVersionStageRequest&) override;
  sm::ValidateResourcePolicyResponse validate_resource_policy(aws::Context&,
                                                              const sm::ValidateResourcePolicyRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  void reconcile() override;
  /// By name, ARN or ARN without its random suffix; ResourceNotFoundException otherwise.
  const Secret& secret(const std::string& account, const std::string& region, const std::string& id) const;
  /// As `secret`, but neither marked for deletion nor a replica: what a change may touch.
  const Secret& changeable(const aws::Context& context, const std::string& id, std::string_view operation) const;
  state::Key key_of(const Secret& secret) const;
  /// Writes the row, and the rows of its replicas after it.
  const Secret& save(Secret secret);
  /// Throws AccessDeniedException where the key is a customer's and the caller may not `action` with it.
  void demand_key(const aws::Context& context, const std::string& action, const std::string& key) const;
  std::string add_version(Secret& secret, const std::optional<std::string>& token,
                          const std::optional<std::string>& text, const std::optional<Blob>& binary,
                          std::vector<std::string> stages, Timestamp now);
  std::string open(const Secret& secret, const Version& version);
  std::vector<sm::ReplicationStatusType> replication_status(const Secret& secret) const;
  void replicate(Secret& secret, const std::vector<sm::ReplicaRegionType>& regions, bool overwrite);

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  kms::Service& kms_;
  state::Table<Secret> secrets_;
  Gate gate_;
  KeyGate key_gate_;
};

}  // namespace stratus::services::secretsmanager
