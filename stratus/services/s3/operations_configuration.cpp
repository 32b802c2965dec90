// What a bucket is set to: versioning, encryption, policy, public access, ownership, tags, CORS, and the defaults of
// what is not done here.
#include <stdexcept>

#include "stratus/core/text.h"
#include "stratus/services/s3/cors.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

constexpr std::size_t kLargestPolicy = 20 * 1024;  // bytes

void check_policy(const Bucket& bucket, const std::string& text) {
  const auto malformed = [](const std::string& why) { return aws::Error("MalformedPolicy", 400, why); };
  const auto trimmed = text::trim(text);
  if (trimmed.empty() || trimmed.front() != '{')
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  if (text.size() > kLargestPolicy)
    throw malformed("Policies must not be larger than " + std::to_string(kLargestPolicy) + " bytes");
  try {
    const iam::Policy policy(text, true);
    for (const auto& resource : policy.resources()) {
      const std::string arn = bucket.arn();
      const auto named = resource.substr(0, resource.find('/'));
      if (resource != "*" && !text::wildcard_match(named, arn) && !text::wildcard_match(resource, arn + "/x"))
        throw malformed("Policy has invalid resource");
    }
    for (const auto& action : policy.actions())
      if (action != "*" && !action.starts_with("s3:") && !action.starts_with("s3-object-lambda:"))
        throw malformed("Policy has invalid action");
  } catch (const std::invalid_argument& error) {
    const std::string why = error.what();
    throw malformed(why.starts_with("Syntax") ? "This policy contains invalid Json" : why);
  }
}

aws::Error no_such_configuration() {
  return {"NoSuchConfiguration", 404, "The specified configuration does not exist."};
}

}  // namespace

api::PutBucketVersioningResponse Service::put_bucket_versioning(aws::Context& context,
                                                                const api::PutBucketVersioningRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketVersioning");
  const auto& wish = request.versioning_configuration;
  if (wish && wish->mfa_delete == "Enabled") throw aws::not_implemented("PutBucketVersioning: MfaDelete");
  if (!wish || !wish->status)
    throw aws::Error("IllegalVersioningConfigurationException", 400, "The Versioning element must be specified");
  if (bucket.object_lock && *wish->status != "Enabled")
    throw aws::Error("InvalidBucketState", 409,
                     "An Object Lock configuration is present on this bucket, so the versioning state cannot be "
                     "changed.");
  change(bucket, [&](Bucket& row) { row.versioning = *wish->status; });
  return {};
}

api::GetBucketVersioningOutput Service::get_bucket_versioning(aws::Context& context,
                                                              const api::GetBucketVersioningRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketVersioning");
  api::GetBucketVersioningOutput out;
  if (!bucket.versioning.empty()) out.status = bucket.versioning;
  return out;
}

api::PutBucketEncryptionResponse Service::put_bucket_encryption(aws::Context& context,
                                                                const api::PutBucketEncryptionRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutEncryptionConfiguration");
  const auto& wish = request.server_side_encryption_configuration;
  if (!wish || !wish->rules || wish->rules->size() != 1) throw refuse::malformed_xml();
  const auto& rule = wish->rules->front();
  const auto& preset = rule.apply_server_side_encryption_by_default;
  if (!preset && !rule.blocked_encryption_types && !rule.bucket_key_enabled) throw refuse::malformed_xml();
  if (preset && preset->sse_algorithm == "AES256" && preset->kms_master_key_id)
    throw refuse::invalid_argument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms",
                                   "ApplyServerSideEncryptionByDefault", "AES256");
  if (preset && preset->sse_algorithm != "AES256" && !preset->sse_algorithm->starts_with("aws:kms"))
    throw refuse::malformed_xml();
  auto kept = *wish;
  if (!kept.rules->front().bucket_key_enabled) kept.rules->front().bucket_key_enabled = false;
  change(bucket, [&](Bucket& row) { row.encryption = kept; });
  return {};
}

api::GetBucketEncryptionOutput Service::get_bucket_encryption(aws::Context& context,
                                                              const api::GetBucketEncryptionRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetEncryptionConfiguration");
  api::GetBucketEncryptionOutput out;
  out.server_side_encryption_configuration = bucket.encryption;
  if (!bucket.encryption) {
    api::ServerSideEncryptionRule rule;
    rule.apply_server_side_encryption_by_default = api::ServerSideEncryptionByDefault{.sse_algorithm = "AES256"};
    rule.bucket_key_enabled = false;
    out.server_side_encryption_configuration.emplace().rules = {rule};
  }
  return out;
}

