// The rows of ECR.
#pragma once

#include "stratus/models/ecr.h"

namespace stratus::services::ecr {

/// The key's id is the repository's name.
struct Repository {
  std::string name, arn;
  Timestamp created;
  std::string tag_mutability = "MUTABLE";
  bool scan_on_push = false;
  aws::ecr::EncryptionConfiguration encryption;
  std::map<std::string, std::string> tags;
  std::string lifecycle_policy, policy;  ///< "" where there is none
  std::optional<Timestamp> lifecycle_evaluated;
  std::vector<aws::ecr::ImageTagMutabilityExclusionFilter> exclusions;
  std::string preview_policy;  ///< of the latest lifecycle preview
  STRATUS_SHAPE(Repository, name, arn, created, tag_mutability, scan_on_push, encryption, tags, lifecycle_policy,
                policy, lifecycle_evaluated, exclusions, preview_policy)
};

/// The key's id is the repository's name, a line feed, the digest.
struct Image {
  std::string repository, digest, media_type;
  std::vector<std::string> tags;
  std::vector<std::string> references;  ///< digests of configuration and layers, or of an index's manifests
  std::int64_t size = 0;                ///< bytes
  Timestamp pushed;
  std::optional<Timestamp> pulled;
  std::optional<Timestamp> scanned;  ///< a scan was asked for, and failed: see operations_scanning.cpp
  STRATUS_SHAPE(Image, repository, digest, media_type, tags, references, size, pushed, pulled, scanned)
};

/// A blob that a repository may refer to; the key's id is the repository's name, a line feed, the digest.
struct Layer {
  std::int64_t size = 0;
  Timestamp uploaded;
  STRATUS_SHAPE(Layer, size, uploaded)
};

/// The registry of one account in one region; the key's id is "registry".
struct Registry {
  aws::ecr::ReplicationConfiguration replication;
  aws::ecr::RegistryScanningConfiguration scanning;
  STRATUS_SHAPE(Registry, replication, scanning)
};

}  // namespace stratus::services::ecr
