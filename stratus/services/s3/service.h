// Amazon S3.
#pragma once

#include <unordered_map>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/kms/service.h"
#include "stratus/services/s3/access.h"
#include "stratus/services/s3/files.h"
#include "stratus/services/s3/long_writes.h"
#include "stratus/services/s3/ports.h"
#include "stratus/services/s3/request_fields.h"
#include "stratus/services/s3/resources.h"
#include "stratus/services/s3/versions.h"
#include "stratus/state/store.h"

namespace stratus::services::s3 {

class Service final : public api::Operations, private Reconciler {
 public:
  /// Objects' bytes lie below `directory`.
  Service(Loop& loop, state::Store& store, Random& random, iam::Service& iam, kms::Service& kms,
          const std::string& directory);

  /// Removes what a killed daemon left behind; begins the lifecycle of objects.
  void start();

  // For services that deliver into a bucket (CloudTrail, exports of logs).
  bool bucket_exists(const std::string& bucket) const;
  /// Whom buckets tell of events. Without, they tell nobody.
  void set_listeners(Listeners& listeners) { listeners_ = &listeners; }
  /// Throws aws::Error NoSuchBucket, or AccessDenied where the bucket's policy does not let `service_principal`
  /// ("cloudtrail.amazonaws.com") write on behalf of `account`. The object belongs to the bucket's owner.
  void put_object(const std::string& account, const std::string& region, const std::string& bucket,
                  const std::string& key, std::string bytes, std::string content_type,
                  const std::string& service_principal, const std::string& source_arn = "",
                  const std::map<std::string, std::string>& metadata = {});
  /// As `put_object` would be answered for the bucket, or for an object of it where `key` is given: what CloudTrail
  /// asks before its first delivery.
  void check_service_access(const std::string& account, const std::string& bucket, const std::string& action,
                            const std::string& service_principal, const std::string& source_arn = "",
                            const std::string& key = "") const;

  bool decides_access() const override { return true; }
  bool serve_plain(aws::Context&, const aws::PlainRequest&, aws::PlainReply&) override;
  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

