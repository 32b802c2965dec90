// The rows of IAM and STS. IAM is global: its rows have no region.
#pragma once

#include "stratus/core/shape.h"
#include "stratus/models/iam.h"

namespace stratus::services::iam {

/// A user, a group or a role; the key's id is "user/x", "group/x", "role/x".
struct Entity {
  std::string name;
  std::string path = "/";
  std::string id;  ///< AIDA…, AGPA…, AROA…
  std::string arn;
  Timestamp created;
  std::string trust;  ///< of a role: who may assume it
  std::optional<std::string> description;
  std::int32_t max_session_seconds = 3600;
  std::map<std::string, std::string> tags;
  std::map<std::string, std::string> inline_policies;  ///< name → document
  std::vector<std::string> attached;                   ///< ARNs of managed policies
  std::vector<std::string> groups;                     ///< of a user
  bool service_linked = false;
  STRATUS_SHAPE(Entity, name, path, id, arn, created, trust, description, max_session_seconds, tags, inline_policies,
                attached, groups, service_linked)
};

struct PolicyVersion {
  std::string id;  ///< "v1"
  std::string document;
  Timestamp created;
  STRATUS_SHAPE(PolicyVersion, id, document, created)
};

/// A customer-managed policy; the key's id is its ARN.
struct ManagedPolicy {
  std::string name;
  std::string path = "/";
  std::string id;  ///< ANPA…
  std::string arn;
  std::optional<std::string> description;
  std::map<std::string, std::string> tags;
  std::vector<PolicyVersion> versions;
  std::string default_version;
  std::int32_t next_version = 2;
  Timestamp created;
  Timestamp updated;
  STRATUS_SHAPE(ManagedPolicy, name, path, id, arn, description, tags, versions, default_version, next_version, created,
                updated)
};

/// A long-term key of a user, or a temporary one of STS; the key's id is the access key id, in the account "" so that
/// it is found before the account is known.
struct AccessKey {
  std::string id;
  std::string account;
  Blob secret;       ///< sealed under the daemon's master key
  std::string user;  ///< long-term: the user's name
  bool active = true;
  Timestamp created;
  std::string session_token;  ///< temporary
  std::optional<Timestamp> expires;
  std::string role;  ///< temporary: the role's name; "" for GetSessionToken
  std::string session_name;
  std::string session_policy;
  STRATUS_SHAPE(AccessKey, id, account, secret, user, active, created, session_token, expires, role, session_name,
                session_policy)
};

}  // namespace stratus::services::iam
