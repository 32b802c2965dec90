// Writing and removing objects.
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/s3/encryption.h"
#include "stratus/services/s3/locks.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

constexpr std::string_view kVersionAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

}  // namespace

std::string Service::new_version_id() { return random_.from(kVersionAlphabet, 32); }

std::optional<std::string> Service::told_version(const Bucket& bucket, const Version& version) {
  return bucket.versioning.empty() ? std::nullopt : std::optional(version.version);
}

void Service::check_preconditions(const Bucket& bucket, const std::string& key,
                                  const std::optional<std::string>& if_match,
                                  const std::optional<std::string>& if_none_match) const {
  if (!if_match && !if_none_match) return;
  const auto now = versions_.latest(bucket.serial, key);
  const bool there = now && !now->marker;
  if (if_none_match) {
    if (*if_none_match != "*") throw refuse::unimplemented_header("If-None-Match");
    if (there) throw refuse::precondition("If-None-Match");
  }
  if (if_match) {
    if (!there) throw refuse::no_such_key(key);
    if (!names_etag(*if_match, now->etag)) throw refuse::precondition("If-Match");
  }
}

void Service::place(const aws::Context& context, const Bucket& bucket, Version& version) {
  version.bucket = bucket.serial;
  version.modified = context.now;
  version.version = bucket.versioning == "Enabled" ? new_version_id() : "null";
  versions_.put(version);
}

api::PutObjectOutput Service::put_object(aws::Context& context, const api::PutObjectRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const std::string& key = *request.key;
  demand(context, bucket, "s3:PutObject", bucket.arn() + "/" + key);
  if (key.size() > 1024)
    throw refuse::with({"KeyTooLongError", 400, "Your key is too long"},
                       {{"MaxSizeAllowed", "1024"}, {"Size", std::to_string(key.size())}});
  if (request.write_offset_bytes) throw refuse::unimplemented_header("x-amz-write-offset-bytes");
  const bool large = !context.body.path.empty();
  if (content_md5(request.content_md5) && !large)
    check_content_md5(request.content_md5, crypto::md5(request.body ? request.body->bytes : ""));
  const std::uint64_t size =
      context.body.path.empty() ? (request.body ? request.body->bytes.size() : 0) : context.body.length;
  if (size > kLargestUpload)
    throw refuse::with({"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"},
                       {{"MaxSizeAllowed", std::to_string(kLargestUpload)}, {"ProposedSize", std::to_string(size)}});
  check_preconditions(bucket, key, request.if_match, request.if_none_match);

  Version version;
  version.key = key;
  Attributes& about = version.attributes = described(request);
  if (!about.content_type) about.content_type = "binary/octet-stream";
  if (request.tagging) demand(context, bucket, "s3:PutObjectTagging", bucket.arn() + "/" + key);
  about.owner = bucket.acls_disabled() ? bucket.account : context.account.empty() ? bucket.account : context.account;
  about.grants = object_grants(bucket, about.owner, acl_wish(request));
  apply_lock(context, bucket, request.object_lock_mode, request.object_lock_retain_until_date,
             request.object_lock_legal_hold_status, about);
  const auto given = checksum_in(request);
  if (!given && context.headers.count("x-amz-sdk-checksum-algorithm") != 0 && request.checksum_algorithm)
    throw refuse::invalid_request(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were "
        "found.");
  about.checksum_algorithm = given ? given->first : "CRC64NVME";
  about.checksum_type = "FULL_OBJECT";
  const Written written =
      write(context, about.sealing, [&] { return seal(context, bucket, key, encryption_wish(request), about.sealing); },
            {.source = source_of(context.body, request.body ? std::string_view(request.body->bytes) : ""),
             .checksums = {about.checksum_algorithm},
             .large = large,
             .content_md5 = large ? request.content_md5 : std::nullopt});
  about.checksums = written.checksums;
  about.segments = {{0, written.size, written.file, {}}};
  version.size = written.size;
  version.etag = object_etag(about.sealing, written.md5, random_);
  place(context, bucket, version);
  tell(context, bucket, context.operation == "PostObject" ? "ObjectCreated:Post" : "ObjectCreated:Put", version);

  api::PutObjectOutput out{.e_tag = quoted(version.etag)};
  out.version_id = told_version(bucket, version);
  out.expiration = expiration_of(bucket, version);
  tell_sealing(out, about.sealing);
  tell_checksums(out, about.checksums);
  out.checksum_type = about.checksum_type;
  return out;
}

