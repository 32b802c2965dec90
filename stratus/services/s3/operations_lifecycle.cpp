// A bucket's lifecycle: set, told, and carried out.
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/s3/lifecycle.h"
#include "stratus/services/s3/locks.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {

api::PutBucketLifecycleConfigurationOutput Service::put_bucket_lifecycle_configuration(
    aws::Context& context, const api::PutBucketLifecycleConfigurationRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutLifecycleConfiguration");
  if (!request.lifecycle_configuration || !request.lifecycle_configuration->rules) throw refuse::malformed_xml();
  auto rules = *request.lifecycle_configuration->rules;
  check_lifecycle(rules);
  for (api::LifecycleRule& rule : rules)
    if (!rule.id || rule.id->empty()) rule.id = random_.uuid();
  const std::string smallest = request.transition_default_minimum_object_size.value_or("all_storage_classes_128K");
  if (smallest != "all_storage_classes_128K")
    throw aws::not_implemented("PutBucketLifecycleConfiguration: TransitionDefaultMinimumObjectSize " + smallest);
  const std::int64_t serial = bucket.serial;
  change(bucket, [&](Bucket& row) { row.lifecycle = rules; });
  store_.after_commit([this, serial] {
    expired_on_.erase(serial);
    wake();
  });
  return {.transition_default_minimum_object_size = smallest};
}

api::GetBucketLifecycleConfigurationOutput Service::get_bucket_lifecycle_configuration(
    aws::Context& context, const api::GetBucketLifecycleConfigurationRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetLifecycleConfiguration");
  if (!bucket.lifecycle)
    throw refuse::with({"NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist"},
                       {{"BucketName", bucket.name}});
  return {.rules = bucket.lifecycle, .transition_default_minimum_object_size = "all_storage_classes_128K"};
}

api::DeleteBucketLifecycleResponse Service::delete_bucket_lifecycle(aws::Context& context,
                                                                    const api::DeleteBucketLifecycleRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutLifecycleConfiguration");
  change(bucket, [](Bucket& row) { row.lifecycle.reset(); });
  return {};
}

std::optional<std::string> Service::expiration_of(const Bucket& bucket, const Version& version) const {
  if (!bucket.lifecycle || !version.latest) return std::nullopt;
  const auto end = expiration(*bucket.lifecycle, version);
  if (!end) return std::nullopt;
  return "expiry-date=\"" + to_http_date(end->first) + "\", rule-id=\"" + text::uri_encode(end->second) + "\"";
}

void Service::expire(const Bucket& bucket, Timestamp now) {
  const auto& rules = *bucket.lifecycle;
  std::vector<std::vector<Version>> keys;  // those with something to do
  std::vector<Version> versions;
  const auto close = [&] {
    if (!versions.empty() && !plan_lifecycle(rules, versions, now).empty()) keys.push_back(std::move(versions));
    versions.clear();
  };
  versions_.each_version(bucket.serial, "", std::nullopt, [&](const Version& version) {
    if (!versions.empty() && versions.front().key != version.key) close();
    versions.push_back(version);
    return true;
  });
  close();
  std::size_t expired = 0;
  aws::Context context;
  context.now = now;
  for (const auto& of_key : keys)
    for (const LifecycleAction& action : plan_lifecycle(rules, of_key, now)) {
      const Version& version = of_key[action.index];
      if (action.kind == LifecycleAction::Kind::transition) {
        Version moved = version;
        moved.attributes.storage_class = action.storage_class;
        versions_.update(moved);
        tell(context, bucket, "LifecycleTransition", moved);
        continue;
      }
      const bool hides = action.kind == LifecycleAction::Kind::expire && !bucket.versioning.empty();
      // Retention outlasts the lifecycle; a marker in front of a locked version takes nothing away.
      if (!hides && !version.marker && locked(version.attributes, now, false)) continue;
      ++expired;
      if (!hides) {
        versions_.erase(version);
        tell(context, bucket, "LifecycleExpiration:Delete", version);
        continue;
      }
      Version marker;
      marker.key = version.key;
      marker.marker = true;
      marker.attributes.owner = bucket.account;
      place(context, bucket, marker);
      tell(context, bucket, "LifecycleExpiration:DeleteMarkerCreated", marker);
    }
  for (const Upload& upload : versions_.uploads(bucket.serial))
    if (abandons(rules, upload, now)) versions_.erase_upload(upload, {});
  if (expired != 0) log::info("s3.expired", {{"bucket", bucket.name}, {"versions", expired}});
}

}  // namespace stratus::services::s3
