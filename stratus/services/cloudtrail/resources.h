// The rows of CloudTrail. Events lie in the SQL table `cloudtrail_events`, in the order in which they were recorded.
#pragma once

#include "stratus/models/cloudtrail.h"

namespace stratus::services::cloudtrail {

namespace ct = aws::cloudtrail;

/// The key's id is the trail's name, its region the trail's home.
struct Trail {
  ct::Trail is;  ///< as DescribeTrails shows it
  std::optional<std::vector<ct::EventSelector>> selectors;
  std::optional<std::vector<ct::AdvancedEventSelector>> advanced;
  std::map<std::string, std::string> tags;
  bool logging = false;
  std::optional<Timestamp> started, stopped, delivered, notified, logged, digested;
  std::optional<std::string> delivery_error, notification_error, logs_error, digest_error;
  std::int64_t cursor = 0;  ///< the last event that was looked at for delivery
  Timestamp next_delivery;
  // Of the chain of digests.
  Timestamp digest_from;
  std::vector<std::string> digest_files;  ///< of the hour: JSON objects
  std::string previous_digest_key, previous_digest_hash, previous_digest_signature;
  STRATUS_SHAPE(Trail, is, selectors, advanced, tags, logging, started, stopped, delivered, notified, logged, digested,
                delivery_error, notification_error, logs_error, digest_error, cursor, next_delivery, digest_from,
                digest_files, previous_digest_key, previous_digest_hash, previous_digest_signature)
};

/// The key that signs digests; its id is the fingerprint.
struct DigestKey {
  Blob private_key;  ///< PEM, sealed under the master key
  Blob public_key;   ///< PKCS #1, DER
  Timestamp from, until;
  STRATUS_SHAPE(DigestKey, private_key, public_key, from, until)
};

}  // namespace stratus::services::cloudtrail
