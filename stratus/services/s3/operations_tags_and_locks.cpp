// Tags of objects; Object Lock: retention, legal holds and a bucket's default.
#include "stratus/services/s3/locks.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

constexpr std::int64_t kDay = 86'400'000;  // milliseconds

void demand_lock(const Bucket& bucket) {
  if (!bucket.object_lock) throw refuse::invalid_request("Bucket is missing Object Lock Configuration");
}

}  // namespace

api::PutObjectTaggingOutput Service::put_object_tagging(aws::Context& context,
                                                        const api::PutObjectTaggingRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  Version version = readable(context, bucket, *request.key, request.version_id, "s3:PutObjectTagging");
  if (!request.tagging) throw refuse::malformed_xml();
  auto tags = request.tagging->tag_set.value_or(std::vector<api::Tag>{});
  check_tags(tags, 10);
  version.attributes.tags = std::move(tags);
  versions_.update(version);
  tell(context, bucket, "ObjectTagging:Put", version);
  return {.version_id = told_version(bucket, version)};
}

api::GetObjectTaggingOutput Service::get_object_tagging(aws::Context& context,
                                                        const api::GetObjectTaggingRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const Version version = readable(context, bucket, *request.key, request.version_id, "s3:GetObjectTagging");
  return {.version_id = told_version(bucket, version), .tag_set = version.attributes.tags};
}

api::DeleteObjectTaggingOutput Service::delete_object_tagging(aws::Context& context,
                                                              const api::DeleteObjectTaggingRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  Version version = readable(context, bucket, *request.key, request.version_id, "s3:DeleteObjectTagging");
  version.attributes.tags.clear();
  versions_.update(version);
  tell(context, bucket, "ObjectTagging:Delete", version);
  return {.version_id = told_version(bucket, version)};
}

