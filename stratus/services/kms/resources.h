// The rows of KMS.
#pragma once

#include "stratus/models/kms.h"

namespace stratus::services::kms {

struct Rotation {
  Timestamp at;
  bool on_demand = false;
  STRATUS_SHAPE(Rotation, at, on_demand)
};

struct Key {
  aws::kms::KeyMetadata metadata;
  std::string policy;  ///< JSON text as it was given
  std::map<std::string, std::string> tags;
  /// Sealed under the master key; the last one encrypts, all decrypt. Of a key pair the private key.
  std::vector<Blob> material;
  bool rotation_enabled = false;
  std::int32_t rotation_days = 365;
  Timestamp rotated_at;
  std::vector<Rotation> rotations;
  STRATUS_SHAPE(Key, metadata, policy, tags, material, rotation_enabled, rotation_days, rotated_at, rotations)
};

struct Alias {
  std::string name;  ///< "alias/counselor"
  std::string key_id;
  Timestamp created;
  Timestamp updated;
  STRATUS_SHAPE(Alias, name, key_id, created, updated)
};

/// The key's id is the grant's.
struct Grant {
  std::string id, token, key_id, name;
  std::string grantee, retiring;  ///< ARNs
  std::vector<std::string> operations;
  Timestamp created;
  STRATUS_SHAPE(Grant, id, token, key_id, name, grantee, retiring, operations, created)
};

}  // namespace stratus::services::kms