  api::AbortMultipartUploadOutput abort_multipart_upload(aws::Context&,
                                                         const api::AbortMultipartUploadRequest&) override;
  api::CompleteMultipartUploadOutput complete_multipart_upload(aws::Context&,
                                                               const api::CompleteMultipartUploadRequest&) override;
  api::CopyObjectOutput copy_object(aws::Context&, const api::CopyObjectRequest&) override;
  api::CreateBucketOutput create_bucket(aws::Context&, const api::CreateBucketRequest&) override;
  api::CreateMultipartUploadOutput create_multipart_upload(aws::Context&,
                                                           const api::CreateMultipartUploadRequest&) override;
  api::DeleteBucketResponse delete_bucket(aws::Context&, const api::DeleteBucketRequest&) override;
  api::DeleteBucketCorsResponse delete_bucket_cors(aws::Context&, const api::DeleteBucketCorsRequest&) override;
  api::DeleteBucketEncryptionResponse delete_bucket_encryption(aws::Context&,
                                                               const api::DeleteBucketEncryptionRequest&) override;
  api::DeleteBucketLifecycleResponse delete_bucket_lifecycle(aws::Context&,
                                                             const api::DeleteBucketLifecycleRequest&) override;
  api::DeleteBucketOwnershipControlsResponse delete_bucket_ownership_controls(
      aws::Context&, const api::DeleteBucketOwnershipControlsRequest&) override;
  api::DeleteBucketPolicyResponse delete_bucket_policy(aws::Context&, const api::DeleteBucketPolicyRequest&) override;
  api::DeleteBucketReplicationResponse delete_bucket_replication(aws::Context&,
                                                                 const api::DeleteBucketReplicationRequest&) override;
  api::DeleteBucketTaggingResponse delete_bucket_tagging(aws::Context&,
                                                         const api::DeleteBucketTaggingRequest&) override;
  api::DeleteBucketWebsiteResponse delete_bucket_website(aws::Context&,
                                                         const api::DeleteBucketWebsiteRequest&) override;
  api::DeleteObjectOutput delete_object(aws::Context&, const api::DeleteObjectRequest&) override;
  api::DeleteObjectTaggingOutput delete_object_tagging(aws::Context&, const api::DeleteObjectTaggingRequest&) override;
  api::DeleteObjectsOutput delete_objects(aws::Context&, const api::DeleteObjectsRequest&) override;
  api::DeletePublicAccessBlockResponse delete_public_access_block(aws::Context&,
                                                                  const api::DeletePublicAccessBlockRequest&) override;
  api::GetBucketAccelerateConfigurationOutput get_bucket_accelerate_configuration(
      aws::Context&, const api::GetBucketAccelerateConfigurationRequest&) override;
  api::GetBucketAclOutput get_bucket_acl(aws::Context&, const api::GetBucketAclRequest&) override;
  api::GetBucketCorsOutput get_bucket_cors(aws::Context&, const api::GetBucketCorsRequest&) override;
  api::GetBucketEncryptionOutput get_bucket_encryption(aws::Context&, const api::GetBucketEncryptionRequest&) override;
  api::GetBucketLifecycleConfigurationOutput get_bucket_lifecycle_configuration(
      aws::Context&, const api::GetBucketLifecycleConfigurationRequest&) override;
  api::GetBucketLocationOutput get_bucket_location(aws::Context&, const api::GetBucketLocationRequest&) override;
  api::GetBucketLoggingOutput get_bucket_logging(aws::Context&, const api::GetBucketLoggingRequest&) override;
  api::NotificationConfiguration get_bucket_notification_configuration(
      aws::Context&, const api::GetBucketNotificationConfigurationRequest&) override;
  api::GetBucketOwnershipControlsOutput get_bucket_ownership_controls(
      aws::Context&, const api::GetBucketOwnershipControlsRequest&) override;
  api::GetBucketPolicyOutput get_bucket_policy(aws::Context&, const api::GetBucketPolicyRequest&) override;
  api::GetBucketPolicyStatusOutput get_bucket_policy_status(aws::Context&,
                                                            const api::GetBucketPolicyStatusRequest&) override;
  api::GetBucketReplicationOutput get_bucket_replication(aws::Context&,
                                                         const api::GetBucketReplicationRequest&) override;
  api::GetBucketRequestPaymentOutput get_bucket_request_payment(aws::Context&,
                                                                const api::GetBucketRequestPaymentRequest&) override;
  api::GetBucketTaggingOutput get_bucket_tagging(aws::Context&, const api::GetBucketTaggingRequest&) override;
  api::GetBucketVersioningOutput get_bucket_versioning(aws::Context&, const api::GetBucketVersioningRequest&) override;
  api::GetBucketWebsiteOutput get_bucket_website(aws::Context&, const api::GetBucketWebsiteRequest&) override;
  api::GetObjectOutput get_object(aws::Context&, const api::GetObjectRequest&) override;
  api::GetObjectAclOutput get_object_acl(aws::Context&, const api::GetObjectAclRequest&) override;
  api::GetObjectAttributesOutput get_object_attributes(aws::Context&, const api::GetObjectAttributesRequest&) override;
  api::GetObjectLegalHoldOutput get_object_legal_hold(aws::Context&, const api::GetObjectLegalHoldRequest&) override;
  api::GetObjectLockConfigurationOutput get_object_lock_configuration(
      aws::Context&, const api::GetObjectLockConfigurationRequest&) override;
  api::GetObjectRetentionOutput get_object_retention(aws::Context&, const api::GetObjectRetentionRequest&) override;
  api::GetObjectTaggingOutput get_object_tagging(aws::Context&, const api::GetObjectTaggingRequest&) override;
  api::GetPublicAccessBlockOutput get_public_access_block(aws::Context&,
                                                          const api::GetPublicAccessBlockRequest&) override;
  api::HeadBucketOutput head_bucket(aws::Context&, const api::HeadBucketRequest&) override;
  api::HeadObjectOutput head_object(aws::Context&, const api::HeadObjectRequest&) override;
  api::ListBucketAnalyticsConfigurationsOutput list_bucket_analytics_configurations(
      aws::Context&, const api::ListBucketAnalyticsConfigurationsRequest&) override;
  api::ListBucketIntelligentTieringConfigurationsOutput list_bucket_intelligent_tiering_configurations(
      aws::Context&, const api::ListBucketIntelligentTieringConfigurationsRequest&) override;
  api::ListBucketInventoryConfigurationsOutput list_bucket_inventory_configurations(
      aws::Context&, const api::ListBucketInventoryConfigurationsRequest&) override;
  api::ListBucketMetricsConfigurationsOutput list_bucket_metrics_configurations(
      aws::Context&, const api::ListBucketMetricsConfigurationsRequest&) override;
  api::ListBucketsOutput list_buckets(aws::Context&, const api::ListBucketsRequest&) override;
  api::ListMultipartUploadsOutput list_multipart_uploads(aws::Context&,
                                                         const api::ListMultipartUploadsRequest&) override;
  api::ListObjectVersionsOutput list_object_versions(aws::Context&, const api::ListObjectVersionsRequest&) override;
  api::ListObjectsOutput list_objects(aws::Context&, const api::ListObjectsRequest&) override;
  api::ListObjectsV2Output list_objects_v2(aws::Context&, const api::ListObjectsV2Request&) override;
  api::ListPartsOutput list_parts(aws::Context&, const api::ListPartsRequest&) override;
  api::PutBucketAclResponse put_bucket_acl(aws::Context&, const api::PutBucketAclRequest&) override;
  api::PutBucketCorsResponse put_bucket_cors(aws::Context&, const api::PutBucketCorsRequest&) override;
  api::PutBucketEncryptionResponse put_bucket_encryption(aws::Context&,
                                                         const api::PutBucketEncryptionRequest&) override;
  api::PutBucketLifecycleConfigurationOutput put_bucket_lifecycle_configuration(
      aws::Context&, const api::PutBucketLifecycleConfigurationRequest&) override;
  api::PutBucketLoggingResponse put_bucket_logging(aws::Context&, const api::PutBucketLoggingRequest&) override;
  api::PutBucketNotificationConfigurationResponse put_bucket_notification_configuration(
      aws::Context&, const api::PutBucketNotificationConfigurationRequest&) override;
  api::PutBucketOwnershipControlsResponse put_bucket_ownership_controls(
      aws::Context&, const api::PutBucketOwnershipControlsRequest&) override;
  api::PutBucketPolicyResponse put_bucket_policy(aws::Context&, const api::PutBucketPolicyRequest&) override;
  api::PutBucketRequestPaymentResponse put_bucket_request_payment(aws::Context&,
                                                                  const api::PutBucketRequestPaymentRequest&) override;
  api::PutBucketTaggingResponse put_bucket_tagging(aws::Context&, const api::PutBucketTaggingRequest&) override;
  api::PutBucketVersioningResponse put_bucket_versioning(aws::Context&,
                                                         const api::PutBucketVersioningRequest&) override;
  api::PutObjectOutput put_object(aws::Context&, const api::PutObjectRequest&) override;
  api::PutObjectAclOutput put_object_acl(aws::Context&, const api::PutObjectAclRequest&) override;
  api::PutObjectLegalHoldOutput put_object_legal_hold(aws::Context&, const api::PutObjectLegalHoldRequest&) override;
  api::PutObjectLockConfigurationOutput put_object_lock_configuration(
      aws::Context&, const api::PutObjectLockConfigurationRequest&) override;
  api::PutObjectRetentionOutput put_object_retention(aws::Context&, const api::PutObjectRetentionRequest&) override;
  api::PutObjectTaggingOutput put_object_tagging(aws::Context&, const api::PutObjectTaggingRequest&) override;
  api::PutPublicAccessBlockResponse put_public_access_block(aws::Context&,
                                                            const api::PutPublicAccessBlockRequest&) override;
  api::GetBucketAnalyticsConfigurationOutput get_bucket_analytics_configuration(
      aws::Context&, const api::GetBucketAnalyticsConfigurationRequest&) override;
  api::GetBucketIntelligentTieringConfigurationOutput get_bucket_intelligent_tiering_configuration(
      aws::Context&, const api::GetBucketIntelligentTieringConfigurationRequest&) override;
  api::GetBucketInventoryConfigurationOutput get_bucket_inventory_configuration(
      aws::Context&, const api::GetBucketInventoryConfigurationRequest&) override;
  api::GetBucketMetricsConfigurationOutput get_bucket_metrics_configuration(
      aws::Context&, const api::GetBucketMetricsConfigurationRequest&) override;
  api::PutBucketAccelerateConfigurationResponse put_bucket_accelerate_configuration(
      aws::Context&, const api::PutBucketAccelerateConfigurationRequest&) override;
  api::PutBucketWebsiteResponse put_bucket_website(aws::Context&, const api::PutBucketWebsiteRequest&) override;
  api::RestoreObjectOutput restore_object(aws::Context&, const api::RestoreObjectRequest&) override;
  api::UploadPartOutput upload_part(aws::Context&, const api::UploadPartRequest&) override;
  api::UploadPartCopyOutput upload_part_copy(aws::Context&, const api::UploadPartCopyRequest&) override;