api::DeleteBucketEncryptionResponse Service::delete_bucket_encryption(
    aws::Context& context, const api::DeleteBucketEncryptionRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutEncryptionConfiguration");
  change(bucket, [](Bucket& row) { row.encryption.reset(); });
  return {};
}

api::PutBucketPolicyResponse Service::put_bucket_policy(aws::Context& context,
                                                        const api::PutBucketPolicyRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketPolicy");
  const std::string text = request.policy.value_or("");
  check_policy(bucket, text);
  if (bucket.public_access && bucket.public_access->block_public_policy.value_or(false) && is_public(text))
    throw refuse::access_denied("User: " + context.identity.arn +
                                " is not authorized to perform: s3:PutBucketPolicy on resource: \"" + bucket.arn() +
                                "\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block "
                                "Public Access.");
  change(bucket, [&](Bucket& row) { row.policy = text; });
  context.response_status = 204;
  return {};
}

api::GetBucketPolicyOutput Service::get_bucket_policy(aws::Context& context,
                                                      const api::GetBucketPolicyRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketPolicy");
  if (bucket.policy.empty())
    throw refuse::with({"NoSuchBucketPolicy", 404, "The bucket policy does not exist"}, {{"BucketName", bucket.name}});
  context.response_headers["Content-Type"] = "application/json";
  return {.policy = bucket.policy};
}

api::DeleteBucketPolicyResponse Service::delete_bucket_policy(aws::Context& context,
                                                              const api::DeleteBucketPolicyRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:DeleteBucketPolicy");
  change(bucket, [](Bucket& row) { row.policy.clear(); });
  return {};
}

api::GetBucketPolicyStatusOutput Service::get_bucket_policy_status(aws::Context& context,
                                                                   const api::GetBucketPolicyStatusRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketPolicyStatus");
  if (bucket.policy.empty())
    throw refuse::with({"NoSuchBucketPolicy", 404, "The bucket policy does not exist"}, {{"BucketName", bucket.name}});
  api::GetBucketPolicyStatusOutput out;
  out.policy_status.emplace().is_public = is_public(bucket.policy);
  return out;
}

api::PutPublicAccessBlockResponse Service::put_public_access_block(aws::Context& context,
                                                                   const api::PutPublicAccessBlockRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketPublicAccessBlock");
  if (!request.public_access_block_configuration) throw refuse::malformed_xml();
  auto wish = *request.public_access_block_configuration;
  for (auto* setting :
       {&wish.block_public_acls, &wish.ignore_public_acls, &wish.block_public_policy, &wish.restrict_public_buckets})
    *setting = setting->value_or(false);
  change(bucket, [&](Bucket& row) { row.public_access = wish; });
  return {};
}

api::GetPublicAccessBlockOutput Service::get_public_access_block(aws::Context& context,
                                                                 const api::GetPublicAccessBlockRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketPublicAccessBlock");
  if (!bucket.public_access)
    throw refuse::with(
        {"NoSuchPublicAccessBlockConfiguration", 404, "The public access block configuration was not found"},
        {{"BucketName", bucket.name}});
  return {.public_access_block_configuration = bucket.public_access};
}

api::DeletePublicAccessBlockResponse Service::delete_public_access_block(
    aws::Context& context, const api::DeletePublicAccessBlockRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketPublicAccessBlock");
  change(bucket, [](Bucket& row) { row.public_access.reset(); });
  return {};
}

api::PutBucketTaggingResponse Service::put_bucket_tagging(aws::Context& context,
                                                          const api::PutBucketTaggingRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketTagging");
  if (!request.tagging) throw refuse::malformed_xml();
  const auto tags = request.tagging->tag_set.value_or(std::vector<api::Tag>{});
  check_tags(tags, 50);
  change(bucket, [&](Bucket& row) { row.tags = tags; });
  context.response_status = 204;
  return {};
}

api::GetBucketTaggingOutput Service::get_bucket_tagging(aws::Context& context,
                                                        const api::GetBucketTaggingRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketTagging");
  if (bucket.tags.empty())
    throw refuse::with({"NoSuchTagSet", 404, "The TagSet does not exist"}, {{"BucketName", bucket.name}});
  return {.tag_set = bucket.tags};
}

api::DeleteBucketTaggingResponse Service::delete_bucket_tagging(aws::Context& context,
                                                                const api::DeleteBucketTaggingRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketTagging");
  change(bucket, [](Bucket& row) { row.tags.clear(); });
  return {};
}

