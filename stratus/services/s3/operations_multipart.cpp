// Uploads in parts.
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/s3/checksums.h"
#include "stratus/services/s3/encryption.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

constexpr std::int64_t kSmallestPart = 5LL << 20;  // bytes, of all parts but the last

std::string hex_bytes(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

std::string unquoted(std::string etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

std::string initiator_of(const aws::Context& context) {
  return context.identity.kind == aws::Identity::Kind::root ? canonical_id(context.account) : context.identity.arn;
}

}  // namespace

Upload Service::upload(const Bucket& bucket, const std::string& key, const std::string& id) const {
  auto found = versions_.find_upload(bucket.serial, key, id);
  if (!found) throw refuse::no_such_upload(id);
  return std::move(*found);
}

api::CreateMultipartUploadOutput Service::create_multipart_upload(aws::Context& context,
                                                                  const api::CreateMultipartUploadRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const std::string& key = *request.key;
  demand(context, bucket, "s3:PutObject", bucket.arn() + "/" + key);
  Upload fresh;
  fresh.id = random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._", 96);
  fresh.bucket = bucket.serial;
  fresh.key = key;
  fresh.initiated = context.now;
  Attributes& about = fresh.attributes = described(request);
  if (!about.content_type) about.content_type = "binary/octet-stream";
  about.owner = bucket.acls_disabled() ? bucket.account : context.account.empty() ? bucket.account : context.account;
  about.initiator = initiator_of(context);
  about.grants = object_grants(bucket, about.owner, acl_wish(request));
  apply_lock(context, bucket, request.object_lock_mode, request.object_lock_retain_until_date,
             request.object_lock_legal_hold_status, about);
  if (request.checksum_type && !request.checksum_algorithm)
    throw refuse::invalid_request(
        "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
  if (request.checksum_algorithm) {
    const std::string& algorithm = *request.checksum_algorithm;
    static const std::set<std::string> known = {"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"};
    if (known.count(algorithm) == 0) throw aws::not_implemented("s3: checksum algorithm " + algorithm);
    about.checksum_algorithm = algorithm;
    about.checksum_type = request.checksum_type.value_or(algorithm == "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
    if ((algorithm == "CRC64NVME" && about.checksum_type == "COMPOSITE") ||
        (algorithm.starts_with("SHA") && about.checksum_type == "FULL_OBJECT"))
      throw refuse::invalid_request("The " + about.checksum_type + " checksum type cannot be used with the " +
                                    text::lower(algorithm) + " checksum algorithm.");
  }
  seal(context, bucket, key, encryption_wish(request), about.sealing);
  versions_.put_upload(fresh);
  api::CreateMultipartUploadOutput out;
  out.bucket = bucket.name;
  out.key = key;
  out.upload_id = fresh.id;
  tell_sealing(out, about.sealing);
  out.checksum_algorithm = request.checksum_algorithm;
  if (request.checksum_algorithm) out.checksum_type = about.checksum_type;
  return out;
}

Part Service::write_part(const aws::Context& context, const Upload& upload, std::int32_t number,
                         const std::string& data_key, const std::string& algorithm, Incoming bytes) {
  if (number < 1 || number > 10000)
    throw refuse::invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                                   std::to_string(number));
  const std::string chosen = !upload.attributes.checksum_algorithm.empty() ? upload.attributes.checksum_algorithm
                             : algorithm.empty()                           ? "CRC64NVME"
                                                                           : algorithm;
  std::set<std::string> wanted = {chosen};
  if (upload.attributes.checksum_algorithm.empty()) wanted.insert("CRC64NVME");
  bytes.checksums = std::move(wanted);
  Sealing sealing;  // the upload's, which is chosen already
  const Written written = write(
      context, sealing, [&] { return data_key; }, std::move(bytes));
  Part part{{number, written.size, written.file, written.checksums},
            object_etag(upload.attributes.sealing, written.md5, random_),
            context.now};
  versions_.put_part(upload, part);
  return part;
}

api::UploadPartOutput Service::upload_part(aws::Context& context, const api::UploadPartRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  demand(context, bucket, "s3:PutObject", bucket.arn() + "/" + *request.key);
  const Upload found = upload(bucket, *request.key, *request.upload_id);
  const std::string_view body = request.body ? std::string_view(request.body->bytes) : "";
  const bool large = !context.body.path.empty();
  if (content_md5(request.content_md5) && !large)
    check_content_md5(request.content_md5, crypto::md5(std::string(body)));
  if (context.body.length > kLargestUpload)
    throw aws::Error("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size");
  const auto given = checksum_in(request);
  const std::string& expected = found.attributes.checksum_algorithm;
  if (given && !expected.empty() && given->first != expected)
    throw refuse::invalid_request("Checksum Type mismatch occurred, expected checksum Type: " + text::lower(expected) +
                                  ", actual checksum Type: " + text::lower(given->first));
  const std::string data_key = unseal(context, bucket, *request.key, found.attributes.sealing, customer_key(request));
  const Part part = write_part(context, found, *request.part_number, data_key, given ? given->first : "",
                               {.source = source_of(context.body, body),
                                .large = large,
                                .content_md5 = large ? request.content_md5 : std::nullopt});
  api::UploadPartOutput out;
  out.e_tag = quoted(part.etag);
  tell_sealing(out, found.attributes.sealing);
  if (given || !expected.empty()) {
    const std::string& told = given ? given->first : expected;
    tell_checksums(out, {{told, part.segment.checksums.at(told)}});
  } else {
    tell_checksums(out, part.segment.checksums);
  }
  return out;
}

api::CompleteMultipartUploadOutput Service::complete_multipart_upload(
    aws::Context& context, const api::CompleteMultipartUploadRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const std::string& key = *request.key;
  demand(context, bucket, "s3:PutObject", bucket.arn() + "/" + key);
  const Upload found = upload(bucket, key, *request.upload_id);
  if (!request.multipart_upload || !request.multipart_upload->parts || request.multipart_upload->parts->empty())
    throw refuse::malformed_xml();
  const auto& wanted = *request.multipart_upload->parts;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].part_number || !wanted[i].e_tag) throw refuse::malformed_xml();
    if (i != 0 && *wanted[i].part_number <= *wanted[i - 1].part_number)
      throw refuse::with({"InvalidPartOrder", 400,
                          "The list of parts was not in ascending order. Parts must be ordered by part number."},
                         {{"UploadId", found.id}});
  }
  std::map<std::int32_t, Part> stored;
  for (Part& part : versions_.parts(found)) stored.emplace(part.segment.number, std::move(part));

  Version version;
  version.key = key;
  Attributes& about = version.attributes = found.attributes;
  std::string digests;
  std::vector<std::string> kept;
  std::vector<PartChecksum> sums;
  const std::string algorithm = about.checksum_algorithm.empty() ? "CRC64NVME" : about.checksum_algorithm;
  if (about.checksum_type.empty()) about.checksum_type = "FULL_OBJECT";
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto at = stored.find(*wanted[i].part_number);
    const auto given = checksum_in(wanted[i]);
    if (at == stored.end() || at->second.etag != unquoted(*wanted[i].e_tag) ||
        (given && at->second.segment.checksums.count(given->first) != 0 &&
         at->second.segment.checksums.at(given->first) != given->second))
      throw refuse::with({"InvalidPart", 400,
                          "One or more of the specified parts could not be found.  The part may not have been "
                          "uploaded, or the specified entity tag may not match the part's entity tag."},
                         {{"UploadId", found.id},
                          {"PartNumber", std::to_string(*wanted[i].part_number)},
                          {"ETag", unquoted(*wanted[i].e_tag)}});
    const Part& part = at->second;
    if (i + 1 < wanted.size() && part.segment.size < kSmallestPart)
      throw refuse::with({"EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"},
                         {{"ProposedSize", std::to_string(part.segment.size)},
                          {"MinSizeAllowed", std::to_string(kSmallestPart)},
                          {"PartNumber", std::to_string(part.segment.number)},
                          {"ETag", part.etag}});
    digests += hex_bytes(part.etag);
    sums.push_back({part.segment.checksums.at(algorithm), static_cast<std::uint64_t>(part.segment.size)});
    kept.push_back(part.segment.file);
    about.segments.push_back(part.segment);
    about.segments.back().checksums = {{algorithm, part.segment.checksums.at(algorithm)}};
    version.size += part.segment.size;
  }
  if (request.mpu_object_size && *request.mpu_object_size != version.size)
    throw refuse::invalid_request("The provided 'x-amz-mp-object-size' header value " +
                                  std::to_string(*request.mpu_object_size) +
                                  " does not match what was computed: " + std::to_string(version.size));
  about.checksum_algorithm = algorithm;
  about.checksums[algorithm] =
      about.checksum_type == "COMPOSITE" ? composite_checksum(algorithm, sums) : full_checksum(algorithm, sums);
  if (const auto given = checksum_in(request);
      given && given->first == algorithm && given->second != about.checksums[algorithm] &&
      given->second + "-" + std::to_string(sums.size()) != about.checksums[algorithm])
    throw aws::Error("BadDigest", 400,
                     "The " + text::lower(algorithm) + " you specified did not match the calculated checksum.");
  check_preconditions(bucket, key, request.if_match, request.if_none_match);
  version.etag = crypto::to_hex(crypto::md5(digests)) + "-" + std::to_string(wanted.size());
  versions_.erase_upload(found, kept);
  place(context, bucket, version);
  tell(context, bucket, "ObjectCreated:CompleteMultipartUpload", version);

  api::CompleteMultipartUploadOutput out;
  out.location = "http://" + context.host + "/" + bucket.name + "/" + text::uri_encode(key, true);
  out.bucket = bucket.name;
  out.key = key;
  out.e_tag = quoted(version.etag);
  out.version_id = told_version(bucket, version);
  out.expiration = expiration_of(bucket, version);
  tell_sealing(out, about.sealing);
  tell_checksums(out, about.checksums);
  out.checksum_type = about.checksum_type;
  return out;
}

