// Reading objects: their bytes, their heads, their attributes.
#include "stratus/core/text.h"
#include "stratus/services/s3/archives.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

bool digits(std::string_view text) {
  return !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

struct Wanted {
  std::uint64_t offset = 0, length = 0;
  bool partial = false;
};

/// One range of bytes; what is no such range, or several of them, means the whole object, as on AWS.
Wanted range_of(const std::string& header, std::uint64_t size) {
  const Wanted whole{0, size, false};
  if (!header.starts_with("bytes=")) return whole;
  const std::string_view spec = text::trim(std::string_view(header).substr(6));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return whole;
  const std::string_view first = spec.substr(0, dash), last = spec.substr(dash + 1);
  const auto unsatisfiable = [&] {
    return refuse::with({"InvalidRange", 416, "The requested range is not satisfiable"},
                        {{"RangeRequested", header}, {"ActualObjectSize", std::to_string(size)}});
  };
  if (first.empty()) {
    if (!digits(last)) return whole;
    const std::uint64_t count = std::stoull(std::string(last));
    if (count == 0 || size == 0) throw unsatisfiable();
    const std::uint64_t taken = std::min(count, size);
    return {size - taken, taken, true};
  }
  if (!digits(first) || (!last.empty() && !digits(last))) return whole;
  const std::uint64_t from = std::stoull(std::string(first));
  std::uint64_t to = last.empty() ? size : std::stoull(std::string(last)) + 1;
  if (!last.empty() && to <= from) return whole;
  if (from >= size) throw unsatisfiable();
  to = std::min(to, size);
  return {from, to - from, true};
}

/// RFC 9110's order of conditional headers, as S3 documents it.
template <class Request>
void check_conditions(aws::Context& context, const Version& version, const Request& request) {
  context.error_headers["ETag"] = quoted(version.etag);
  context.error_headers["Last-Modified"] = to_http_date(version.modified);
  const Timestamp modified = seconds(version.modified);
  if (request.if_match) {
    if (!names_etag(*request.if_match, version.etag)) throw refuse::precondition("If-Match");
  } else if (request.if_unmodified_since && modified > *request.if_unmodified_since) {
    throw refuse::precondition("If-Unmodified-Since");
  }
  const bool same = request.if_none_match ? names_etag(*request.if_none_match, version.etag)
                                          : request.if_modified_since && modified <= *request.if_modified_since &&
                                                *request.if_modified_since <= context.now;
  if (same) throw aws::Error("NotModified", 304, "Not Modified");
  context.error_headers.erase("ETag");
  context.error_headers.erase("Last-Modified");
}

/// What the request wants of the object; of an object in parts a part may be asked for.
template <class Request>
Wanted wanted_of(const Version& version, const Request& request, std::optional<std::int32_t>& parts) {
  const auto size = static_cast<std::uint64_t>(version.size);
  if (!request.part_number) {
    return request.range ? range_of(*request.range, size) : Wanted{0, size, false};
  }
  if (request.range) throw refuse::invalid_request("Cannot specify both Range header and partNumber query parameter");
  if (*request.part_number < 1 || *request.part_number > 10000)
    throw refuse::invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                                   std::to_string(*request.part_number));
  const auto number = static_cast<std::size_t>(*request.part_number);
  const auto& segments = version.attributes.segments;
  if (version.multipart()) parts = static_cast<std::int32_t>(segments.size());
  if (number > std::max<std::size_t>(1, segments.size()))
    throw refuse::with({"InvalidPartNumber", 416, "The requested partnumber is not satisfiable"},
                       {{"PartNumberRequested", std::to_string(number)},
                        {"ActualPartCount", std::to_string(std::max<std::size_t>(1, segments.size()))}});
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i + 1 < number; ++i) offset += static_cast<std::uint64_t>(segments[i].size);
  return {offset, segments.empty() ? 0 : static_cast<std::uint64_t>(segments[number - 1].size), size != 0};
}

