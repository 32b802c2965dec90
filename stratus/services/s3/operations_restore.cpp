// Restoring archived objects.
#include "stratus/services/s3/archives.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {

std::optional<Duration> restore_time(std::string_view storage_class, std::string_view tier) {
  using std::chrono::hours;
  const bool deep = storage_class == "DEEP_ARCHIVE";
  if (tier == "Expedited") return deep ? std::nullopt : std::optional<Duration>(std::chrono::minutes(5));
  if (tier == "Bulk") return deep ? hours(48) : hours(12);
  return deep ? hours(12) : hours(5);
}

api::RestoreObjectOutput Service::restore_object(aws::Context& context, const api::RestoreObjectRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  Version version = readable(context, bucket, *request.key, request.version_id, "s3:RestoreObject");
  if (!request.restore_request) throw refuse::malformed_xml();
  const auto& wish = *request.restore_request;
  if (wish.type || wish.select_parameters || wish.output_location) throw aws::not_implemented("RestoreObject: SELECT");
  Attributes& about = version.attributes;
  if (!archive(about.storage_class))
    throw refuse::with({"InvalidObjectState", 403, "Restore is not allowed for the object's current storage class"},
                       {{"StorageClass", about.storage_class}});
  if (!wish.days || *wish.days <= 0) throw refuse::malformed_xml();
  if (restoring(about, context.now))
    throw aws::Error("RestoreAlreadyInProgress", 409, "Object restore is already in progress");
  constexpr std::int64_t day = 86'400'000;  // milliseconds
  const auto end = [&](Timestamp ready) { return Timestamp{(ready.ms + *wish.days * day + day - 1) / day * day}; };
  if (restored(about, context.now)) {
    about.restore_until = end(context.now);
    context.response_status = 200;
  } else {
    const std::string tier = wish.glacier_job_parameters ? wish.glacier_job_parameters->tier.value_or("Standard")
                                                         : wish.tier.value_or("Standard");
    const auto takes = restore_time(about.storage_class, tier);
    if (!takes) throw refuse::invalid_argument("Retrieval option is not supported by this storage class", "Tier", tier);
    about.restore_ready = context.now + *takes;
    about.restore_until = end(*about.restore_ready);
    context.response_status = 202;
    tell(context, bucket, "ObjectRestore:Post", version);
  }
  versions_.update(version);
  return {};
}

}  // namespace stratus::services::s3
