// Repositories, their policies and tags; the registry's settings.
#include <boost/json.hpp>

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/ecr/lifecycle.h"
#include "stratus/services/ecr/listing.h"
#include "stratus/services/ecr/service.h"

namespace stratus::services::ecr {
namespace {

std::vector<r::ImageTagMutabilityExclusionFilter> exclusions_of(
    const std::string& mutability, const std::optional<std::vector<r::ImageTagMutabilityExclusionFilter>>& given) {
  const bool wanted = mutability.ends_with("EXCLUSION"), there = given && !given->empty();
  if (wanted && !there)
    throw r::errors::InvalidParameterException(
        "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'ImageTagMutability "
        "exclusion filters are required when imageTagMutability is " +
        mutability + "'");
  if (!wanted && there)
    throw r::errors::InvalidParameterException(
        "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'ImageTagMutability "
        "exclusion filters can't be null when imageTagMutability is set as " +
        mutability + "'");
  return given.value_or(std::vector<r::ImageTagMutabilityExclusionFilter>{});
}

}  // namespace

r::Repository Service::describe(const std::string& account, const std::string& region, const Repository& row) const {
  r::Repository out{.repository_arn = row.arn,
                    .registry_id = account,
                    .repository_name = row.name,
                    .repository_uri = account + ".dkr.ecr." + region + ".amazonaws.com/" + row.name,
                    .created_at = row.created,
                    .image_tag_mutability = row.tag_mutability};
  if (!row.exclusions.empty()) out.image_tag_mutability_exclusion_filters = row.exclusions;
  out.image_scanning_configuration = r::ImageScanningConfiguration{.scan_on_push = row.scan_on_push};
  out.encryption_configuration = row.encryption;
  return out;
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
  row.exclusions = exclusions_of(row.tag_mutability, request.image_tag_mutability_exclusion_filters);
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
  repository(context, *request.repository_name);
  const auto exclusions = exclusions_of(*request.image_tag_mutability, request.image_tag_mutability_exclusion_filters);
  repositories_.update({context.account, context.region, *request.repository_name}, [&](Repository& row) {
    row.tag_mutability = *request.image_tag_mutability;
    row.exclusions = exclusions;
  });
  r::PutImageTagMutabilityResponse out{.registry_id = context.account,
                                       .repository_name = request.repository_name,
                                       .image_tag_mutability = request.image_tag_mutability};
  if (!exclusions.empty()) out.image_tag_mutability_exclusion_filters = exclusions;
  return out;
}

r::PutImageScanningConfigurationResponse Service::put_image_scanning_configuration(
    aws::Context& context, const r::PutImageScanningConfigurationRequest& request) {
  repository(context, *request.repository_name);
  repositories_.update({context.account, context.region, *request.repository_name}, [&](Repository& row) {
    row.scan_on_push = request.image_scanning_configuration->scan_on_push.value_or(false);
  });
  return {.registry_id = context.account,
          .repository_name = request.repository_name,
          .image_scanning_configuration = request.image_scanning_configuration};
}

r::PutLifecyclePolicyResponse Service::put_lifecycle_policy(aws::Context& context,
                                                            const r::PutLifecyclePolicyRequest& request) {
  repository(context, *request.repository_name);
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
  const Repository& row = repository(context, *request.repository_name);
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
  repository(context, *request.repository_name);
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
  const Repository& row = repository(context, *request.repository_name);
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
  Registry changed = registry(context.account, context.region);
  changed.replication = *request.replication_configuration;
  registries_.put({context.account, context.region, "registry"}, std::move(changed));
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
  const std::string password =
      base64::encode(crypto::seal(token_key_,
                                  context.account + "|" + context.region + "|" + std::to_string(expires.ms) + "|" +
                                      std::to_string(static_cast<int>(context.identity.kind)) + "|" +
                                      context.identity.access_key_id + "|" + context.identity.arn,
                                  "ecr-token"));
  return {.authorization_data = {{r::AuthorizationData{
              .authorization_token = base64::encode("AWS:" + password),
              .expires_at = expires,
              .proxy_endpoint = "https://" + context.account + ".dkr.ecr." + context.region + ".amazonaws.com"}}}};
}

}  // namespace stratus::services::ecr