template <class Output>
void tell_head(Output& out, const Version& version, Timestamp now, bool with_lock) {
  const Attributes& about = version.attributes;
  out.accept_ranges = "bytes";
  out.last_modified = seconds(version.modified);
  out.e_tag = quoted(version.etag);
  out.cache_control = about.cache_control;
  out.content_disposition = about.content_disposition;
  out.content_encoding = about.content_encoding;
  out.content_language = about.content_language;
  out.content_type = about.content_type;
  out.expires = about.expires;
  out.website_redirect_location = about.website_redirect_location;
  if (!about.metadata.empty()) out.metadata = about.metadata;
  if (about.storage_class != "STANDARD") out.storage_class = about.storage_class;
  tell_sealing(out, about.sealing);
  if (restoring(about, now)) out.restore = "ongoing-request=\"true\"";
  if (restored(about, now))
    out.restore = "ongoing-request=\"false\", expiry-date=\"" + to_http_date(*about.restore_until) + "\"";
  if (with_lock) {
    out.object_lock_mode = about.lock_mode;
    out.object_lock_retain_until_date = about.retain_until;
    if (about.legal_hold) out.object_lock_legal_hold_status = "ON";
  }
}

/// What a presigned URL may say about the reply's headers.
template <class Request, class Output>
void override_headers(const aws::Context& context, const Request& request, Output& out) {
  const bool any = request.response_cache_control || request.response_content_disposition ||
                   request.response_content_encoding || request.response_content_language ||
                   request.response_content_type || request.response_expires;
  if (!any) return;
  if (context.identity.kind == aws::Identity::Kind::anonymous)
    throw refuse::invalid_request("Request specific response headers cannot be used for anonymous GET requests.");
  if (request.response_cache_control) out.cache_control = request.response_cache_control;
  if (request.response_content_disposition) out.content_disposition = request.response_content_disposition;
  if (request.response_content_encoding) out.content_encoding = request.response_content_encoding;
  if (request.response_content_language) out.content_language = request.response_content_language;
  if (request.response_content_type) out.content_type = request.response_content_type;
  if (request.response_expires) out.expires = request.response_expires;
}

}  // namespace

api::GetObjectOutput Service::get_object(aws::Context& context, const api::GetObjectRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const Version version = readable(context, bucket, *request.key, request.version_id, "s3:GetObject");
  const Attributes& about = version.attributes;
  const std::string data_key = unseal(context, bucket, *request.key, about.sealing, customer_key(request));
  check_conditions(context, version, request);
  if (!readable_now(about, context.now))
    throw refuse::with({"InvalidObjectState", 403, "The operation is not valid for the object's storage class"},
                       {{"StorageClass", about.storage_class}});
  api::GetObjectOutput out;
  const Wanted range = wanted_of(version, request, out.parts_count);
  const std::string arn = bucket.arn() + "/" + *request.key;
  tell_head(out, version, context.now, may(context, bucket, "s3:GetObjectRetention", arn));
  override_headers(context, request, out);
  out.version_id = told_version(bucket, version);
  out.expiration = expiration_of(bucket, version);
  if (!about.tags.empty()) out.tag_count = static_cast<std::int32_t>(about.tags.size());
  if (request.checksum_mode && !range.partial) {
    tell_checksums(out, about.checksums);
    if (!about.checksums.empty()) out.checksum_type = about.checksum_type;
  }
  if (range.partial) {
    context.response_status = 206;
    out.content_range = "bytes " + std::to_string(range.offset) + "-" +
                        std::to_string(range.offset + range.length - 1) + "/" + std::to_string(version.size);
  }
  auto source = files_.read(about.segments, data_key, range.offset, range.length);
  constexpr std::uint64_t in_memory = 1U << 20U;  // bytes
  if (range.length > in_memory) {
    context.response_body.length = range.length;
    context.response_body.source = std::move(source);
    return out;
  }
  out.body.emplace();
  std::string piece;
  while (out.body->bytes.size() < range.length) {
    if (!source->read(piece, range.length - out.body->bytes.size()) || piece.empty())
      throw aws::Error("InternalError", 500, "We encountered an internal error. Please try again.");
    out.body->bytes += piece;
  }
  return out;
}