 private:
  /// The part of an object that a request wants.
  struct Range {
    std::uint64_t offset = 0, length = 0;  ///< bytes
    bool partial = false;
  };
  /// The source of a copy after every check.
  struct CopySource {
    const Bucket* bucket;
    Version version;
    std::string data_key;
    std::optional<std::string> version_id;  ///< as it is told back
  };

  void reconcile() override;

  // Buckets and access (service.cpp).
  const Bucket* find_bucket(const std::string& name) const;
  state::Key key_of(const Bucket& bucket) const { return {bucket.account, bucket.region, bucket.name}; }
  const Bucket& change(const Bucket& bucket, const std::function<void(Bucket&)>& change);
  /// NoSuchBucket; PermanentRedirect where it lies in another region.
  const Bucket& existing(aws::Context& context, const std::string& name,
                         const std::optional<std::string>& expected_owner) const;
  /// `existing`, after the caller may do `action` to the bucket.
  const Bucket& admit(aws::Context& context, const std::optional<std::string>& name,
                      const std::optional<std::string>& expected_owner, const std::string& action,
                      const iam::ConditionKeys& more = {}) const;
  bool may(const aws::Context& context, const Bucket& bucket, const std::string& action, const std::string& resource,
           const iam::ConditionKeys& more = {}, const std::vector<api::Grant>* object_grants = nullptr) const;
  /// AccessDenied unless `may`.
  void demand(const aws::Context& context, const Bucket& bucket, const std::string& action, const std::string& resource,
              const iam::ConditionKeys& more = {}, const std::vector<api::Grant>* object_grants = nullptr) const;
  iam::ConditionKeys request_keys(const aws::Context& context, const Bucket& bucket) const;
  /// Refuses who comes by an accelerated endpoint that is off, or does not say that it pays where it must.
  void check_terms(aws::Context& context, const Bucket& bucket) const;
  /// Answers a browser's cross-origin question beside the reply, where the bucket's rules allow the origin.
  void answer_origin(aws::Context& context, const Bucket& bucket) const;
  /// The version that a request means, after the caller may do `action` ("s3:GetObject", "s3:GetObjectVersion" where
  /// the request names one) to it. NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker.
  Version readable(aws::Context& context, const Bucket& bucket, const std::string& key,
                   const std::optional<std::string>& version_id, const std::string& action) const;

