// Scanning, lifecycle previews, replication status: what is told about images and not done to them.
#include "stratus/core/text.h"
#include "stratus/services/ecr/lifecycle.h"
#include "stratus/services/ecr/listing.h"
#include "stratus/services/ecr/scanning.h"
#include "stratus/services/ecr/service.h"

namespace stratus::services::ecr {
namespace {

constexpr auto kScanQuota = std::chrono::hours(24);  // one scan of an image a day

r::ImageIdentifier identifier(const Image& image, const r::ImageIdentifier& asked) {
  return {.image_digest = image.digest, .image_tag = asked.image_tag};
}

}  // namespace

std::string Service::scan_frequency(const std::string& account, const std::string& region, const Repository& row,
                                    r::ScanningRepositoryFilter* by) const {
  const auto& scanning = registry(account, region).scanning;
  if (scanning.rules)
    for (const auto& rule : *scanning.rules)
      for (const auto& filter : *rule.repository_filters)
        if (text::wildcard_match("*" + filter.filter.value_or("") + "*", row.name)) {
          if (by != nullptr) *by = filter;
          return rule.scan_frequency.value_or("MANUAL");
        }
  return row.scan_on_push ? "SCAN_ON_PUSH" : "MANUAL";
}

r::StartImageScanResponse Service::start_image_scan(aws::Context& context, const r::StartImageScanRequest& request) {
  own_registry(context, request.registry_id);
  const Image& found = image(context, *request.repository_name, *request.image_id);
  if (found.scanned && context.now - *found.scanned < kScanQuota)
    throw r::errors::LimitExceededException("The scan quota per image has been exceeded. Wait and try again.");
  const r::ImageIdentifier id = identifier(found, *request.image_id);
  rows_.update({context.account, context.region, found.repository + "\n" + found.digest},
               [&](Image& row) { row.scanned = context.now; });
  return {.registry_id = context.account,
          .repository_name = request.repository_name,
          .image_id = id,
          .image_scan_status = unsupported()};
}

r::DescribeImageScanFindingsResponse Service::describe_image_scan_findings(
    aws::Context& context, const r::DescribeImageScanFindingsRequest& request) {
  own_registry(context, request.registry_id);
  const Image& found = image(context, *request.repository_name, *request.image_id);
  if (!found.scanned)
    throw r::errors::ScanNotFoundException("Image scan does not exist for the image with '{imageDigest:'" +
                                           request.image_id->image_digest.value_or("null") + "', imageTag:'" +
                                           request.image_id->image_tag.value_or("null") +
                                           "'}' in the repository with name '" + found.repository +
                                           "' in the registry with id '" + context.account + "'");
  return {.registry_id = context.account,
          .repository_name = request.repository_name,
          .image_id = identifier(found, *request.image_id),
          .image_scan_status = unsupported()};
}

r::GetRegistryScanningConfigurationResponse Service::get_registry_scanning_configuration(
    aws::Context& context, const r::GetRegistryScanningConfigurationRequest&) {
  r::RegistryScanningConfiguration scanning = registry(context.account, context.region).scanning;
  if (!scanning.scan_type) scanning.scan_type = "BASIC";
  if (!scanning.rules) scanning.rules = std::vector<r::RegistryScanningRule>{};
  return {.registry_id = context.account, .scanning_configuration = scanning};
}

r::PutRegistryScanningConfigurationResponse Service::put_registry_scanning_configuration(
    aws::Context& context, const r::PutRegistryScanningConfigurationRequest& request) {
  if (request.scan_type.value_or("BASIC") != "BASIC")
    throw aws::not_implemented("PutRegistryScanningConfiguration: scanType " + *request.scan_type);
  r::RegistryScanningConfiguration scanning{.scan_type = "BASIC",
                                            .rules = request.rules.value_or(std::vector<r::RegistryScanningRule>{})};
  for (const auto& rule : *scanning.rules)
    if (rule.scan_frequency == "CONTINUOUS_SCAN")
      throw r::errors::InvalidParameterException(
          "Invalid parameter at 'rules' failed to satisfy constraint: 'CONTINUOUS_SCAN is only allowed with scan type "
          "ENHANCED'");
  Registry changed = registry(context.account, context.region);
  changed.scanning = scanning;
  registries_.put({context.account, context.region, "registry"}, std::move(changed));
  return {.registry_scanning_configuration = scanning};
}

r::BatchGetRepositoryScanningConfigurationResponse Service::batch_get_repository_scanning_configuration(
    aws::Context& context, const r::BatchGetRepositoryScanningConfigurationRequest& request) {
  r::BatchGetRepositoryScanningConfigurationResponse out{
      .scanning_configurations = std::vector<r::RepositoryScanningConfiguration>{},
      .failures = std::vector<r::RepositoryScanningConfigurationFailure>{}};
  for (const auto& name : *request.repository_names) {
    const Repository* row = repositories_.find(context.account, context.region, name);
    if (row == nullptr) {
      out.failures->push_back(
          {.repository_name = name, .failure_code = "REPOSITORY_NOT_FOUND", .failure_reason = "REPOSITORY_NOT_FOUND"});
      continue;
    }
    r::ScanningRepositoryFilter by;
    const std::string frequency = scan_frequency(context.account, context.region, *row, &by);
    r::RepositoryScanningConfiguration item{.repository_arn = row->arn,
                                            .repository_name = name,
                                            .scan_on_push = row->scan_on_push || frequency == "SCAN_ON_PUSH",
                                            .scan_frequency = frequency,
                                            .applied_scan_filters = std::vector<r::ScanningRepositoryFilter>{}};
    if (by.filter) item.applied_scan_filters->push_back(by);
    out.scanning_configurations->push_back(std::move(item));
  }
  return out;
}

r::StartLifecyclePolicyPreviewResponse Service::start_lifecycle_policy_preview(
    aws::Context& context, const r::StartLifecyclePolicyPreviewRequest& request) {
  own_registry(context, request.registry_id);
  const Repository& row = repository(context, *request.repository_name);
  const std::string policy = request.lifecycle_policy_text.value_or(row.lifecycle_policy);
  if (policy.empty())
    throw r::errors::LifecyclePolicyNotFoundException("Lifecycle policy does not exist for the repository with name '" +
                                                      row.name + "' in the registry with id '" + context.account + "'");
  check_lifecycle_policy(policy);
  repositories_.update({context.account, context.region, row.name},
                       [&](Repository& changed) { changed.preview_policy = policy; });
  return {.registry_id = context.account,
          .repository_name = request.repository_name,
          .lifecycle_policy_text = policy,
          .status = "IN_PROGRESS"};
}

r::GetLifecyclePolicyPreviewResponse Service::get_lifecycle_policy_preview(
    aws::Context& context, const r::GetLifecyclePolicyPreviewRequest& request) {
  own_registry(context, request.registry_id);
  const Repository& row = repository(context, *request.repository_name);
  if (row.preview_policy.empty())
    throw r::errors::LifecyclePolicyPreviewNotFoundException(
        "Lifecycle policy preview does not exist for the repository with name '" + row.name +
        "' in the registry with id '" + context.account + "'");
  std::vector<r::LifecyclePolicyPreviewResult> results;
  const auto images_here = images_of(context.account, context.region, row.name);
  const auto due = expirations(row.preview_policy, images_here, context.now);
  for (const Image* one : images_here) {
    const auto found = due.find(one->digest);
    if (found == due.end()) continue;
    const std::string wanted = request.filter ? request.filter->tag_status.value_or("ANY") : "ANY";
    if ((wanted == "TAGGED" && one->tags.empty()) || (wanted == "UNTAGGED" && !one->tags.empty())) continue;
    if (request.image_ids && std::none_of(request.image_ids->begin(), request.image_ids->end(), [&](const auto& id) {
          return id.image_digest == one->digest ||
                 (id.image_tag && std::find(one->tags.begin(), one->tags.end(), *id.image_tag) != one->tags.end());
        }))
      continue;
    results.push_back({.image_tags = one->tags,
                       .image_digest = one->digest,
                       .image_pushed_at = one->pushed,
                       .action = r::LifecyclePolicyRuleAction{.type = "EXPIRE"},
                       .applied_rule_priority = found->second});
  }
  r::GetLifecyclePolicyPreviewResponse out{.registry_id = context.account,
                                           .repository_name = row.name,
                                           .lifecycle_policy_text = row.preview_policy,
                                           .status = "COMPLETE"};
  out.summary =
      r::LifecyclePolicyPreviewSummary{.expiring_image_total_count = static_cast<std::int32_t>(results.size())};
  out.next_token = page(results, request.next_token, request.max_results);
  out.preview_results = std::move(results);
  return out;
}

r::DescribeImageReplicationStatusResponse Service::describe_image_replication_status(
    aws::Context& context, const r::DescribeImageReplicationStatusRequest& request) {
  own_registry(context, request.registry_id);
  const Image& found = image(context, *request.repository_name, *request.image_id);
  r::DescribeImageReplicationStatusResponse out{.repository_name = found.repository,
                                                .image_id = identifier(found, *request.image_id),
                                                .replication_statuses = std::vector<r::ImageReplicationStatus>{}};
  const auto& rules = registry(context.account, context.region).replication.rules;
  std::set<std::string> regions;
  if (rules)
    for (const auto& rule : *rules)
      for (const auto& destination : *rule.destinations) regions.insert(*destination.region);
  // Copies are made with the push; what is not there was not asked for then.
  for (const auto& region : regions)
    if (rows_.find(context.account, region, found.repository + "\n" + found.digest) != nullptr)
      out.replication_statuses->push_back({.region = region, .registry_id = context.account, .status = "COMPLETE"});
  return out;
}

}  // namespace stratus::services::ecr
