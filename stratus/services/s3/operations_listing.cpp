// Listings: objects (both versions of the API), versions, buckets' unfinished uploads.
#include "stratus/core/base64.h"
#include "stratus/core/text.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

constexpr std::int32_t kMostKeys = 1000;

std::int32_t limit_of(const std::optional<std::int32_t>& asked, const char* name) {
  if (asked && *asked < 0)
    throw refuse::invalid_argument(std::string("Argument ") + name + " must be an integer between 0 and 2147483647",
                                   name, std::to_string(*asked));
  return std::min(asked.value_or(kMostKeys), kMostKeys);
}

/// The first text behind everything that begins with `prefix`. UTF-8 never holds 0xFF, so its last byte can grow.
std::string behind(std::string prefix) {
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

/// The common prefix that `key` falls under; nothing where it stands for itself.
std::optional<std::string> common_prefix(const std::string& key, const std::string& prefix,
                                         const std::string& delimiter) {
  if (delimiter.empty()) return std::nullopt;
  const auto at = key.find(delimiter, prefix.size());
  if (at == std::string::npos) return std::nullopt;
  return key.substr(0, at + delimiter.size());
}

/// Names as the reply writes them: percent-encoded where the request asks for it.
struct Encoding {
  bool url = false;
  explicit Encoding(const std::optional<std::string>& type) : url(type == "url") {
    if (type && *type != "url")
      throw refuse::invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", *type);
  }
  std::string operator()(const std::string& text) const { return url ? text::uri_encode(text, true) : text; }
  std::optional<std::string> operator()(const std::optional<std::string>& text) const {
    return text ? std::optional((*this)(*text)) : std::nullopt;
  }
  std::optional<std::string> told() const { return url ? std::optional<std::string>("url") : std::nullopt; }
};

struct Page {
  std::vector<Version> objects;
  std::vector<std::string> prefixes;
  bool truncated = false;
  std::string last;  ///< the last key or common prefix of the page
};

/// Walks the current objects from behind `marker` on. A common prefix is passed in one step, however much is below it.
Page walk(const Versions& versions, std::int64_t bucket, const std::string& prefix, const std::string& delimiter,
          const std::string& marker, std::int32_t most) {
  Page page;
  if (most == 0) return page;
  std::string from = std::max(prefix, marker);
  bool after = !marker.empty() && marker >= prefix;
  // A marker that is a common prefix itself stands for all that is below it.
  if (after && common_prefix(marker, prefix, delimiter) == marker && marker.starts_with(prefix)) {
    from = behind(marker);
    after = false;
  }
  std::int32_t count = 0;
  for (bool more = true; more;) {
    more = false;
    versions.each_current(bucket, from, after, [&](const Version& version) {
      if (!version.key.starts_with(prefix)) return false;
      if (count == most) {
        page.truncated = true;
        return false;
      }
      ++count;
      if (auto common = common_prefix(version.key, prefix, delimiter)) {
        from = behind(*common);
        after = false;
        more = true;
        page.last = *common;
        page.prefixes.push_back(std::move(*common));
        return false;
      }
      page.last = version.key;
      page.objects.push_back(version);
      return true;
    });
  }
  return page;
}

api::Owner owner_of(const std::string& account) { return {.id = canonical_id(account)}; }

api::Object told(const Version& version, const Encoding& encode, bool with_owner) {
  api::Object out{
      .key = encode(version.key), .last_modified = seconds(version.modified), .e_tag = quoted(version.etag)};
  out.size = version.size;
  out.storage_class = version.attributes.storage_class;
  if (!version.attributes.checksum_algorithm.empty()) {
    out.checksum_algorithm = {version.attributes.checksum_algorithm};
    out.checksum_type = version.attributes.checksum_type;
  }
  if (with_owner) out.owner = owner_of(version.attributes.owner);
  return out;
}

template <class Output>
void tell_prefixes(Output& out, const std::vector<std::string>& prefixes, const Encoding& encode) {
  if (prefixes.empty()) return;
  out.common_prefixes.emplace();
  for (const auto& prefix : prefixes) out.common_prefixes->push_back({.prefix = encode(prefix)});
}

iam::ConditionKeys listing_keys(const std::optional<std::string>& prefix, const std::optional<std::string>& delimiter,
                                const std::optional<std::int32_t>& most) {
  iam::ConditionKeys out;
  if (prefix) out["s3:prefix"] = {*prefix};
  if (delimiter) out["s3:delimiter"] = {*delimiter};
  if (most) out["s3:max-keys"] = {std::to_string(*most)};
  return out;
}

}  // namespace