  // Encryption (encryption.cpp).
  /// Chooses how a new object is sealed and makes its data key, which is returned.
  std::string seal(const aws::Context& context, const Bucket& bucket, const std::string& key,
                   const EncryptionWish& wish, Sealing& sealing);
  /// The data key of an object or an upload. Throws where the customer's key is missing or wrong, or KMS refuses.
  std::string unseal(const aws::Context& context, const Bucket& bucket, const std::string& key, const Sealing& sealing,
                     const CustomerKey& customer);
  void demand_key(const aws::Context& context, const std::string& action, const std::string& key_arn) const;

  // Writing (operations_put.cpp).
  void check_preconditions(const Bucket& bucket, const std::string& key, const std::optional<std::string>& if_match,
                           const std::optional<std::string>& if_none_match) const;
  /// Puts a new version as the bucket's versioning wants it; fills in its id.
  void place(const aws::Context& context, const Bucket& bucket, Version& version);
  /// As it is told in a reply; nothing where the bucket was never versioned.
  static std::optional<std::string> told_version(const Bucket& bucket, const Version& version);
  std::string new_version_id();
  api::DeleteObjectOutput delete_one(aws::Context& context, const Bucket& bucket, const std::string& key,
                                     const std::optional<std::string>& version_id, bool bypass);
  void apply_lock(const aws::Context& context, const Bucket& bucket, const std::optional<std::string>& mode,
                  const std::optional<Timestamp>& until, const std::optional<std::string>& hold,
                  Attributes& into) const;

