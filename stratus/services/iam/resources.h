// The rows of IAM and STS. IAM is global: its rows have no region.
#pragma once

#include "stratus/core/shape.h"

namespace stratus::services::iam {

/// A password, as what PBKDF2 makes of it.
struct Password {
  Blob salt, digest;
  STRATUS_SHAPE(Password, salt, digest)
};

/// What a user would sign in to the console with.
struct LoginProfile {
  Password password;
  std::vector<Password> earlier;  ///< the latest first, as far as a policy may forbid their reuse
  Timestamp created, changed;
  bool reset_required = false;
  STRATUS_SHAPE(LoginProfile, password, earlier, created, changed, reset_required)
};

/// A user's SSH key for CodeCommit, which is not here: kept and read back.
struct SshKey {
  std::string id;  ///< APKA…
  std::string body, fingerprint;
  bool active = true;
  Timestamp uploaded;
  STRATUS_SHAPE(SshKey, id, body, fingerprint, active, uploaded)
};

/// A user's X.509 certificate for SOAP calls, which nobody serves any more: kept and read back.
struct SigningCertificate {
  std::string id, body;
  bool active = true;
  Timestamp uploaded;
  STRATUS_SHAPE(SigningCertificate, id, body, active, uploaded)
};

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
  std::optional<LoginProfile> login;  ///< of a user
  std::vector<SshKey> ssh_keys;
  std::vector<SigningCertificate> signing_certificates;
  STRATUS_SHAPE(Entity, name, path, id, arn, created, trust, description, max_session_seconds, tags, inline_policies,
                attached, boundary, groups, service_linked, login, ssh_keys, signing_certificates)
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
  bool mfa = false;        ///< temporary: an MFA code came with the request for it
  bool federated = false;  ///< temporary, of GetFederationToken: `user` is who asked, `session_name` who has it
  STRATUS_SHAPE(AccessKey, id, account, secret, user, role, principal_id, active, created, session_token, expires,
                session_name, session_policies, session_tags, mfa, federated)
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

/// The key's id is "policy". The names are those of the API.
struct PasswordPolicy {
  std::int32_t minimum_length = 6;
  bool symbols = false, numbers = false, uppercase = false, lowercase = false, users_may_change = false;
  std::optional<std::int32_t> max_age_days, reuse_prevention;
  bool hard_expiry = false;
  STRATUS_SHAPE(PasswordPolicy, minimum_length, symbols, numbers, uppercase, lowercase, users_may_change, max_age_days,
                reuse_prevention, hard_expiry)
};

/// A virtual MFA device; the key's id is its serial number, an ARN.
struct MfaDevice {
  std::string serial;
  Blob seed;            ///< sealed under the daemon's master key
  std::string user_id;  ///< AIDA…; "" while nobody has it
  std::optional<Timestamp> enabled;
  std::int64_t last_step = 0;  ///< of the code that was taken last: none is taken twice
  std::int64_t drift = 0;      ///< steps that the device's clock is ahead of ours
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(MfaDevice, serial, seed, user_id, enabled, last_step, drift, tags)
};

/// The key's id is the name.
struct ServerCertificate {
  std::string name;
  std::string path = "/";
  std::string id;  ///< ASCA…
  std::string arn, body, chain;
  Blob key;  ///< sealed under the daemon's master key
  Timestamp uploaded, expires;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(ServerCertificate, name, path, id, arn, body, chain, key, uploaded, expires, tags)
};

/// A SAML provider; the key's id is its ARN.
struct SamlProvider {
  std::string arn, uuid, metadata;
  Timestamp created, valid_until;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(SamlProvider, arn, uuid, metadata, created, valid_until, tags)
};

/// The key's id is "report".
struct CredentialReport {
  Blob content;
  Timestamp generated;
  STRATUS_SHAPE(CredentialReport, content, generated)
};

}  // namespace stratus::services::iam