api::HeadObjectOutput Service::head_object(aws::Context& context, const api::HeadObjectRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const Version version = readable(context, bucket, *request.key, request.version_id, "s3:GetObject");
  const Attributes& about = version.attributes;
  if (about.sealing.algorithm == "SSE-C" || customer_key(request).given())
    unseal(context, bucket, *request.key, about.sealing, customer_key(request));
  check_conditions(context, version, request);
  api::HeadObjectOutput out;
  const Wanted range = wanted_of(version, request, out.parts_count);
  const std::string arn = bucket.arn() + "/" + *request.key;
  tell_head(out, version, context.now, may(context, bucket, "s3:GetObjectRetention", arn));
  override_headers(context, request, out);
  out.version_id = told_version(bucket, version);
  out.expiration = expiration_of(bucket, version);
  out.content_length = static_cast<std::int64_t>(range.length);
  if (!about.tags.empty()) out.tag_count = static_cast<std::int32_t>(about.tags.size());
  if (request.checksum_mode && !range.partial) {
    tell_checksums(out, about.checksums);
    if (!about.checksums.empty()) out.checksum_type = about.checksum_type;
  }
  if (range.partial) {
    context.response_status = 206;
    out.content_range = "bytes " + std::to_string(range.offset) + "-" +
                        std::to_string(range.offset + range.length - 1) + "/" + std::to_string(version.size);
  }
  return out;
}

api::GetObjectAttributesOutput Service::get_object_attributes(aws::Context& context,
                                                              const api::GetObjectAttributesRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const Version version = readable(context, bucket, *request.key, request.version_id, "s3:GetObject");
  const Attributes& about = version.attributes;
  if (about.sealing.algorithm == "SSE-C") unseal(context, bucket, *request.key, about.sealing, customer_key(request));
  static const std::set<std::string> known = {"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"};
  std::set<std::string> asked;
  for (const auto& name : request.object_attributes.value_or(std::vector<std::string>{})) {
    if (known.count(name) == 0)
      throw refuse::invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", name);
    asked.insert(name);
  }
  if (asked.empty())
    throw refuse::invalid_argument(
        "The x-amz-object-attributes header specifying the attributes to be retrieved is "
        "either missing or empty",
        "x-amz-object-attributes", "");
  api::GetObjectAttributesOutput out;
  out.last_modified = seconds(version.modified);
  out.version_id = told_version(bucket, version);
  if (asked.count("ETag") != 0) out.e_tag = version.etag;
  if (asked.count("StorageClass") != 0) out.storage_class = about.storage_class;
  if (asked.count("ObjectSize") != 0) out.object_size = version.size;
  if (asked.count("Checksum") != 0 && !about.checksums.empty()) {
    out.checksum.emplace();
    std::map<std::string, std::string> plain;
    for (const auto& [name, value] : about.checksums) plain[name] = value.substr(0, value.find('-'));
    tell_checksums(*out.checksum, plain);
    out.checksum->checksum_type = about.checksum_type;
  }
  if (asked.count("ObjectParts") != 0 && version.multipart()) {
    auto& parts = out.object_parts.emplace();
    parts.total_parts_count = static_cast<std::int32_t>(about.segments.size());
    // AWS lists parts only where each carries a checksum that the uploader chose.
    if (!about.checksum_algorithm.empty() && about.checksum_type == "COMPOSITE") {
      const std::int32_t marker = request.part_number_marker.value_or(0), most = request.max_parts.value_or(1000);
      parts.part_number_marker = marker;
      parts.max_parts = most;
      parts.is_truncated = false;
      parts.parts.emplace();
      for (const Segment& segment : about.segments) {
        if (segment.number <= marker) continue;
        if (static_cast<std::int32_t>(parts.parts->size()) >= most) {
          parts.is_truncated = true;
          break;
        }
        api::ObjectPart part{.part_number = segment.number, .size = segment.size};
        tell_checksums(part, segment.checksums);
        parts.parts->push_back(std::move(part));
        parts.next_part_number_marker = segment.number;
      }
    }
  }
  return out;
}

}  // namespace stratus::services::s3