api::ListObjectsOutput Service::list_objects(aws::Context& context, const api::ListObjectsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:ListBucket",
                               listing_keys(request.prefix, request.delimiter, request.max_keys));
  const Encoding encode(request.encoding_type);
  const std::string prefix = request.prefix.value_or(""), delimiter = request.delimiter.value_or("");
  const std::int32_t most = limit_of(request.max_keys, "max-keys");
  const Page page = walk(versions_, bucket.serial, prefix, delimiter, request.marker.value_or(""), most);
  api::ListObjectsOutput out{.is_truncated = page.truncated, .marker = encode(request.marker.value_or(""))};
  if (page.truncated && !delimiter.empty()) out.next_marker = encode(page.last);
  out.name = bucket.name;
  out.prefix = encode(prefix);
  if (!delimiter.empty()) out.delimiter = encode(delimiter);
  out.max_keys = most;
  out.encoding_type = encode.told();
  if (!page.objects.empty()) out.contents.emplace();
  for (const Version& version : page.objects) out.contents->push_back(told(version, encode, true));
  tell_prefixes(out, page.prefixes, encode);
  return out;
}

api::ListObjectsV2Output Service::list_objects_v2(aws::Context& context, const api::ListObjectsV2Request& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:ListBucket",
                               listing_keys(request.prefix, request.delimiter, request.max_keys));
  const Encoding encode(request.encoding_type);
  const std::string prefix = request.prefix.value_or(""), delimiter = request.delimiter.value_or("");
  const std::int32_t most = limit_of(request.max_keys, "max-keys");
  std::string marker = request.start_after.value_or("");
  if (request.continuation_token) {
    const auto token = base64::decode(*request.continuation_token);
    if (!token || !token->starts_with("1:"))
      throw refuse::invalid_argument("The continuation token provided is incorrect", "continuation-token",
                                     *request.continuation_token);
    marker = token->substr(2);
  }
  const Page page = walk(versions_, bucket.serial, prefix, delimiter, marker, most);
  api::ListObjectsV2Output out{.is_truncated = page.truncated};
  out.name = bucket.name;
  out.prefix = encode(prefix);
  if (!delimiter.empty()) out.delimiter = encode(delimiter);
  out.max_keys = most;
  out.encoding_type = encode.told();
  out.key_count = static_cast<std::int32_t>(page.objects.size() + page.prefixes.size());
  out.continuation_token = request.continuation_token;
  if (page.truncated) out.next_continuation_token = base64::encode("1:" + page.last);
  out.start_after = encode(request.start_after);
  if (!page.objects.empty()) out.contents.emplace();
  for (const Version& version : page.objects)
    out.contents->push_back(told(version, encode, request.fetch_owner.value_or(false)));
  tell_prefixes(out, page.prefixes, encode);
  return out;
}

api::ListObjectVersionsOutput Service::list_object_versions(aws::Context& context,
                                                            const api::ListObjectVersionsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:ListBucketVersions",
                               listing_keys(request.prefix, request.delimiter, request.max_keys));
  const Encoding encode(request.encoding_type);
  const std::string prefix = request.prefix.value_or(""), delimiter = request.delimiter.value_or("");
  const std::string key_marker = request.key_marker.value_or(""), id_marker = request.version_id_marker.value_or("");
  if (!id_marker.empty() && key_marker.empty())
    throw refuse::invalid_argument("A version-id marker cannot be specified without a key marker.", "version-id-marker",
                                   id_marker);
  const std::int32_t most = limit_of(request.max_keys, "max-keys");
  api::ListObjectVersionsOutput out{.is_truncated = false, .key_marker = encode(key_marker)};
  out.version_id_marker = id_marker;
  out.name = bucket.name;
  out.prefix = encode(prefix);
  if (!delimiter.empty()) out.delimiter = encode(delimiter);
  out.max_keys = most;
  out.encoding_type = encode.told();
  if (most == 0) return out;

  std::string from = std::max(prefix, key_marker);
  std::optional<std::int64_t> before;
  bool skip_key = false;
  if (!key_marker.empty() && key_marker >= prefix) {
    if (common_prefix(key_marker, prefix, delimiter) == key_marker && key_marker.starts_with(prefix)) {
      from = behind(key_marker);
    } else if (id_marker.empty()) {
      skip_key = true;
    } else if (const auto last = versions_.find(bucket.serial, key_marker, id_marker)) {
      before = last->id;
    }  // else the marker was deleted meanwhile: what is left of its key is told again rather than lost
  }
  std::int32_t count = 0;
  std::string last_key, last_version;
  std::vector<std::string> prefixes;
  for (bool more = true; more;) {
    more = false;
    versions_.each_version(bucket.serial, from, before, [&](const Version& version) {
      if (skip_key && version.key == key_marker) return true;
      if (!version.key.starts_with(prefix)) return false;
      if (count == most) {
        out.is_truncated = true;
        return false;
      }
      ++count;
      if (auto common = common_prefix(version.key, prefix, delimiter)) {
        from = behind(*common);
        before.reset();
        skip_key = false;
        more = true;
        last_key = *common;
        last_version.clear();
        prefixes.push_back(std::move(*common));
        return false;
      }
      last_key = version.key;
      last_version = version.version;
      if (version.marker) {
        if (!out.delete_markers) out.delete_markers.emplace();
        out.delete_markers->push_back({.owner = owner_of(version.attributes.owner),
                                       .key = encode(version.key),
                                       .version_id = version.version,
                                       .is_latest = version.latest,
                                       .last_modified = seconds(version.modified)});
        return true;
      }
      const api::Object object = told(version, encode, true);
      if (!out.versions) out.versions.emplace();
      out.versions->push_back({.e_tag = object.e_tag,
                               .checksum_algorithm = object.checksum_algorithm,
                               .checksum_type = object.checksum_type,
                               .size = object.size,
                               .storage_class = object.storage_class,
                               .key = object.key,
                               .version_id = version.version,
                               .is_latest = version.latest,
                               .last_modified = object.last_modified,
                               .owner = object.owner});
      return true;
    });
  }
  if (*out.is_truncated) {
    out.next_key_marker = encode(last_key);
    if (!last_version.empty()) out.next_version_id_marker = last_version;
  }
  tell_prefixes(out, prefixes, encode);
  return out;
}

