// Repositories, their policies and tags; the registry's settings; images.
#include <boost/json.hpp>

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/ecr/lifecycle.h"
#include "stratus/services/ecr/service.h"

namespace stratus::services::ecr {
namespace {

void own_registry(const aws::Context& context, const std::optional<std::string>& registry) {
  if (registry && *registry != context.account)
    throw r::errors::RepositoryNotFoundException("The registry with id '" + *registry +
                                                 "' does not exist or is not yours");
}

template <class Item>
std::optional<std::string> page(std::vector<Item>& items, const std::optional<std::string>& token,
                                std::optional<std::int32_t> most) {
  std::size_t from = 0;
  if (token) {
    if (token->empty() || token->size() > 9 || token->find_first_not_of("0123456789") != std::string::npos)
      throw r::errors::InvalidParameterException("Invalid parameter at 'nextToken'");
    from = std::min(static_cast<std::size_t>(std::stoul(*token)), items.size());
  }
  const std::size_t to = std::min(items.size(), from + static_cast<std::size_t>(most.value_or(100)));
  std::optional<std::string> next;
  if (to < items.size()) next = std::to_string(to);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(to), items.end());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(from));
  return next;
}

}  // namespace

r::Repository Service::describe(const std::string& account, const std::string& region, const Repository& row) const {
  return {.repository_arn = row.arn,
          .registry_id = account,
          .repository_name = row.name,
          .repository_uri = account + ".dkr.ecr." + region + ".amazonaws.com/" + row.name,
          .created_at = row.created,
          .image_tag_mutability = row.tag_mutability,
          .image_scanning_configuration = r::ImageScanningConfiguration{.scan_on_push = row.scan_on_push},
          .encryption_configuration = row.encryption};
}

r::CreateRepositoryResponse Service::create_repository(aws::Context& context,
                                                       const r::CreateRepositoryRequest& request) {
  own_registry(context, request.registry_id);
  const std::string& name = *request.repository_name;
  if (repositories_.find(context.account, context.region, name) != nullptr)
    throw r::errors::RepositoryAlreadyExistsException(
        "The repository with name '" + name + "' already exists in the registry with id '" + context.account + "'");
  Repository row{.name = name,
                 .arn = make_arn("ecr", context.region, context.account, "repository/" + name),
                 .created = context.now};
  row.tag_mutability = request.image_tag_mutability.value_or("MUTABLE");
  if (row.tag_mutability.ends_with("EXCLUSION"))
    throw aws::not_implemented("CreateRepository: imageTagMutability " + row.tag_mutability);
  row.scan_on_push =
      request.image_scanning_configuration && request.image_scanning_configuration->scan_on_push.value_or(false);
  row.encryption = request.encryption_configuration.value_or(r::EncryptionConfiguration{.encryption_type = "AES256"});
  if (row.encryption.encryption_type != "AES256")
    throw aws::not_implemented("CreateRepository: encryptionType " + row.encryption.encryption_type.value_or(""));
  if (request.tags)
    for (const auto& tag : *request.tags) row.tags[*tag.key] = tag.value.value_or("");
  const state::Key key{context.account, context.region, name};
  return {.repository = describe(context.account, context.region, repositories_.put(key, std::move(row)))};
}

r::DescribeRepositoriesResponse Service::describe_repositories(aws::Context& context,
                                                               const r::DescribeRepositoriesRequest& request) {
  own_registry(context, request.registry_id);
  std::vector<r::Repository> found;
  if (request.repository_names) {
    for (const auto& name : *request.repository_names)
      found.push_back(describe(context.account, context.region, repository(context.account, context.region, name)));
  } else {
    for (const Repository* row : repositories_.list(context.account, context.region))
      found.push_back(describe(context.account, context.region, *row));
  }
  auto next = page(found, request.next_token, request.max_results);
  return {.repositories = std::move(found), .next_token = std::move(next)};
}

r::DeleteRepositoryResponse Service::delete_repository(aws::Context& context,
                                                       const r::DeleteRepositoryRequest& request) {
  own_registry(context, request.registry_id);
  const std::string name = *request.repository_name;
  const auto described = describe(context.account, context.region, repository(context.account, context.region, name));
  const auto held = images_of(context.account, context.region, name);
  if (!held.empty() && !request.force.value_or(false))
    throw r::errors::RepositoryNotEmptyException("The repository with name '" + name + "' in registry with id '" +
                                                 context.account +
                                                 "' cannot be deleted because it still contains images");
  for (const Image* image : held) rows_.erase({context.account, context.region, name + "\n" + image->digest});
  for (const auto& [key, row] : layers_.all())
    if (key.account == context.account && key.region == context.region && key.id.starts_with(name + "\n"))
      layers_.erase(key);
  repositories_.erase({context.account, context.region, name});
  return {.repository = described};
}

