// Copies: of objects, and of objects into parts.
#include "stratus/core/text.h"
#include "stratus/services/s3/archives.h"
#include "stratus/services/s3/copy_source.h"
#include "stratus/services/s3/encryption.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

constexpr std::uint64_t kInline = 1U << 20U;  ///< bytes that are copied on the loop

/// The conditions on a copy's source; each that does not hold is a failed precondition, never "not modified".
template <class Request>
void check_source_conditions(const Version& version, const Request& r) {
  const Timestamp modified = seconds(version.modified);
  if (r.copy_source_if_match) {
    if (!names_etag(*r.copy_source_if_match, version.etag)) throw refuse::precondition("x-amz-copy-source-If-Match");
  } else if (r.copy_source_if_unmodified_since && modified > *r.copy_source_if_unmodified_since) {
    throw refuse::precondition("x-amz-copy-source-If-Unmodified-Since");
  }
  if (r.copy_source_if_none_match) {
    if (names_etag(*r.copy_source_if_none_match, version.etag))
      throw refuse::precondition("x-amz-copy-source-If-None-Match");
  } else if (r.copy_source_if_modified_since && modified <= *r.copy_source_if_modified_since) {
    throw refuse::precondition("x-amz-copy-source-If-Modified-Since");
  }
}

}  // namespace

SourceName parse_copy_source(const std::string& header) {
  SourceName out;
  std::string path = header;
  if (const auto mark = path.rfind("?versionId="); mark != std::string::npos) {
    out.version_id = text::uri_decode(path.substr(mark + 11));
    path.resize(mark);
  }
  path = text::uri_decode(path);
  if (path.starts_with("arn:")) throw aws::not_implemented("s3: copies from access points");
  if (path.starts_with("/")) path.erase(0, 1);
  const auto slash = path.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == path.size())
    throw refuse::invalid_argument("Invalid copy source object key", "x-amz-copy-source", header);
  out.bucket = path.substr(0, slash);
  out.key = path.substr(slash + 1);
  return out;
}

template <class Request>
Service::CopySource Service::copy_source(aws::Context& context, const Request& request) {
  const SourceName name = parse_copy_source(*request.copy_source);
  const Bucket* bucket = find_bucket(name.bucket);
  if (bucket == nullptr) throw refuse::no_such_bucket(name.bucket);
  if (request.expected_source_bucket_owner && *request.expected_source_bucket_owner != bucket->account)
    throw refuse::access_denied();
  if (name.version_id)
    if (const auto found = versions_.find(bucket->serial, name.key, *name.version_id); found && found->marker)
      throw refuse::invalid_request(
          "The source of a copy request may not specifically refer to a delete marker by version id.");
  CopySource out{bucket, readable(context, *bucket, name.key, name.version_id, "s3:GetObject"), "", {}};
  context.error_headers.clear();
  check_source_conditions(out.version, request);
  if (!readable_now(out.version.attributes, context.now))
    throw aws::Error("ObjectNotInActiveTierError", 403,
                     "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 "
                     "Glacier.");
  out.data_key = unseal(context, *bucket, name.key, out.version.attributes.sealing,
                        {request.copy_source_sse_customer_algorithm, request.copy_source_sse_customer_key,
                         request.copy_source_sse_customer_key_md5});
  out.version_id = told_version(*bucket, out.version);
  return out;
}