api::ListMultipartUploadsOutput Service::list_multipart_uploads(aws::Context& context,
                                                                const api::ListMultipartUploadsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:ListBucketMultipartUploads");
  const Encoding encode(request.encoding_type);
  const std::string prefix = request.prefix.value_or(""), delimiter = request.delimiter.value_or("");
  const std::string key_marker = request.key_marker.value_or("");
  // Without a key an upload's id marks nothing.
  const std::string id_marker = key_marker.empty() ? "" : request.upload_id_marker.value_or("");
  const std::int32_t most = limit_of(request.max_uploads, "max-uploads");
  api::ListMultipartUploadsOutput out{.bucket = bucket.name, .key_marker = encode(key_marker)};
  out.upload_id_marker = id_marker;
  out.prefix = encode(prefix);
  if (!delimiter.empty()) out.delimiter = encode(delimiter);
  out.max_uploads = most;
  out.is_truncated = false;
  out.encoding_type = encode.told();
  std::vector<std::string> prefixes;
  std::int32_t count = 0;
  bool behind_marker = id_marker.empty();
  std::string last_key, last_id;
  for (const Upload& upload : versions_.uploads(bucket.serial)) {
    if (!upload.key.starts_with(prefix) || upload.key < key_marker) continue;
    if (upload.key == key_marker && !key_marker.empty()) {
      if (id_marker.empty()) continue;
      if (!behind_marker) {
        behind_marker = upload.id == id_marker;
        continue;
      }
    }
    const auto common = common_prefix(upload.key, prefix, delimiter);
    if (common && ((!prefixes.empty() && prefixes.back() == *common) || *common == key_marker)) continue;
    if (count == most) {
      out.is_truncated = most != 0;
      break;
    }
    ++count;
    if (common) {
      prefixes.push_back(*common);
      last_key = *common;
      last_id.clear();
      continue;
    }
    last_key = upload.key;
    last_id = upload.id;
    if (!out.uploads) out.uploads.emplace();
    api::MultipartUpload told{
        .upload_id = upload.id, .key = encode(upload.key), .initiated = seconds(upload.initiated)};
    told.storage_class = upload.attributes.storage_class;
    told.owner = owner_of(upload.attributes.owner);
    told.initiator = api::Initiator{.id = upload.attributes.initiator};
    if (!upload.attributes.checksum_algorithm.empty()) {
      told.checksum_algorithm = upload.attributes.checksum_algorithm;
      told.checksum_type = upload.attributes.checksum_type;
    }
    out.uploads->push_back(std::move(told));
  }
  if (*out.is_truncated) {
    out.next_key_marker = encode(last_key);
    if (!last_id.empty()) out.next_upload_id_marker = last_id;
  }
  tell_prefixes(out, prefixes, encode);
  return out;
}

}  // namespace stratus::services::s3