r::PutImageTagMutabilityResponse Service::put_image_tag_mutability(aws::Context& context,
                                                                   const r::PutImageTagMutabilityRequest& request) {
  if (request.image_tag_mutability->ends_with("EXCLUSION"))
    throw aws::not_implemented("PutImageTagMutability: " + *request.image_tag_mutability);
  repository(context.account, context.region, *request.repository_name);
  repositories_.update({context.account, context.region, *request.repository_name},
                       [&](Repository& row) { row.tag_mutability = *request.image_tag_mutability; });
  return {.registry_id = context.account,
          .repository_name = request.repository_name,
          .image_tag_mutability = request.image_tag_mutability};
}

r::PutImageScanningConfigurationResponse Service::put_image_scanning_configuration(
    aws::Context& context, const r::PutImageScanningConfigurationRequest& request) {
  repository(context.account, context.region, *request.repository_name);
  repositories_.update({context.account, context.region, *request.repository_name}, [&](Repository& row) {
    row.scan_on_push = request.image_scanning_configuration->scan_on_push.value_or(false);
  });
  return {.registry_id = context.account,
          .repository_name = request.repository_name,
          .image_scanning_configuration = request.image_scanning_configuration};
}

r::PutLifecyclePolicyResponse Service::put_lifecycle_policy(aws::Context& context,
                                                            const r::PutLifecyclePolicyRequest& request) {
  repository(context.account, context.region, *request.repository_name);
  check_lifecycle_policy(*request.lifecycle_policy_text);
  repositories_.update({context.account, context.region, *request.repository_name}, [&](Repository& row) {
    row.lifecycle_policy = *request.lifecycle_policy_text;
    row.lifecycle_evaluated.reset();
  });
  return {.registry_id = context.account,
          .repository_name = request.repository_name,
          .lifecycle_policy_text = request.lifecycle_policy_text};
}

r::GetLifecyclePolicyResponse Service::get_lifecycle_policy(aws::Context& context,
                                                            const r::GetLifecyclePolicyRequest& request) {
  const Repository& row = repository(context.account, context.region, *request.repository_name);
  if (row.lifecycle_policy.empty())
    throw r::errors::LifecyclePolicyNotFoundException("Lifecycle policy does not exist for the repository with name '" +
                                                      row.name + "' in the registry with id '" + context.account + "'");
  return {.registry_id = context.account,
          .repository_name = row.name,
          .lifecycle_policy_text = row.lifecycle_policy,
          .last_evaluated_at = row.lifecycle_evaluated};
}

r::DeleteLifecyclePolicyResponse Service::delete_lifecycle_policy(aws::Context& context,
                                                                  const r::DeleteLifecyclePolicyRequest& request) {
  const auto before = get_lifecycle_policy(context, {.repository_name = request.repository_name});
  repositories_.update({context.account, context.region, *request.repository_name},
                       [](Repository& row) { row.lifecycle_policy.clear(); });
  return {.registry_id = context.account,
          .repository_name = request.repository_name,
          .lifecycle_policy_text = before.lifecycle_policy_text};
}

