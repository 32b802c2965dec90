// The rows of Secrets Manager.
#pragma once

#include "stratus/core/shape.h"
#include "stratus/models/secretsmanager.h"

namespace stratus::services::secretsmanager {

struct Version {
  std::string id;
  std::vector<std::string> stages;
  Blob sealed;             ///< ciphertext of KMS; the ARN of the secret is its encryption context
  bool binary = false;     ///< SecretBinary rather than SecretString
  std::string kms_key_id;  ///< as the secret named it when this version was made
  std::string
      fingerprint;  ///< SHA-256 of the value with a random salt before it: tells a repeated request from a conflict
  Timestamp created;
  std::optional<Timestamp> accessed;
  STRATUS_SHAPE(Version, id, stages, sealed, binary, kms_key_id, fingerprint, created, accessed)
};

struct Replica {
  std::string region;
  std::optional<std::string> kms_key_id;
  STRATUS_SHAPE(Replica, region, kms_key_id)
};

/// The key's id is the secret's name. A replica carries `primary_region` and is written only by its primary.
struct Secret {
  std::string arn;
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> kms_key_id;
  std::vector<aws::secretsmanager::Tag> tags;
  std::optional<std::string> policy;
  std::vector<Version> versions;
  std::vector<Replica> replicas;
  std::optional<std::string> primary_region;
  Timestamp created;
  Timestamp changed;
  std::optional<Timestamp> accessed;
  std::optional<Timestamp> deleted;  ///< when it was marked; gone at `purge_at`
  std::optional<Timestamp> purge_at;
  STRATUS_SHAPE(Secret, arn, name, description, kms_key_id, tags, policy, versions, replicas, primary_region, created,
                changed, accessed, deleted, purge_at)
};

}  // namespace stratus::services::secretsmanager