api::PutBucketCorsResponse Service::put_bucket_cors(aws::Context& context, const api::PutBucketCorsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketCORS");
  if (!request.cors_configuration || !request.cors_configuration->cors_rules ||
      request.cors_configuration->cors_rules->empty() || request.cors_configuration->cors_rules->size() > 100)
    throw refuse::malformed_xml();
  const auto rules = *request.cors_configuration->cors_rules;
  check_cors(rules);
  change(bucket, [&](Bucket& row) { row.cors = rules; });
  return {};
}

api::GetBucketCorsOutput Service::get_bucket_cors(aws::Context& context, const api::GetBucketCorsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketCORS");
  if (!bucket.cors)
    throw refuse::with({"NoSuchCORSConfiguration", 404, "The CORS configuration does not exist"},
                       {{"BucketName", bucket.name}});
  return {.cors_rules = bucket.cors};
}

api::DeleteBucketCorsResponse Service::delete_bucket_cors(aws::Context& context,
                                                          const api::DeleteBucketCorsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketCORS");
  change(bucket, [](Bucket& row) { row.cors.reset(); });
  return {};
}

// What no bucket has here. Removing it is nothing; asking for it is answered as AWS answers for a bucket without it.

api::GetBucketLoggingOutput Service::get_bucket_logging(aws::Context& context,
                                                        const api::GetBucketLoggingRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketLogging");
  return {};
}

api::PutBucketLoggingResponse Service::put_bucket_logging(aws::Context& context,
                                                          const api::PutBucketLoggingRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketLogging");
  if (request.bucket_logging_status && request.bucket_logging_status->logging_enabled)
    throw aws::not_implemented("PutBucketLogging: LoggingEnabled");
  return {};
}

api::GetBucketReplicationOutput Service::get_bucket_replication(aws::Context& context,
                                                                const api::GetBucketReplicationRequest& request) {
  const Bucket& bucket =
      admit(context, request.bucket, request.expected_bucket_owner, "s3:GetReplicationConfiguration");
  throw refuse::with({"ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found"},
                     {{"BucketName", bucket.name}});
}

api::DeleteBucketReplicationResponse Service::delete_bucket_replication(
    aws::Context& context, const api::DeleteBucketReplicationRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:PutReplicationConfiguration");
  return {};
}

api::ListBucketAnalyticsConfigurationsOutput Service::list_bucket_analytics_configurations(
    aws::Context& context, const api::ListBucketAnalyticsConfigurationsRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetAnalyticsConfiguration");
  return {.is_truncated = false};
}

api::ListBucketIntelligentTieringConfigurationsOutput Service::list_bucket_intelligent_tiering_configurations(
    aws::Context& context, const api::ListBucketIntelligentTieringConfigurationsRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetIntelligentTieringConfiguration");
  return {.is_truncated = false};
}

api::ListBucketInventoryConfigurationsOutput Service::list_bucket_inventory_configurations(
    aws::Context& context, const api::ListBucketInventoryConfigurationsRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetInventoryConfiguration");
  return {.is_truncated = false};
}

api::ListBucketMetricsConfigurationsOutput Service::list_bucket_metrics_configurations(
    aws::Context& context, const api::ListBucketMetricsConfigurationsRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetMetricsConfiguration");
  return {.is_truncated = false};
}

api::GetBucketAnalyticsConfigurationOutput Service::get_bucket_analytics_configuration(
    aws::Context& context, const api::GetBucketAnalyticsConfigurationRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetAnalyticsConfiguration");
  throw no_such_configuration();
}

api::GetBucketIntelligentTieringConfigurationOutput Service::get_bucket_intelligent_tiering_configuration(
    aws::Context& context, const api::GetBucketIntelligentTieringConfigurationRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetIntelligentTieringConfiguration");
  throw no_such_configuration();
}

api::GetBucketInventoryConfigurationOutput Service::get_bucket_inventory_configuration(
    aws::Context& context, const api::GetBucketInventoryConfigurationRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetInventoryConfiguration");
  throw no_such_configuration();
}

api::GetBucketMetricsConfigurationOutput Service::get_bucket_metrics_configuration(
    aws::Context& context, const api::GetBucketMetricsConfigurationRequest& request) {
  admit(context, request.bucket, request.expected_bucket_owner, "s3:GetMetricsConfiguration");
  throw no_such_configuration();
}

}  // namespace stratus::services::s3