r::SetRepositoryPolicyResponse Service::set_repository_policy(aws::Context& context,
                                                              const r::SetRepositoryPolicyRequest& request) {
  repository(context.account, context.region, *request.repository_name);
  boost::system::error_code error;
  const auto document = boost::json::parse(*request.policy_text, error);
  if (error || !document.is_object() || !document.as_object().contains("Statement"))
    throw r::errors::InvalidParameterException(
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'");
  repositories_.update({context.account, context.region, *request.repository_name},
                       [&](Repository& row) { row.policy = *request.policy_text; });
  return {
      .registry_id = context.account, .repository_name = request.repository_name, .policy_text = request.policy_text};
}

r::GetRepositoryPolicyResponse Service::get_repository_policy(aws::Context& context,
                                                              const r::GetRepositoryPolicyRequest& request) {
  const Repository& row = repository(context.account, context.region, *request.repository_name);
  if (row.policy.empty())
    throw r::errors::RepositoryPolicyNotFoundException(
        "Repository policy does not exist for the repository with name '" + row.name + "' in the registry with id '" +
        context.account + "'");
  return {.registry_id = context.account, .repository_name = row.name, .policy_text = row.policy};
}

r::DeleteRepositoryPolicyResponse Service::delete_repository_policy(aws::Context& context,
                                                                    const r::DeleteRepositoryPolicyRequest& request) {
  const auto before = get_repository_policy(context, {.repository_name = request.repository_name});
  repositories_.update({context.account, context.region, *request.repository_name},
                       [](Repository& row) { row.policy.clear(); });
  return {
      .registry_id = context.account, .repository_name = request.repository_name, .policy_text = before.policy_text};
}

r::DescribeRegistryResponse Service::describe_registry(aws::Context& context, const r::DescribeRegistryRequest&) {
  const Registry* row = registries_.find(context.account, context.region, "registry");
  return {.registry_id = context.account,
          .replication_configuration = row != nullptr && row->replication.rules
                                           ? row->replication
                                           : r::ReplicationConfiguration{.rules = std::vector<r::ReplicationRule>{}}};
}

r::PutReplicationConfigurationResponse Service::put_replication_configuration(
    aws::Context& context, const r::PutReplicationConfigurationRequest& request) {
  for (const auto& rule : *request.replication_configuration->rules)
    for (const auto& destination : *rule.destinations) {
      if (*destination.registry_id != context.account)
        throw aws::not_implemented("PutReplicationConfiguration: replication to another account");
      if (*destination.region == context.region)
        throw r::errors::InvalidParameterException(
            "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: 'Replication destination "
            "cannot be the same as the source region'");
    }
  registries_.put({context.account, context.region, "registry"}, {*request.replication_configuration});
  return {.replication_configuration = request.replication_configuration};
}

r::ListTagsForResourceResponse Service::list_tags_for_resource(aws::Context& context,
                                                               const r::ListTagsForResourceRequest& request) {
  const auto arn = Arn::parse(*request.resource_arn);
  if (!arn || !arn->resource.starts_with("repository/"))
    throw r::errors::InvalidParameterException("Invalid parameter at 'resourceArn'");
  r::ListTagsForResourceResponse out{.tags = std::vector<r::Tag>{}};
  for (const auto& [key, value] : repository(context.account, arn->region, arn->resource.substr(11)).tags)
    out.tags->push_back({.key = key, .value = value});
  return out;
}

r::TagResourceResponse Service::tag_resource(aws::Context& context, const r::TagResourceRequest& request) {
  list_tags_for_resource(context, {.resource_arn = request.resource_arn});
  const auto arn = Arn::parse(*request.resource_arn);
  repositories_.update({context.account, arn->region, arn->resource.substr(11)}, [&](Repository& row) {
    for (const auto& tag : *request.tags) row.tags[*tag.key] = tag.value.value_or("");
  });
  return {};
}

r::UntagResourceResponse Service::untag_resource(aws::Context& context, const r::UntagResourceRequest& request) {
  list_tags_for_resource(context, {.resource_arn = request.resource_arn});
  const auto arn = Arn::parse(*request.resource_arn);
  repositories_.update({context.account, arn->region, arn->resource.substr(11)}, [&](Repository& row) {
    for (const auto& key : *request.tag_keys) row.tags.erase(key);
  });
  return {};
}

r::GetAuthorizationTokenResponse Service::get_authorization_token(aws::Context& context,
                                                                  const r::GetAuthorizationTokenRequest&) {
  const Timestamp expires = context.now + std::chrono::hours(12);
  const std::string password = base64::encode(
      crypto::seal(token_key_, context.account + "|" + context.region + "|" + std::to_string(expires.ms), "ecr-token"));
  return {.authorization_data = {{r::AuthorizationData{
              .authorization_token = base64::encode("AWS:" + password),
              .expires_at = expires,
              .proxy_endpoint = "https://" + context.account + ".dkr.ecr." + context.region + ".amazonaws.com"}}}};
}

r::DescribeImagesResponse Service::describe_images(aws::Context& context, const r::DescribeImagesRequest& request) {
  const Repository& owner = repository(context.account, context.region, *request.repository_name);
  std::vector<const Image*> rows;
  if (request.image_ids) {
    for (const auto& id : *request.image_ids) {
      const Image* found =
          find_image(context.account, context.region, owner.name, id.image_digest.value_or(id.image_tag.value_or("")));
      if (found == nullptr)
        throw r::errors::ImageNotFoundException(
            "The image with imageId {imageDigest:'" + id.image_digest.value_or("null") + "', imageTag:'" +
            id.image_tag.value_or("null") + "'} does not exist within the repository with name '" + owner.name +
            "' in the registry with id '" + context.account + "'");
      rows.push_back(found);
    }
  } else {
    rows = images_of(context.account, context.region, owner.name);
  }
  std::vector<r::ImageDetail> found;
  for (const Image* row : rows) {
    if (request.filter && request.filter->tag_status == "TAGGED" && row->tags.empty()) continue;
    if (request.filter && request.filter->tag_status == "UNTAGGED" && !row->tags.empty()) continue;
    r::ImageDetail detail{
        .registry_id = context.account, .repository_name = row->repository, .image_digest = row->digest};
    if (!row->tags.empty()) detail.image_tags = row->tags;
    detail.image_size_in_bytes = row->size;
    detail.image_pushed_at = row->pushed;
    detail.image_manifest_media_type = row->media_type;
    detail.last_recorded_pull_time = row->pulled;
    found.push_back(std::move(detail));
  }
  auto next = page(found, request.next_token, request.max_results);
  return {.image_details = std::move(found), .next_token = std::move(next)};
}

r::ListImagesResponse Service::list_images(aws::Context& context, const r::ListImagesRequest& request) {
  const Repository& owner = repository(context.account, context.region, *request.repository_name);
  std::vector<r::ImageIdentifier> found;
  const std::string status = request.filter ? request.filter->tag_status.value_or("ANY") : "ANY";
  for (const Image* row : images_of(context.account, context.region, owner.name)) {
    if (row->tags.empty() && status != "TAGGED") found.push_back({.image_digest = row->digest});
    if (status != "UNTAGGED")
      for (const auto& tag : row->tags) found.push_back({.image_digest = row->digest, .image_tag = tag});
  }
  auto next = page(found, request.next_token, request.max_results);
  return {.image_ids = std::move(found), .next_token = std::move(next)};
}

r::BatchDeleteImageResponse Service::batch_delete_image(aws::Context& context,
                                                        const r::BatchDeleteImageRequest& request) {
  const std::string name = repository(context.account, context.region, *request.repository_name).name;
  r::BatchDeleteImageResponse out{.image_ids = std::vector<r::ImageIdentifier>{},
                                  .failures = std::vector<r::ImageFailure>{}};
  for (const auto& id : *request.image_ids) {
    const Image* found =
        find_image(context.account, context.region, name, id.image_digest.value_or(id.image_tag.value_or("")));
    if (found == nullptr) {
      out.failures->push_back(
          {.image_id = id, .failure_code = "ImageNotFound", .failure_reason = "Requested image not found"});
      continue;
    }
    const state::Key key{context.account, context.region, name + "\n" + found->digest};
    // By tag: the tag goes, and the image with its last one.
    const std::string digest = found->digest;
    if (!id.image_digest && found->tags.size() > 1) {
      rows_.update(key, [&](Image& row) { std::erase(row.tags, *id.image_tag); });
    } else {
      rows_.erase(key);
    }
    out.image_ids->push_back({.image_digest = digest, .image_tag = id.image_tag});
  }
  return out;
}

r::BatchGetImageResponse Service::batch_get_image(aws::Context& context, const r::BatchGetImageRequest& request) {
  const std::string name = repository(context.account, context.region, *request.repository_name).name;
  r::BatchGetImageResponse out{.images = std::vector<r::Image>{}, .failures = std::vector<r::ImageFailure>{}};
  for (const auto& id : *request.image_ids) {
    const Image* found =
        find_image(context.account, context.region, name, id.image_digest.value_or(id.image_tag.value_or("")));
    // Manifests are at most 4 MiB and few: read here.
    const auto manifest =
        found == nullptr ? Result<images::StoredManifest>(failure("", ENOENT)) : images_.get_manifest(found->digest);
    if (!manifest) {
      out.failures->push_back(
          {.image_id = id, .failure_code = "ImageNotFound", .failure_reason = "Requested image not found"});
      continue;
    }
    out.images->push_back({.registry_id = context.account,
                           .repository_name = name,
                           .image_id = r::ImageIdentifier{.image_digest = found->digest, .image_tag = id.image_tag},
                           .image_manifest = manifest->body,
                           .image_manifest_media_type = manifest->media_type});
  }
  return out;
}

r::BatchCheckLayerAvailabilityResponse Service::batch_check_layer_availability(
    aws::Context& context, const r::BatchCheckLayerAvailabilityRequest& request) {
  const std::string name = repository(context.account, context.region, *request.repository_name).name;
  r::BatchCheckLayerAvailabilityResponse out{.layers = std::vector<r::Layer>{},
                                             .failures = std::vector<r::LayerFailure>{}};
  for (const auto& digest : *request.layer_digests) {
    const Layer* row = layers_.find(context.account, context.region, name + "\n" + digest);
    r::Layer layer{.layer_digest = digest, .layer_availability = row != nullptr ? "AVAILABLE" : "UNAVAILABLE"};
    if (row != nullptr) layer.layer_size = row->size;
    out.layers->push_back(std::move(layer));
  }
  return out;
}

}  // namespace stratus::services::ecr
