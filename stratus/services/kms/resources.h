// The rows of KMS.
#pragma once

#include "stratus/models/kms.h"

namespace stratus::services::kms {

struct Key {
  aws::kms::KeyMetadata metadata;
  std::string policy;  ///< JSON text as it was given
  std::map<std::string, std::string> tags;
  std::vector<Blob> material;  ///< sealed under the master key; the last one encrypts, all decrypt
  bool rotation_enabled = false;
  std::int32_t rotation_days = 365;
  Timestamp rotated_at;
  STRATUS_SHAPE(Key, metadata, policy, tags, material, rotation_enabled, rotation_days, rotated_at)
};

struct Alias {
  std::string name;  ///< "alias/counselor"
  std::string key_id;
  Timestamp created;
  Timestamp updated;
  STRATUS_SHAPE(Alias, name, key_id, created, updated)
};

}  // namespace stratus::services::kms
