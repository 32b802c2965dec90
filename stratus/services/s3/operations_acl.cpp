// Access control lists and who owns objects.
#include "stratus/core/text.h"
#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {
namespace {

constexpr const char* kEveryone = "http://acs.amazonaws.com/groups/global/AllUsers";
constexpr const char* kSignedIn = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
constexpr const char* kLogDelivery = "http://acs.amazonaws.com/groups/s3/LogDelivery";

api::Grant to_user(const std::string& canonical, const std::string& permission) {
  api::Grantee grantee;
  grantee.id = canonical;
  grantee.type = "CanonicalUser";
  return {.grantee = grantee, .permission = permission};
}

api::Grant to_group(const std::string& uri, const std::string& permission) {
  api::Grantee grantee;
  grantee.type = "Group";
  grantee.uri = uri;
  return {.grantee = grantee, .permission = permission};
}

aws::Error acls_disabled() { return {"AccessControlListNotSupported", 400, "The bucket does not allow ACLs"}; }

std::vector<api::Grant> canned_grants(const std::string& name, const std::string& owner,
                                      const std::string& bucket_owner) {
  std::vector<api::Grant> out = owner_grants(owner);
  if (name == "private") return out;
  if (name == "public-read" || name == "public-read-write") out.push_back(to_group(kEveryone, "READ"));
  if (name == "public-read-write") out.push_back(to_group(kEveryone, "WRITE"));
  if (name == "authenticated-read") out.push_back(to_group(kSignedIn, "READ"));
  if (name == "log-delivery-write") {
    out.push_back(to_group(kLogDelivery, "WRITE"));
    out.push_back(to_group(kLogDelivery, "READ_ACP"));
  }
  if (owner != bucket_owner) {
    if (name == "bucket-owner-read") out.push_back(to_user(canonical_id(bucket_owner), "READ"));
    if (name == "bucket-owner-full-control") out.push_back(to_user(canonical_id(bucket_owner), "FULL_CONTROL"));
  }
  if (name == "aws-exec-read") throw aws::not_implemented("s3: ACL aws-exec-read");
  return out;
}

/// `id="…", uri="…"` of a grant header.
void add_header_grants(const std::optional<std::string>& header, const char* permission, std::vector<api::Grant>& out) {
  if (!header) return;
  for (const auto& one : text::split(*header, ',')) {
    const std::string_view text = text::trim(one);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos)
      throw refuse::invalid_argument("Argument format not recognized", "x-amz-grant", *header);
    const std::string kind = text::lower(text.substr(0, equals));
    std::string value(text.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    if (kind == "id") {
      out.push_back(to_user(value, permission));
    } else if (kind == "uri") {
      out.push_back(to_group(value, permission));
    } else {
      throw aws::Error("UnresolvableGrantByEmailAddress", 400,
                       "The e-mail address you provided does not match any account on record.");
    }
  }
}

void check_grants(const std::vector<api::Grant>& grants) {
  if (grants.size() > 100) throw refuse::malformed_xml();
  for (const api::Grant& grant : grants) {
    if (!grant.grantee || !grant.permission) throw refuse::malformed_xml();
    const api::Grantee& who = *grant.grantee;
    if (who.email_address)
      throw aws::Error("UnresolvableGrantByEmailAddress", 400,
                       "The e-mail address you provided does not match any account on record.");
    if (who.uri && *who.uri != kEveryone && *who.uri != kSignedIn && *who.uri != kLogDelivery)
      throw refuse::invalid_argument("Invalid group uri", "uri", *who.uri);
    if (!who.uri &&
        (!who.id || who.id->size() != 64 || who.id->find_first_not_of("0123456789abcdef") != std::string::npos))
      throw refuse::invalid_argument("Invalid id", "CanonicalUser/ID", who.id.value_or(""));
  }
}

void check_public(const Bucket& bucket, const std::vector<api::Grant>& grants) {
  if (bucket.public_access && bucket.public_access->block_public_acls.value_or(false) && is_public(grants))
    throw refuse::access_denied(
        "Access Denied because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.");
}

/// The grants of a request that sets an ACL by header or by body.
template <class Request>
std::optional<std::vector<api::Grant>> body_grants(const Request& request, const std::string& owner) {
  if (!request.access_control_policy) return std::nullopt;
  const auto& policy = *request.access_control_policy;
  if (!policy.owner || !policy.owner->id) throw refuse::malformed_xml();
  if (*policy.owner->id != canonical_id(owner)) throw refuse::access_denied();
  const auto grants = policy.grants.value_or(std::vector<api::Grant>{});
  check_grants(grants);
  return grants;
}

}  // namespace

std::vector<api::Grant> owner_grants(const std::string& account) {
  return {to_user(canonical_id(account), "FULL_CONTROL")};
}

std::optional<std::vector<api::Grant>> Service::wished_grants(const Bucket& bucket, const std::string& owner,
                                                              const AclWish& wish) const {
  if (!wish.given()) return std::nullopt;
  if (wish.canned) {
    if (wish.full_control || wish.read || wish.read_acp || wish.write || wish.write_acp)
      throw refuse::invalid_request("Specifying both Canned ACLs and Header Grants is not allowed");
    return canned_grants(*wish.canned, owner, bucket.account);
  }
  std::vector<api::Grant> out;
  add_header_grants(wish.full_control, "FULL_CONTROL", out);
  add_header_grants(wish.read, "READ", out);
  add_header_grants(wish.read_acp, "READ_ACP", out);
  add_header_grants(wish.write, "WRITE", out);
  add_header_grants(wish.write_acp, "WRITE_ACP", out);
  check_grants(out);
  return out;
}

