// The rows of IAM and STS. IAM is global: its rows have no region.
#pragma once

#include "stratus/core/shape.h"

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
  std::string boundary;                                ///< ARN of a managed policy, or ""
  std::vector<std::string> groups;                     ///< of a user
  bool service_linked = false;
  STRATUS_SHAPE(Entity, name, path, id, arn, created, trust, description, max_session_seconds, tags, inline_policies,
                attached, boundary, groups, service_linked)
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

/// A long-term key of a user, or a temporary one of STS; the key's id is the access key id, which tells its account
/// (key_ids.h).
struct AccessKey {
  std::string id;
  std::string account;
  Blob secret;               ///< sealed under the daemon's master key
  std::string user;          ///< the user's name; of a temporary key "" where a role or a root has it
  std::string role;          ///< temporary: the role's name
  std::string principal_id;  ///< AIDA…, AROA…: a user or role made later under the same name is another
  bool active = true;
  Timestamp created;
  Blob session_token;  ///< temporary; sealed too
  std::optional<Timestamp> expires;
  std::string session_name;
  std::vector<std::string> session_policies;  ///< documents
  std::map<std::string, std::string> session_tags;
  STRATUS_SHAPE(AccessKey, id, account, secret, user, role, principal_id, active, created, session_token, expires,
                session_name, session_policies, session_tags)
};

/// The key's id is the name.
struct InstanceProfile {
  std::string name;
  std::string path = "/";
  std::string id;  ///< AIPA…
  std::string arn;
  Timestamp created;
  std::string role;  ///< at most one, as on AWS
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(InstanceProfile, name, path, id, arn, created, role, tags)
};

/// An OpenID Connect provider; the key's id is its ARN.
struct OidcProvider {
  std::string arn;
  std::string url;  ///< without its scheme, as AWS shows it
  std::vector<std::string> client_ids;
  std::vector<std::string> thumbprints;
  Timestamp created;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(OidcProvider, arn, url, client_ids, thumbprints, created, tags)
};

/// The key's id is "alias".
struct AccountAlias {
  std::string alias;
  STRATUS_SHAPE(AccountAlias, alias)
};

}  // namespace stratus::services::iam
