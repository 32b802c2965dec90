#include "stratus/services/s3/service.h"

#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/s3/cors.h"
#include "stratus/services/s3/encryption.h"
#include "stratus/services/s3/errors.h"
#include "stratus/state/master_key.h"

namespace stratus::services::s3 {

Service::Service(Loop& loop, state::Store& store, Random& random, iam::Service& iam, kms::Service& kms,
                 const std::string& directory)
    : Reconciler(loop, "s3", std::chrono::minutes(10)),
      loop_(loop),
      store_(store),
      random_(random),
      iam_(iam),
      kms_(kms),
      master_(state::master_key(store.directory())),
      files_(directory + "/objects", random),
      versions_(store, files_),
      buckets_(store, "s3_buckets") {}

void Service::start() {
  if (const std::size_t removed = versions_.sweep(); removed != 0)
    log::info("s3.orphans_removed", {{"files", removed}});
  Reconciler::start();
}

void Service::reconcile() {
  // Buckets that a reset took away leave their objects to be removed here.
  std::set<std::int64_t> alive;
  for (const auto& [key, row] : buckets_.all()) alive.insert(row->serial);
  for (const std::int64_t serial : versions_.buckets())
    if (alive.count(serial) == 0) store_.call([&] { versions_.erase_bucket(serial); });
  const Timestamp now = loop_.clock().now();
  const std::int64_t today = now.ms / 86'400'000;
  for (const auto& [key, row] : buckets_.all()) {
    if (!row->lifecycle || expired_on_[row->serial] == today) continue;
    store_.call([&, bucket = row] { expire(*bucket, now); });
    expired_on_[row->serial] = today;
  }
}

const Bucket* Service::find_bucket(const std::string& name) const {
  if (const auto hint = hints_.find(name); hint != hints_.end())
    if (const Bucket* found = buckets_.find(hint->second)) return found;
  for (const auto& [key, row] : buckets_.all())
    if (row->name == name) {
      hints_[name] = key;
      return row;
    }
  hints_.erase(name);
  return nullptr;
}

bool Service::bucket_exists(const std::string& bucket) const { return find_bucket(bucket) != nullptr; }

const Bucket& Service::change(const Bucket& bucket, const std::function<void(Bucket&)>& change) {
  return buckets_.update(key_of(bucket), change);
}

const Bucket& Service::existing(aws::Context& context, const std::string& name,
                                const std::optional<std::string>& expected_owner) const {
  iam_.note_use(context);
  const Bucket* found = find_bucket(name);
  if (found == nullptr) throw refuse::no_such_bucket(name);
  context.error_headers["x-amz-bucket-region"] = found->region;
  if (!context.region.empty() && context.region != found->region)
    throw refuse::with({"PermanentRedirect", 301,
                        "The bucket you are attempting to access must be addressed using the specified endpoint. "
                        "Please send all future requests to this endpoint."},
                       {{"Bucket", name}, {"Endpoint", name + ".s3." + found->region + ".amazonaws.com"}});
  answer_origin(context, *found);
  if (expected_owner && *expected_owner != found->account) throw refuse::access_denied();
  check_terms(context, *found);
  return *found;
}

void Service::answer_origin(aws::Context& context, const Bucket& bucket) const {
  const auto origin = context.headers.find("origin");
  if (origin == context.headers.end() || !bucket.cors) return;
  const auto method = context.operation.starts_with("Head") ? "HEAD"
                      : context.operation.starts_with("Put") || context.operation == "UploadPart" ||
                              context.operation.starts_with("Copy")
                          ? "PUT"
                      : context.operation == "PostObject"                                               ? "POST"
                      : context.operation.starts_with("Delete") && context.operation != "DeleteObjects" ? "DELETE"
                      : context.operation == "DeleteObjects" || context.operation.starts_with("C")      ? "POST"
                                                                                                        : "GET";
  for (auto& [name, value] : cors_headers(*bucket.cors, origin->second, method, std::nullopt)) {
    context.response_headers[name] = value;
    context.error_headers[name] = value;
  }
}

const Bucket& Service::admit(aws::Context& context, const std::optional<std::string>& name,
                             const std::optional<std::string>& expected_owner, const std::string& action,
                             const iam::ConditionKeys& more) const {
  const Bucket& bucket = existing(context, *name, expected_owner);
  demand(context, bucket, action, bucket.arn(), more);
  return bucket;
}

iam::ConditionKeys Service::request_keys(const aws::Context& context, const Bucket& bucket) const {
  iam::ConditionKeys out = {{"s3:resourceaccount", {bucket.account}}, {"s3:signatureversion", {"AWS4-HMAC-SHA256"}}};
  const bool in_header = context.headers.count("authorization") != 0;
  out["s3:authtype"] = {in_header ? "REST-HEADER" : "REST-QUERY-STRING"};
  if (context.identity.kind == aws::Identity::Kind::anonymous) {
    out.erase("s3:authtype");
    out.erase("s3:signatureversion");
  }
  for (const auto& [name, value] : context.headers) {
    if (name.starts_with("x-amz-") && !name.starts_with("x-amz-meta-") && name != "x-amz-security-token" &&
        name != "x-amz-server-side-encryption-customer-key")
      out["s3:" + name] = {value};
    if (name == "if-match" || name == "if-none-match") out["s3:" + name] = {value};
    if (name == "x-amz-tagging") {
      for (const auto& pair : text::split(value, '&')) {
        const auto equals = std::min(pair.find('='), pair.size());
        const std::string key = text::uri_decode(pair.substr(0, equals), true);
        out["s3:requestobjecttag/" + text::lower(key)] = {
            text::uri_decode(pair.substr(std::min(equals + 1, pair.size())), true)};
        out["s3:requestobjecttagkeys"].push_back(key);
      }
    }
    if (name == "referer") out["aws:referer"] = {value};
  }
  return out;
}

bool Service::may(const aws::Context& context, const Bucket& bucket, const std::string& action,
                  const std::string& resource, const iam::ConditionKeys& more,
                  const std::vector<api::Grant>* object_grants) const {
  Question question{action, resource, request_keys(context, bucket), object_grants};
  for (const auto& [name, values] : more) question.keys[name] = values;
  return decide(iam_, context, &bucket, question).allowed;
}

void Service::demand(const aws::Context& context, const Bucket& bucket, const std::string& action,
                     const std::string& resource, const iam::ConditionKeys& more,
                     const std::vector<api::Grant>* object_grants) const {
  Question question{action, resource, request_keys(context, bucket), object_grants};
  for (const auto& [name, values] : more) question.keys[name] = values;
  if (const Answer answer = decide(iam_, context, &bucket, question); !answer.allowed)
    throw refuse::access_denied(answer.message);
}

Version Service::readable(aws::Context& context, const Bucket& bucket, const std::string& key,
                          const std::optional<std::string>& version_id, const std::string& action) const {
  if (version_id && version_id->empty())
    throw refuse::invalid_argument("Version id cannot be the empty string", "versionId", "");
  if (version_id && *version_id != "null" && version_id->size() != 32)
    throw refuse::invalid_argument("Invalid version id specified", "versionId", *version_id);
  auto found = version_id ? versions_.find(bucket.serial, key, *version_id) : versions_.latest(bucket.serial, key);
  iam::ConditionKeys keys;
  if (version_id) keys["s3:versionid"] = {*version_id};
  if (found)
    for (const api::Tag& tag : found->attributes.tags)
      keys["s3:existingobjecttag/" + text::lower(*tag.key)] = {tag.value.value_or("")};
  static const std::set<std::string> versioned = {
      "s3:GetObject",    "s3:GetObjectTagging",    "s3:GetObjectAcl",       "s3:PutObjectTagging",
      "s3:PutObjectAcl", "s3:DeleteObjectTagging", "s3:GetObjectAttributes"};
  std::string asked = action;
  if (version_id && versioned.count(action) != 0) {
    const auto at = asked.find("Object") + 6;
    asked.insert(at, "Version");
  }
  demand(context, bucket, asked, bucket.arn() + "/" + key, keys, found ? &found->attributes.grants : nullptr);
  if (!found || (found->marker && !version_id)) {
    if (found) {
      context.error_headers["x-amz-delete-marker"] = "true";
      context.error_headers["x-amz-version-id"] = found->version;
    }
    if (version_id) throw refuse::no_such_version(key, *version_id);
    // Whoever may not list is not told whether the key is there.
    demand(context, bucket, "s3:ListBucket", bucket.arn());
    throw refuse::no_such_key(key);
  }
  if (found->marker) {
    context.error_headers["x-amz-delete-marker"] = "true";
    context.error_headers["x-amz-version-id"] = found->version;
    context.error_headers["Allow"] = "DELETE";
    context.error_headers["Last-Modified"] = to_http_date(found->modified);
    throw refuse::with(
        {"MethodNotAllowed", 405, "The specified method is not allowed against this resource."},
        {{"Method", context.operation.starts_with("Head") ? "HEAD" : "GET"}, {"ResourceType", "DeleteMarker"}});
  }
  return std::move(*found);
}

namespace {

aws::Context service_context(const std::string& account, const std::string& region, const std::string& principal,
                             Timestamp now) {
  aws::Context out;
  out.account = account;
  out.region = region;
  out.service = "s3";
  out.now = now;
  out.identity = {aws::Identity::Kind::service, account, principal, principal, ""};
  return out;
}

iam::ConditionKeys service_keys(const std::string& account, const std::string& principal,
                                const std::string& source_arn) {
  iam::ConditionKeys out = {{"aws:sourceaccount", {account}},
                            {"aws:principalisawsservice", {"true"}},
                            {"aws:principalservicename", {principal}},
                            {"aws:securetransport", {"true"}},
                            {"s3:x-amz-acl", {"bucket-owner-full-control"}}};
  if (!source_arn.empty()) out["aws:sourcearn"] = {source_arn};
  return out;
}

}  // namespace

void Service::check_service_access(const std::string& account, const std::string& bucket, const std::string& action,
                                   const std::string& service_principal, const std::string& source_arn,
                                   const std::string& key) const {
  const Bucket* found = find_bucket(bucket);
  if (found == nullptr) throw refuse::no_such_bucket(bucket);
  demand(service_context(account, found->region, service_principal, loop_.clock().now()), *found, action,
         key.empty() ? found->arn() : found->arn() + "/" + key, service_keys(account, service_principal, source_arn));
}

void Service::put_object(const std::string& account, const std::string& region, const std::string& bucket,
                         const std::string& key, std::string bytes, std::string content_type,
                         const std::string& service_principal, const std::string& source_arn,
                         const std::map<std::string, std::string>& metadata) {
  const Bucket* found = find_bucket(bucket);
  if (found == nullptr) throw refuse::no_such_bucket(bucket);
  const aws::Context context = service_context(account, region, service_principal, loop_.clock().now());
  demand(context, *found, "s3:PutObject", found->arn() + "/" + key,
         service_keys(account, service_principal, source_arn));
  store_.call([&] {
    Version version;
    version.bucket = found->serial;
    version.key = key;
    version.modified = context.now;
    version.attributes.content_type = std::move(content_type);
    version.attributes.metadata = metadata;
    version.attributes.owner = found->account;
    version.attributes.grants = object_grants(*found, found->account, {});
    const std::string data_key = seal(context, *found, key, {}, version.attributes.sealing);
    MemorySource source(bytes);
    const Written written = files_.write(source, data_key, {"CRC64NVME"});
    version.size = written.size;
    version.etag = object_etag(version.attributes.sealing, written.md5, random_);
    version.attributes.checksum_algorithm = "CRC64NVME";
    version.attributes.checksum_type = "FULL_OBJECT";
    version.attributes.checksums = written.checksums;
    version.attributes.segments = {{0, written.size, written.file, {}}};
    place(context, *found, version);
  });
}

std::vector<std::string> Service::resources(const aws::Context&, const aws::Operation&, const void*) { return {"*"}; }

}  // namespace stratus::services::s3