  /// Tells what happened ("ObjectCreated:Put") to whom the bucket is set to tell it (operations_notifications.cpp).
  void tell(const aws::Context& context, const Bucket& bucket, const std::string& event, const Version& version);
  /// Answers a request to a bucket's website (website.cpp).
  void serve_website(aws::Context& context, const aws::PlainRequest& request, aws::PlainReply& reply);

  // Copies (operations_copy.cpp).
  template <class Request>
  CopySource copy_source(aws::Context& context, const Request& request);

  /// NoSuchUpload where there is none.
  Upload upload(const Bucket& bucket, const std::string& key, const std::string& id) const;
  Part write_part(const aws::Context& context, const Upload& upload, std::int32_t number, const std::string& data_key,
                  const std::string& algorithm, Incoming bytes);

  /// Encrypts `bytes` into a file under the key that `data_key` makes. Large ones are written on the pool: the call is
  /// thrown back once (aws::Later), and finds them, and how they were sealed, when it comes again (long_writes.cpp).
  Written write(const aws::Context& context, Sealing& sealing, const std::function<std::string()>& data_key,
                Incoming bytes);

  // ACLs (operations_acl.cpp).
  /// What the headers of a request grant; nothing where they say nothing.
  std::optional<std::vector<api::Grant>> wished_grants(const Bucket& bucket, const std::string& owner,
                                                       const AclWish& wish) const;
  /// Grants of a new object of `owner`.
  std::vector<api::Grant> object_grants(const Bucket& bucket, const std::string& owner, const AclWish& wish) const;

  // Lifecycle (operations_lifecycle.cpp).
  void expire(const Bucket& bucket, Timestamp now);
  std::optional<std::string> expiration_of(const Bucket& bucket, const Version& version) const;

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  iam::Service& iam_;
  kms::Service& kms_;
  Listeners* listeners_ = nullptr;
  std::string master_;
  Files files_;
  Versions versions_;
  state::Table<Bucket> buckets_;
  /// Where a name's bucket was last found; only a hint, the table decides.
  mutable std::unordered_map<std::string, state::Key> hints_;
  /// By bucket: the day (since 1970) whose lifecycle is done. Every age ends at a midnight, so once a day is enough.
  std::unordered_map<std::int64_t, std::int64_t> expired_on_;
  /// By request: what it had written on the pool. The front door keeps it until the reply.
  std::map<std::string, std::weak_ptr<LongWrite>> long_writes_;
};

}  // namespace stratus::services::s3
