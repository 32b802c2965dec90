// Images: put, listed, read, deleted.
#include "stratus/services/ecr/listing.h"
#include "stratus/services/ecr/scanning.h"
#include "stratus/services/ecr/service.h"

namespace stratus::services::ecr {

r::PutImageResponse Service::put_image(aws::Context& context, const r::PutImageRequest& request) {
  own_registry(context, request.registry_id);
  const std::string name = repository(context, *request.repository_name).name;
  // A manifest is at most 4 MiB: written here.
  const auto stored = images_.put_manifest(request.image_manifest_media_type.value_or(""), *request.image_manifest,
                                           request.image_digest.value_or(""));
  if (!stored && stored.error().error == ENOENT) throw r::errors::LayersNotFoundException(stored.error().message());
  if (!stored && stored.error().error == EBADMSG)
    throw r::errors::ImageDigestDoesNotMatchException(stored.error().message());
  if (!stored)
    throw r::errors::InvalidParameterException("Invalid parameter at 'ImageManifest' failed to satisfy constraint: '" +
                                               stored.error().message() + "'");
  const std::string tag = request.image_tag.value_or("");
  const Image* same = find_image(context.account, context.region, name, stored->digest);
  if (same != nullptr && (tag.empty() || std::find(same->tags.begin(), same->tags.end(), tag) != same->tags.end()))
    throw r::errors::ImageAlreadyExistsException(
        "Image with digest '" + stored->digest + "' and tag '" + request.image_tag.value_or("null") +
        "' already exists in the repository with name '" + name + "' in registry with id '" + context.account + "'");
  record_image({context.account, context.region}, name, *stored, tag);
  return {.image =
              r::Image{.registry_id = context.account,
                       .repository_name = name,
                       .image_id = r::ImageIdentifier{.image_digest = stored->digest, .image_tag = request.image_tag},
                       .image_manifest = request.image_manifest,
                       .image_manifest_media_type = stored->media_type}};
}

r::DescribeImagesResponse Service::describe_images(aws::Context& context, const r::DescribeImagesRequest& request) {
  const Repository& owner = repository(context, *request.repository_name);
  std::vector<const Image*> rows;
  if (request.image_ids) {
    for (const auto& id : *request.image_ids) rows.push_back(&image(context, owner.name, id));
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
    detail.image_status = "ACTIVE";
    if (row->scanned) detail.image_scan_status = unsupported();
    found.push_back(std::move(detail));
  }
  auto next = page(found, request.next_token, request.max_results);
  return {.image_details = std::move(found), .next_token = std::move(next)};
}

r::ListImagesResponse Service::list_images(aws::Context& context, const r::ListImagesRequest& request) {
  const Repository& owner = repository(context, *request.repository_name);
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
  const std::string name = repository(context, *request.repository_name).name;
  r::BatchDeleteImageResponse out{.image_ids = std::vector<r::ImageIdentifier>{},
                                  .failures = std::vector<r::ImageFailure>{}};
  for (const auto& id : *request.image_ids) {
    const auto fail = [&](const char* code, const char* reason) {
      out.failures->push_back({.image_id = id, .failure_code = code, .failure_reason = reason});
    };
    if (!id.image_digest && !id.image_tag) {
      fail("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
      continue;
    }
    if (id.image_digest && !images::valid_digest(*id.image_digest)) {
      fail("InvalidImageDigest",
           "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'");
      continue;
    }
    const Image* found =
        find_image(context.account, context.region, name, id.image_digest.value_or(id.image_tag.value_or("")));
    if (found == nullptr) {
      fail("ImageNotFound", "Requested image not found");
      continue;
    }
    if (id.image_digest && id.image_tag &&
        std::find(found->tags.begin(), found->tags.end(), *id.image_tag) == found->tags.end()) {
      fail("ImageTagDoesNotMatchDigest", "Image tag does not match digest");
      continue;
    }
    const state::Key key{context.account, context.region, name + "\n" + found->digest};
    // By tag: the tag goes, and the image with its last one.
    const std::string digest = found->digest;
    const auto tags = found->tags;
    if (!id.image_digest && tags.size() > 1) {
      rows_.update(key, [&](Image& row) { std::erase(row.tags, *id.image_tag); });
      out.image_ids->push_back({.image_digest = digest, .image_tag = id.image_tag});
      continue;
    }
    rows_.erase(key);
    // By digest: every tag that went is told.
    for (const auto& tag : tags) out.image_ids->push_back({.image_digest = digest, .image_tag = tag});
    if (tags.empty()) out.image_ids->push_back({.image_digest = digest});
  }
  return out;
}

r::BatchGetImageResponse Service::batch_get_image(aws::Context& context, const r::BatchGetImageRequest& request) {
  const std::string name = repository(context, *request.repository_name).name;
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
  const std::string name = repository(context, *request.repository_name).name;
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
