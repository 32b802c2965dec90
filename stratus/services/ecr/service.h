// Amazon Elastic Container Registry.
#pragma once

#include <memory>
#include <set>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/dataplane/images/image_store.h"
#include "stratus/models/ecr.h"
#include "stratus/services/ecr/resources.h"
#include "stratus/services/iam/policy.h"
#include "stratus/state/store.h"
#include "stratus/wire/server.h"

namespace stratus::services::ecr {

namespace r = aws::ecr;

class Service final : public r::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, images::ImageStore& images);

  /// Begins lifecycle policies and the collection of what no repository holds.
  void start();

  /// The registry API: everything below /v2.
  void serve(wire::HttpRequest request, std::function<void(wire::HttpReply)> reply);

  /// For ECS: unpacks the image that `reference` means ("<account>.dkr.ecr.<region>.amazonaws.com/name:tag" or
  /// "…@sha256:…") and answers on the loop. A Failure's text is what ECS shows behind "CannotPullContainerError: ".
  void pull(const std::string& reference, std::function<void(Result<images::UnpackedImage>)> done);
  /// The repository's ARN that a reference means; "" where it is none of this registry's.
  static std::string repository_arn(const std::string& reference);
  /// Whether a caller's own policies allow an action on a resource (IAM). Unset: everything is allowed.
  using Permits = std::function<bool(const aws::Context&, const std::string& action, const std::string& resource)>;
  void set_permits(Permits permits) { permits_ = std::move(permits); }
  /// What the repository's policy says of a principal (the ARN of a role, a session or a user).
  iam::Decision policy_decision(const std::string& repository_arn, const std::string& action,
                                const std::string& principal_arn) const;
  /// Layers' diff ids that running containers use: they are not collected.
  void set_in_use(std::function<std::set<std::string>()> diff_ids) { in_use_ = std::move(diff_ids); }
  std::int64_t stored_bytes(const std::string& account) const;

  r::BatchCheckLayerAvailabilityResponse batch_check_layer_availability(
      aws::Context&, const r::BatchCheckLayerAvailabilityRequest&) override;
  r::BatchDeleteImageResponse batch_delete_image(aws::Context&, const r::BatchDeleteImageRequest&) override;
  r::BatchGetImageResponse batch_get_image(aws::Context&, const r::BatchGetImageRequest&) override;
  r::BatchGetRepositoryScanningConfigurationResponse batch_get_repository_scanning_configuration(
      aws::Context&, const r::BatchGetRepositoryScanningConfigurationRequest&) override;
  r::CreateRepositoryResponse create_repository(aws::Context&, const r::CreateRepositoryRequest&) override;
  r::DeleteLifecyclePolicyResponse delete_lifecycle_policy(aws::Context&,
                                                           const r::DeleteLifecyclePolicyRequest&) override;
  r::DeleteRepositoryResponse delete_repository(aws::Context&, const r::DeleteRepositoryRequest&) override;
  r::DeleteRepositoryPolicyResponse delete_repository_policy(aws::Context&,
                                                             const r::DeleteRepositoryPolicyRequest&) override;
  r::DescribeImageReplicationStatusResponse describe_image_replication_status(
      aws::Context&, const r::DescribeImageReplicationStatusRequest&) override;
  r::DescribeImageScanFindingsResponse describe_image_scan_findings(
      aws::Context&, const r::DescribeImageScanFindingsRequest&) override;
  r::DescribeImagesResponse describe_images(aws::Context&, const r::DescribeImagesRequest&) override;
  r::DescribeRegistryResponse describe_registry(aws::Context&, const r::DescribeRegistryRequest&) override;
  r::DescribeRepositoriesResponse describe_repositories(aws::Context&, const r::DescribeRepositoriesRequest&) override;
  r::GetAuthorizationTokenResponse get_authorization_token(aws::Context&,
                                                           const r::GetAuthorizationTokenRequest&) override;
  r::GetLifecyclePolicyPreviewResponse get_lifecycle_policy_preview(
      aws::Context&, const r::GetLifecyclePolicyPreviewRequest&) override;
  r::GetLifecyclePolicyResponse get_lifecycle_policy(aws::Context&, const r::GetLifecyclePolicyRequest&) override;
  r::GetRegistryScanningConfigurationResponse get_registry_scanning_configuration(
      aws::Context&, const r::GetRegistryScanningConfigurationRequest&) override;
  r::GetRepositoryPolicyResponse get_repository_policy(aws::Context&, const r::GetRepositoryPolicyRequest&) override;
  r::ListImagesResponse list_images(aws::Context&, const r::ListImagesRequest&) override;
  r::ListTagsForResourceResponse list_tags_for_resource(aws::Context&, const r::ListTagsForResourceRequest&) override;
  r::PutImageResponse put_image(aws::Context&, const r::PutImageRequest&) override;
  r::PutImageScanningConfigurationResponse put_image_scanning_configuration(
      aws::Context&, const r::PutImageScanningConfigurationRequest&) override;
  r::PutImageTagMutabilityResponse put_image_tag_mutability(aws::Context&,
                                                            const r::PutImageTagMutabilityRequest&) override;
  r::PutLifecyclePolicyResponse put_lifecycle_policy(aws::Context&, const r::PutLifecyclePolicyRequest&) override;
  r::PutRegistryScanningConfigurationResponse put_registry_scanning_configuration(
      aws::Context&, const r::PutRegistryScanningConfigurationRequest&) override;
  r::PutReplicationConfigurationResponse put_replication_configuration(
      aws::Context&, const r::PutReplicationConfigurationRequest&) override;
  r::SetRepositoryPolicyResponse set_repository_policy(aws::Context&, const r::SetRepositoryPolicyRequest&) override;
  r::StartImageScanResponse start_image_scan(aws::Context&, const r::StartImageScanRequest&) override;
  r::StartLifecyclePolicyPreviewResponse start_lifecycle_policy_preview(
      aws::Context&, const r::StartLifecyclePolicyPreviewRequest&) override;
  r::TagResourceResponse tag_resource(aws::Context&, const r::TagResourceRequest&) override;
  r::UntagResourceResponse untag_resource(aws::Context&, const r::UntagResourceRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  friend class RegistryCall;
  struct Caller {
    std::string account, region;
    aws::Identity identity;  ///< who asked for the token
  };
  /// Whether the caller's policies and the repository's let it do `action`; on the registry's own API.
  bool permits(const Caller& caller, const std::string& action, const std::string& name) const;
  void reconcile() override;
  const Repository& repository(const std::string& account, const std::string& region, const std::string& name) const;
  std::vector<const Image*> images_of(const std::string& account, const std::string& region,
                                      const std::string& name) const;
  const Image* find_image(const std::string& account, const std::string& region, const std::string& name,
                          const std::string& tag_or_digest) const;
  /// The repository, where its policy does not deny the caller what the operation is.
  const Repository& repository(const aws::Context& context, const std::string& name) const;
  const Image& image(const aws::Context& context, const std::string& repository, const r::ImageIdentifier& id) const;
  const Registry& registry(const std::string& account, const std::string& region) const;
  /// The registry's rule for the repository, then the repository's own: SCAN_ON_PUSH, MANUAL.
  std::string scan_frequency(const std::string& account, const std::string& region, const Repository& row,
                             r::ScanningRepositoryFilter* by = nullptr) const;
  r::Repository describe(const std::string& account, const std::string& region, const Repository& row) const;
  std::optional<Caller> authenticate(const wire::HttpRequest& request) const;
  /// Records a pushed manifest: tags move or are refused, replicas are made. Throws ImageTagAlreadyExistsException.
  void record_image(const Caller& caller, const std::string& name, const images::StoredManifest& manifest,
                    const std::string& tag);
  void replicate(const Caller& caller, const Image& image, const Repository& from);
  void expire(const state::Key& key, const Repository& row, Timestamp now);

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  images::ImageStore& images_;
  state::Table<Repository> repositories_;
  state::Table<Image> rows_;
  state::Table<Layer> layers_;
  state::Table<Registry> registries_;
  std::string token_key_;
  std::function<std::set<std::string>()> in_use_;
  Permits permits_;
  Timestamp collected_{};
};

}  // namespace stratus::services::ecr