api::CopyObjectOutput Service::copy_object(aws::Context& context, const api::CopyObjectRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const std::string& key = *request.key;
  demand(context, bucket, "s3:PutObject", bucket.arn() + "/" + key);
  const CopySource source = copy_source(context, request);
  const Attributes& original = source.version.attributes;
  const std::string directive = request.metadata_directive.value_or("COPY");
  if (directive != "COPY" && directive != "REPLACE")
    throw refuse::invalid_argument("Unknown metadata directive.", "x-amz-metadata-directive", directive);
  const bool itself = source.bucket->name == bucket.name && source.version.key == key;
  if (itself && directive == "COPY" && source.version.latest && !request.storage_class &&
      !request.website_redirect_location && !request.server_side_encryption && !customer_key(request).given() &&
      request.tagging_directive.value_or("COPY") == "COPY" && !bucket.encryption)
    throw refuse::invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
        "metadata, storage class, website redirect location or encryption attributes.");
  if (source.version.size > static_cast<std::int64_t>(kLargestUpload))
    throw refuse::invalid_request(
        "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120");
  check_preconditions(bucket, key, request.if_match, request.if_none_match);

  Version version;
  version.key = key;
  Attributes& about = version.attributes = described(request);
  if (directive == "COPY") {
    about.content_type = original.content_type;
    about.cache_control = original.cache_control;
    about.content_disposition = original.content_disposition;
    about.content_encoding = original.content_encoding;
    about.content_language = original.content_language;
    about.expires = original.expires;
    about.metadata = original.metadata;
  }
  if (!about.content_type) about.content_type = "binary/octet-stream";
  if (request.tagging_directive.value_or("COPY") == "COPY") about.tags = original.tags;
  about.owner = bucket.acls_disabled() ? bucket.account : context.account;
  about.grants = object_grants(bucket, about.owner, acl_wish(request));
  apply_lock(context, bucket, request.object_lock_mode, request.object_lock_retain_until_date,
             request.object_lock_legal_hold_status, about);
  about.checksum_algorithm = request.checksum_algorithm.value_or(
      original.checksum_algorithm.empty() ? "CRC64NVME" : original.checksum_algorithm);
  about.checksum_type = "FULL_OBJECT";
  const auto length = static_cast<std::uint64_t>(source.version.size);
  const Written written =
      write(context, about.sealing, [&] { return seal(context, bucket, key, encryption_wish(request), about.sealing); },
            {.source = files_.read(original.segments, source.data_key, 0, length),
             .checksums = {about.checksum_algorithm},
             .large = length > kInline,
             .origin = source.version.id});
  about.checksums = written.checksums;
  about.segments = {{0, written.size, written.file, {}}};
  version.size = written.size;
  version.etag = object_etag(about.sealing, written.md5, random_);
  place(context, bucket, version);
  tell(context, bucket, "ObjectCreated:Copy", version);

  api::CopyObjectOutput out;
  auto& result = out.copy_object_result.emplace();
  result.e_tag = quoted(version.etag);
  result.last_modified = seconds(version.modified);
  tell_checksums(result, about.checksums);
  result.checksum_type = about.checksum_type;
  out.copy_source_version_id = source.version_id;
  out.version_id = told_version(bucket, version);
  out.expiration = expiration_of(bucket, version);
  tell_sealing(out, about.sealing);
  return out;
}

api::UploadPartCopyOutput Service::upload_part_copy(aws::Context& context, const api::UploadPartCopyRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  demand(context, bucket, "s3:PutObject", bucket.arn() + "/" + *request.key);
  const Upload found = upload(bucket, *request.key, *request.upload_id);
  const CopySource source = copy_source(context, request);
  std::uint64_t offset = 0, length = static_cast<std::uint64_t>(source.version.size);
  if (request.copy_source_range) {
    unsigned long long first = 0, last = 0;
    int end = 0;
    const std::string& range = *request.copy_source_range;
    if (std::sscanf(range.c_str(), "bytes=%19llu-%19llu%n", &first, &last, &end) != 2 ||
        static_cast<std::size_t>(end) != range.size() || last < first)
      throw refuse::invalid_argument(
          "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
          "zero-based offsets of the first and last bytes to copy",
          "x-amz-copy-source-range", range);
    if (last >= length)
      throw refuse::invalid_argument(
          "Range specified is not valid for source object of size: " + std::to_string(length),
          "x-amz-copy-source-range", range);
    offset = first;
    length = last - first + 1;
  }
  const std::string data_key = unseal(context, bucket, *request.key, found.attributes.sealing, customer_key(request));
  const Part part =
      write_part(context, found, *request.part_number, data_key, "",
                 {.source = files_.read(source.version.attributes.segments, source.data_key, offset, length),
                  .large = length > kInline,
                  .origin = source.version.id});
  api::UploadPartCopyOutput out;
  out.copy_source_version_id = source.version_id;
  auto& result = out.copy_part_result.emplace();
  result.e_tag = quoted(part.etag);
  result.last_modified = seconds(part.modified);
  tell_checksums(result, part.segment.checksums);
  tell_sealing(out, found.attributes.sealing);
  return out;
}

}  // namespace stratus::services::s3
