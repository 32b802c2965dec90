// What S3 keeps: buckets as rows of a typed table, versions of objects and uploads in SQL tables of their own, because
// there are many of them and listings walk them in order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/shape.h"
#include "stratus/models/s3.h"

namespace stratus::services::s3 {

namespace api = aws::s3;

/// Keyed by owner, region and name; names are unique among all accounts.
struct Bucket {
  std::string name;
  std::string account;
  std::string region;
  std::int64_t serial = 0;  ///< of its rows in the SQL tables; never used again after the bucket is gone
  Timestamp created;
  std::string versioning;  ///< "", "Enabled" or "Suspended"
  std::vector<api::Tag> tags;
  std::string policy;
  std::optional<api::PublicAccessBlockConfiguration> public_access;
  std::optional<std::string> ownership;  ///< "BucketOwnerEnforced" …; empty: the owner's controls were deleted
  std::optional<api::ServerSideEncryptionConfiguration> encryption;
  std::optional<std::vector<api::LifecycleRule>> lifecycle;
  std::optional<std::vector<api::CORSRule>> cors;
  std::vector<api::Grant> grants;
  bool object_lock = false;
  std::optional<api::DefaultRetention> default_retention;
  std::optional<api::NotificationConfiguration> notification;
  std::optional<api::WebsiteConfiguration> website;
  std::string acceleration;     ///< "", "Enabled" or "Suspended"
  bool requester_pays = false;  ///< whoever is not of the owner's account must say that it pays
  STRATUS_SHAPE(Bucket, name, account, region, serial, created, versioning, tags, policy, public_access, ownership,
                encryption, lifecycle, cors, grants, object_lock, default_retention, notification, website,
                acceleration, requester_pays)

  bool acls_disabled() const { return ownership == "BucketOwnerEnforced"; }
  std::string arn() const { return "arn:aws:s3:::" + name; }
};

/// Bytes of an object in one file; an object that was uploaded in parts has several.
struct Segment {
  std::int32_t number = 0;  ///< of the part; 0 where the object came in one piece
  std::int64_t size = 0;    ///< bytes, decrypted
  std::string file;
  std::map<std::string, std::string> checksums;
  STRATUS_SHAPE(Segment, number, size, file, checksums)
};

/// How an object's bytes are sealed.
struct Sealing {
  std::string algorithm = "AES256";  ///< "AES256", "aws:kms", "aws:kms:dsse", or "SSE-C"
  std::string kms_key;               ///< ARN
  std::string kms_context;           ///< the caller's further encryption context, base64 JSON as it came
  std::string customer_key_md5;
  bool bucket_key = false;
  Blob key;  ///< the data key, sealed by the store's master key, the KMS key or the customer's key
  STRATUS_SHAPE(Sealing, algorithm, kms_key, kms_context, customer_key_md5, bucket_key, key)
};

/// What an object, or an upload that will be one, says of itself.
struct Attributes {
  std::optional<std::string> content_type, cache_control, content_disposition, content_encoding, content_language;
  std::optional<std::string> website_redirect_location;
  std::optional<Timestamp> expires;
  std::map<std::string, std::string> metadata;
  std::vector<api::Tag> tags;
  std::string storage_class = "STANDARD";
  std::string owner;  ///< account
  std::vector<api::Grant> grants;
  Sealing sealing;
  std::string checksum_algorithm;                ///< "CRC32" …, "" for none
  std::string checksum_type;                     ///< "FULL_OBJECT" or "COMPOSITE"
  std::map<std::string, std::string> checksums;  ///< base64, by algorithm
  std::vector<Segment> segments;
  std::optional<std::string> lock_mode;
  std::optional<Timestamp> retain_until;
  bool legal_hold = false;
  std::optional<Timestamp> restore_ready, restore_until;  ///< of an archived object's copy
  std::string initiator;                                  ///< of an upload: who began it
  STRATUS_SHAPE(Attributes, content_type, cache_control, content_disposition, content_encoding, content_language,
                website_redirect_location, expires, metadata, tags, storage_class, owner, grants, sealing,
                checksum_algorithm, checksum_type, checksums, segments, lock_mode, retain_until, legal_hold,
                restore_ready, restore_until, initiator)
};

/// One version of an object, or a delete marker.
struct Version {
  std::int64_t id = 0;  ///< grows with time
  std::int64_t bucket = 0;
  std::string key;
  std::string version = "null";
  bool latest = true;
  bool marker = false;
  std::int64_t size = 0;  ///< bytes
  std::string etag;       ///< without quotes
  Timestamp modified;
  Timestamp superseded;  ///< when a newer version came
  Attributes attributes;

  bool multipart() const { return !attributes.segments.empty() && attributes.segments.front().number != 0; }
};

struct Upload {
  std::string id;
  std::int64_t bucket = 0;
  std::string key;
  Timestamp initiated;
  Attributes attributes;
};

struct Part {
  Segment segment;
  std::string etag;
  Timestamp modified;
};

}  // namespace stratus::services::s3