void Service::apply_lock(const aws::Context& context, const Bucket& bucket, const std::optional<std::string>& mode,
                         const std::optional<Timestamp>& until, const std::optional<std::string>& hold,
                         Attributes& into) const {
  if (mode || until || hold) demand_lock(bucket);
  if (mode.has_value() != until.has_value())
    throw refuse::invalid_argument(
        "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        mode ? "x-amz-object-lock-retain-until-date" : "x-amz-object-lock-mode", "");
  if (until && *until <= context.now)
    throw refuse::invalid_argument("The retain until date must be in the future!",
                                   "x-amz-object-lock-retain-until-date", to_rfc3339(*until));
  into.lock_mode = mode;
  into.retain_until = until;
  into.legal_hold = hold == "ON";
  if (mode || !bucket.object_lock || !bucket.default_retention) return;
  const auto& preset = *bucket.default_retention;
  const std::int64_t days = preset.days ? *preset.days : std::int64_t{*preset.years} * 365;
  into.lock_mode = preset.mode;
  into.retain_until = Timestamp{context.now.ms + days * kDay};
}

api::PutObjectLockConfigurationOutput Service::put_object_lock_configuration(
    aws::Context& context, const api::PutObjectLockConfigurationRequest& request) {
  const Bucket& bucket =
      admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketObjectLockConfiguration");
  const auto& wish = request.object_lock_configuration;
  if (!wish || wish->object_lock_enabled != "Enabled") throw refuse::malformed_xml();
  if (bucket.versioning != "Enabled")
    throw aws::Error("InvalidBucketState", 409,
                     "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
  std::optional<api::DefaultRetention> preset;
  if (wish->rule) {
    preset = wish->rule->default_retention;
    if (!preset || !preset->mode || preset->days.has_value() == preset->years.has_value())
      throw refuse::malformed_xml();
    if (preset->days.value_or(1) <= 0 || preset->years.value_or(1) <= 0)
      throw refuse::invalid_argument("Default retention period must be a positive integer value.", "Days", "");
    if (preset->days.value_or(0) > 36500 || preset->years.value_or(0) > 100)
      throw refuse::invalid_argument("Default retention period is too large", "Days", "");
  }
  change(bucket, [&](Bucket& row) {
    row.object_lock = true;
    row.default_retention = preset;
  });
  return {};
}

api::GetObjectLockConfigurationOutput Service::get_object_lock_configuration(
    aws::Context& context, const api::GetObjectLockConfigurationRequest& request) {
  const Bucket& bucket =
      admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketObjectLockConfiguration");
  if (!bucket.object_lock)
    throw refuse::with(
        {"ObjectLockConfigurationNotFoundError", 404, "Object Lock configuration does not exist for this bucket"},
        {{"BucketName", bucket.name}});
  api::GetObjectLockConfigurationOutput out;
  auto& told = out.object_lock_configuration.emplace();
  told.object_lock_enabled = "Enabled";
  if (bucket.default_retention) told.rule.emplace().default_retention = bucket.default_retention;
  return out;
}

api::PutObjectRetentionOutput Service::put_object_retention(aws::Context& context,
                                                            const api::PutObjectRetentionRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  Version version = readable(context, bucket, *request.key, request.version_id, "s3:PutObjectRetention");
  demand_lock(bucket);
  const auto wish = request.retention.value_or(api::ObjectLockRetention{});
  if (wish.mode.has_value() != wish.retain_until_date.has_value()) throw refuse::malformed_xml();
  if (wish.retain_until_date && *wish.retain_until_date <= context.now)
    throw refuse::invalid_argument("The retain until date must be in the future!", "RetainUntilDate",
                                   to_rfc3339(*wish.retain_until_date));
  Attributes& about = version.attributes;
  const bool held = about.retain_until && *about.retain_until > context.now;
  const bool longer = wish.retain_until_date && (!about.retain_until || *wish.retain_until_date >= *about.retain_until);
  const bool loosens = held && (!longer || (about.lock_mode == "COMPLIANCE" && wish.mode != "COMPLIANCE"));
  if (loosens) {
    const bool bypass = request.bypass_governance_retention.value_or(false) &&
                        may(context, bucket, "s3:BypassGovernanceRetention", bucket.arn() + "/" + *request.key);
    if (about.lock_mode == "COMPLIANCE" || !bypass)
      throw refuse::access_denied("Access Denied because object protected by object lock.");
  }
  about.lock_mode = wish.mode;
  about.retain_until = wish.retain_until_date;
  versions_.update(version);
  return {};
}

api::GetObjectRetentionOutput Service::get_object_retention(aws::Context& context,
                                                            const api::GetObjectRetentionRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const Version version = readable(context, bucket, *request.key, request.version_id, "s3:GetObjectRetention");
  demand_lock(bucket);
  if (!version.attributes.lock_mode)
    throw refuse::with(
        {"NoSuchObjectLockConfiguration", 404, "The specified object does not have a ObjectLock configuration"},
        {{"Key", *request.key}});
  api::GetObjectRetentionOutput out;
  out.retention = api::ObjectLockRetention{.mode = version.attributes.lock_mode,
                                           .retain_until_date = version.attributes.retain_until};
  return out;
}

api::PutObjectLegalHoldOutput Service::put_object_legal_hold(aws::Context& context,
                                                             const api::PutObjectLegalHoldRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  Version version = readable(context, bucket, *request.key, request.version_id, "s3:PutObjectLegalHold");
  demand_lock(bucket);
  if (!request.legal_hold || !request.legal_hold->status) throw refuse::malformed_xml();
  version.attributes.legal_hold = request.legal_hold->status == "ON";
  versions_.update(version);
  return {};
}

api::GetObjectLegalHoldOutput Service::get_object_legal_hold(aws::Context& context,
                                                             const api::GetObjectLegalHoldRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const Version version = readable(context, bucket, *request.key, request.version_id, "s3:GetObjectLegalHold");
  demand_lock(bucket);
  api::GetObjectLegalHoldOutput out;
  out.legal_hold.emplace().status = version.attributes.legal_hold ? "ON" : "OFF";
  return out;
}

}  // namespace stratus::services::s3