api::AbortMultipartUploadOutput Service::abort_multipart_upload(aws::Context& context,
                                                                const api::AbortMultipartUploadRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  demand(context, bucket, "s3:AbortMultipartUpload", bucket.arn() + "/" + *request.key);
  versions_.erase_upload(upload(bucket, *request.key, *request.upload_id), {});
  return {};
}

api::ListPartsOutput Service::list_parts(aws::Context& context, const api::ListPartsRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  demand(context, bucket, "s3:ListMultipartUploadParts", bucket.arn() + "/" + *request.key);
  const Upload found = upload(bucket, *request.key, *request.upload_id);
  const std::int32_t marker = request.part_number_marker.value_or(0);
  if (request.max_parts && *request.max_parts < 0)
    throw refuse::invalid_argument("Argument max-parts must be an integer between 0 and 2147483647", "max-parts",
                                   std::to_string(*request.max_parts));
  const std::int32_t most = std::min(request.max_parts.value_or(1000), 1000);
  api::ListPartsOutput out;
  out.bucket = bucket.name;
  out.key = found.key;
  out.upload_id = found.id;
  out.part_number_marker = marker;
  out.max_parts = most;
  out.is_truncated = false;
  out.next_part_number_marker = 0;
  out.initiator = api::Initiator{.id = found.attributes.initiator};
  out.owner = api::Owner{.id = canonical_id(found.attributes.owner)};
  out.storage_class = found.attributes.storage_class;
  if (!found.attributes.checksum_algorithm.empty()) {
    out.checksum_algorithm = found.attributes.checksum_algorithm;
    out.checksum_type = found.attributes.checksum_type;
  }
  for (const Part& part : versions_.parts(found)) {
    if (part.segment.number <= marker) continue;
    if (static_cast<std::int32_t>(out.parts ? out.parts->size() : 0) == most) {
      out.is_truncated = most != 0;
      break;
    }
    if (!out.parts) out.parts.emplace();
    api::Part told{.part_number = part.segment.number, .last_modified = seconds(part.modified)};
    told.e_tag = quoted(part.etag);
    told.size = part.segment.size;
    if (!found.attributes.checksum_algorithm.empty()) tell_checksums(told, part.segment.checksums);
    out.parts->push_back(std::move(told));
    out.next_part_number_marker = part.segment.number;
  }
  return out;
}

}  // namespace stratus::services::s3