api::DeleteObjectOutput Service::delete_one(aws::Context& context, const Bucket& bucket, const std::string& key,
                                            const std::optional<std::string>& version_id, bool bypass) {
  const std::string arn = bucket.arn() + "/" + key;
  if (version_id) {
    if (*version_id != "null" && version_id->size() != 32)
      throw refuse::invalid_argument("Invalid version id specified", "versionId", *version_id);
    demand(context, bucket, "s3:DeleteObjectVersion", arn, {{"s3:versionid", {*version_id}}});
    const auto found = versions_.find(bucket.serial, key, *version_id);
    api::DeleteObjectOutput out;
    out.version_id = *version_id;
    if (!found) return out;
    if (!found->marker) {
      const bool may_bypass = bypass && may(context, bucket, "s3:BypassGovernanceRetention", arn);
      if (locked(found->attributes, context.now, may_bypass))
        throw refuse::access_denied("Access Denied because object protected by object lock.");
    }
    versions_.erase(*found);
    if (found->marker) out.delete_marker = true;
    tell(context, bucket, "ObjectRemoved:Delete", *found);
    return out;
  }
  demand(context, bucket, "s3:DeleteObject", arn);
  if (bucket.versioning.empty()) {
    if (const auto found = versions_.find(bucket.serial, key, "null")) {
      versions_.erase(*found);
      tell(context, bucket, "ObjectRemoved:Delete", *found);
    }
    return {};
  }
  Version marker;
  marker.key = key;
  marker.marker = true;
  marker.attributes.owner = bucket.account;
  place(context, bucket, marker);
  tell(context, bucket, "ObjectRemoved:DeleteMarkerCreated", marker);
  api::DeleteObjectOutput out;
  out.delete_marker = true;
  out.version_id = marker.version;
  return out;
}

api::DeleteObjectOutput Service::delete_object(aws::Context& context, const api::DeleteObjectRequest& request) {
  if (request.mfa) throw aws::not_implemented("s3: x-amz-mfa");
  if (request.if_match_last_modified_time || request.if_match_size)
    throw refuse::unimplemented_header("x-amz-if-match-last-modified-time");
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  if (request.version_id && request.version_id->empty())
    throw refuse::invalid_argument("Version id cannot be the empty string", "versionId", "");
  if (request.if_match) {
    demand(context, bucket, "s3:DeleteObject", bucket.arn() + "/" + *request.key);
    const auto now = versions_.latest(bucket.serial, *request.key);
    if (!now || now->marker) throw refuse::no_such_key(*request.key);
    if (!names_etag(*request.if_match, now->etag)) throw refuse::precondition("If-Match");
  }
  if (request.bypass_governance_retention && !bucket.object_lock)
    throw refuse::invalid_argument(
        "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
        "x-amz-bypass-governance-retention", "");
  return delete_one(context, bucket, *request.key, request.version_id,
                    request.bypass_governance_retention.value_or(false));
}

api::DeleteObjectsOutput Service::delete_objects(aws::Context& context, const api::DeleteObjectsRequest& request) {
  if (request.mfa) throw aws::not_implemented("s3: x-amz-mfa");
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  if (!request.delete_ || !request.delete_->objects || request.delete_->objects->empty() ||
      request.delete_->objects->size() > 1000)
    throw refuse::malformed_xml();
  api::DeleteObjectsOutput out;
  for (const api::ObjectIdentifier& object : *request.delete_->objects) {
    const auto version_id =
        object.version_id && !object.version_id->empty() ? object.version_id : std::optional<std::string>();
    try {
      if (object.last_modified_time || object.size)
        throw aws::not_implemented("DeleteObjects: LastModifiedTime and Size");
      if (object.e_tag) {
        const auto now = versions_.latest(bucket.serial, *object.key);
        if (!now || now->marker) throw refuse::no_such_key(*object.key);
        if (!names_etag(*object.e_tag, now->etag)) throw refuse::precondition("If-Match");
      }
      const auto done =
          delete_one(context, bucket, *object.key, version_id, request.bypass_governance_retention.value_or(false));
      if (request.delete_->quiet.value_or(false)) continue;
      api::DeletedObject told{.key = object.key, .version_id = version_id};
      if (done.delete_marker) {
        told.delete_marker = true;
        told.delete_marker_version_id = done.version_id;
      }
      if (!out.deleted) out.deleted.emplace();
      out.deleted->push_back(std::move(told));
    } catch (const aws::Error& error) {
      if (!out.errors) out.errors.emplace();
      out.errors->push_back(
          {.key = object.key, .version_id = version_id, .code = error.code, .message = error.message});
    }
  }
  return out;
}

}  // namespace stratus::services::s3
