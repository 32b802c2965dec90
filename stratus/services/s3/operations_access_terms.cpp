// On which terms a bucket is reached: accelerated endpoints, and who pays.
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {

void Service::check_terms(aws::Context& context, const Bucket& bucket) const {
  if (context.host.find(".s3-accelerate.") != std::string::npos && bucket.acceleration != "Enabled")
    throw refuse::invalid_request(bucket.acceleration.empty()
                                      ? "S3 Transfer Acceleration is not configured on this bucket"
                                      : "S3 Transfer Acceleration is disabled on this bucket");
  const auto kind = context.identity.kind;
  if (!bucket.requester_pays || kind == aws::Identity::Kind::service || context.account == bucket.account) return;
  const auto says = context.headers.find("x-amz-request-payer");
  if (kind == aws::Identity::Kind::anonymous || says == context.headers.end() || says->second != "requester")
    throw refuse::access_denied();
  context.response_headers["x-amz-request-charged"] = "requester";
}

api::PutBucketAccelerateConfigurationResponse Service::put_bucket_accelerate_configuration(
    aws::Context& context, const api::PutBucketAccelerateConfigurationRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutAccelerateConfiguration");
  if (!request.accelerate_configuration || !request.accelerate_configuration->status) throw refuse::malformed_xml();
  if (bucket.name.find('.') != std::string::npos)
    throw refuse::invalid_request(
        "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names");
  // Suspending what never was changes nothing.
  const std::string status = *request.accelerate_configuration->status;
  if (status == "Enabled" || !bucket.acceleration.empty())
    change(bucket, [&](Bucket& row) { row.acceleration = status; });
  return {};
}

api::GetBucketAccelerateConfigurationOutput Service::get_bucket_accelerate_configuration(
    aws::Context& context, const api::GetBucketAccelerateConfigurationRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetAccelerateConfiguration");
  api::GetBucketAccelerateConfigurationOutput out;
  if (!bucket.acceleration.empty()) out.status = bucket.acceleration;
  return out;
}

api::PutBucketRequestPaymentResponse Service::put_bucket_request_payment(
    aws::Context& context, const api::PutBucketRequestPaymentRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketRequestPayment");
  if (!request.request_payment_configuration) throw refuse::malformed_xml();
  const bool requester = request.request_payment_configuration->payer == "Requester";
  change(bucket, [&](Bucket& row) { row.requester_pays = requester; });
  return {};
}

api::GetBucketRequestPaymentOutput Service::get_bucket_request_payment(
    aws::Context& context, const api::GetBucketRequestPaymentRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketRequestPayment");
  return {.payer = bucket.requester_pays ? "Requester" : "BucketOwner"};
}

}  // namespace stratus::services::s3