std::vector<api::Grant> Service::object_grants(const Bucket& bucket, const std::string& owner,
                                               const AclWish& wish) const {
  if (bucket.acls_disabled()) {
    if (wish.given() && wish.canned != "bucket-owner-full-control") throw acls_disabled();
    return owner_grants(bucket.account);
  }
  auto grants = wished_grants(bucket, owner, wish).value_or(owner_grants(owner));
  check_public(bucket, grants);
  return grants;
}

api::GetBucketAclOutput Service::get_bucket_acl(aws::Context& context, const api::GetBucketAclRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketAcl");
  return {.owner = api::Owner{.id = canonical_id(bucket.account)}, .grants = bucket.grants};
}

api::PutBucketAclResponse Service::put_bucket_acl(aws::Context& context, const api::PutBucketAclRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketAcl");
  const AclWish wish = acl_wish(request);
  if (!wish.given() && !request.access_control_policy)
    throw refuse::with({"MissingSecurityHeader", 400, "Your request was missing a required header"},
                       {{"MissingHeaderName", "x-amz-acl"}});
  if (wish.given() && request.access_control_policy)
    throw aws::Error("UnexpectedContent", 400, "This request does not support content");
  if (bucket.acls_disabled()) throw acls_disabled();
  const auto grants = request.access_control_policy ? *body_grants(request, bucket.account)
                                                    : *wished_grants(bucket, bucket.account, wish);
  check_public(bucket, grants);
  change(bucket, [&](Bucket& row) { row.grants = grants; });
  return {};
}

api::GetObjectAclOutput Service::get_object_acl(aws::Context& context, const api::GetObjectAclRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  const Version version = readable(context, bucket, *request.key, request.version_id, "s3:GetObjectAcl");
  if (bucket.acls_disabled())
    return {.owner = api::Owner{.id = canonical_id(bucket.account)}, .grants = owner_grants(bucket.account)};
  return {.owner = api::Owner{.id = canonical_id(version.attributes.owner)}, .grants = version.attributes.grants};
}

api::PutObjectAclOutput Service::put_object_acl(aws::Context& context, const api::PutObjectAclRequest& request) {
  const Bucket& bucket = existing(context, *request.bucket, request.expected_bucket_owner);
  Version version = readable(context, bucket, *request.key, request.version_id, "s3:PutObjectAcl");
  const AclWish wish = acl_wish(request);
  if (!wish.given() && !request.access_control_policy)
    throw refuse::with({"MissingSecurityHeader", 400, "Your request was missing a required header"},
                       {{"MissingHeaderName", "x-amz-acl"}});
  if (wish.given() && request.access_control_policy)
    throw aws::Error("UnexpectedContent", 400, "This request does not support content");
  if (bucket.acls_disabled()) {
    if (wish.canned == "bucket-owner-full-control") return {};
    throw acls_disabled();
  }
  const std::string& owner = version.attributes.owner;
  const auto grants =
      request.access_control_policy ? *body_grants(request, owner) : *wished_grants(bucket, owner, wish);
  check_public(bucket, grants);
  version.attributes.grants = grants;
  versions_.update(version);
  tell(context, bucket, "ObjectAcl:Put", version);
  return {};
}

api::PutBucketOwnershipControlsResponse Service::put_bucket_ownership_controls(
    aws::Context& context, const api::PutBucketOwnershipControlsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketOwnershipControls");
  const auto& wish = request.ownership_controls;
  if (!wish || !wish->rules || wish->rules->size() != 1) throw refuse::malformed_xml();
  const std::string ownership = *wish->rules->front().object_ownership;
  if (ownership == "BucketOwnerEnforced") {
    const std::string mine = canonical_id(bucket.account);
    for (const api::Grant& grant : bucket.grants)
      if (grant.grantee->id != mine)
        throw aws::Error("InvalidBucketAclWithObjectOwnership", 400,
                         "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
  }
  change(bucket, [&](Bucket& row) { row.ownership = ownership; });
  return {};
}

api::GetBucketOwnershipControlsOutput Service::get_bucket_ownership_controls(
    aws::Context& context, const api::GetBucketOwnershipControlsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:GetBucketOwnershipControls");
  if (!bucket.ownership)
    throw refuse::with({"OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found"},
                       {{"BucketName", bucket.name}});
  api::GetBucketOwnershipControlsOutput out;
  out.ownership_controls.emplace().rules = {{{.object_ownership = bucket.ownership}}};
  return out;
}

api::DeleteBucketOwnershipControlsResponse Service::delete_bucket_ownership_controls(
    aws::Context& context, const api::DeleteBucketOwnershipControlsRequest& request) {
  const Bucket& bucket = admit(context, request.bucket, request.expected_bucket_owner, "s3:PutBucketOwnershipControls");
  change(bucket, [](Bucket& row) { row.ownership.reset(); });
  return {};
}

}  // namespace stratus::services::s3
