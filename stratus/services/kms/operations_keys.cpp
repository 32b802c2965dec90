// Keys: life, policy, rotation, tags.
#include <stdexcept>

#include "stratus/core/arn.h"
#include "stratus/core/crypto.h"
#include "stratus/services/kms/asymmetric.h"
#include "stratus/services/kms/paging.h"
#include "stratus/services/kms/service.h"

namespace stratus::services::kms {

namespace k = aws::kms;

namespace {

/// Of services that encrypt under a key which AWS manages. https://docs.aws.amazon.com/kms/latest/developerguide/
/// concepts.html#aws-managed-key
constexpr const char* kServiceAliases[] = {"alias/aws/acm",
                                           "alias/aws/backup",
                                           "alias/aws/dynamodb",
                                           "alias/aws/ebs",
                                           "alias/aws/elasticfilesystem",
                                           "alias/aws/es",
                                           "alias/aws/glue",
                                           "alias/aws/kinesis",
                                           "alias/aws/lambda",
                                           "alias/aws/rds",
                                           "alias/aws/redshift",
                                           "alias/aws/s3",
                                           "alias/aws/secretsmanager",
                                           "alias/aws/sns",
                                           "alias/aws/sqs",
                                           "alias/aws/ssm",
                                           "alias/aws/xray"};

bool is_service_alias(std::string_view name) {
  return std::any_of(std::begin(kServiceAliases), std::end(kServiceAliases),
                     [&](const char* known) { return name == known; });
}

void check_tag(const k::Tag& tag) {
  if (tag.tag_key->starts_with("aws:")) throw k::errors::TagException("Tags beginning with aws: are reserved");
}

}  // namespace

void Service::check_policy(const aws::Context& context, const Key& key, const std::string& policy,
                           const std::optional<bool>& unchecked) const {
  try {
    const iam::Policy checked(policy, true);
    // Whoever sets a policy must be able to set the next.
    // What Stratus itself asks for, it asks as the account.
    const std::string caller =
        context.identity.arn.empty() ? "arn:aws:iam::" + context.account + ":root" : context.identity.arn;
    const iam::Request next{"kms:PutKeyPolicy",
                            *key.metadata.arn,
                            caller,
                            {{"aws:principalaccount", {context.account}}, {"aws:principalarn", {caller}}}};
    if (!unchecked.value_or(false) && checked.decide(next) != iam::Decision::allow)
      throw k::errors::MalformedPolicyDocumentException(
          "The new key policy will not allow you to update the key policy in the future.");
  } catch (const std::invalid_argument& e) {
    throw k::errors::MalformedPolicyDocumentException(e.what());
  }
}

k::CreateKeyResponse Service::create_key(aws::Context& context, const k::CreateKeyRequest& request) {
  const std::string spec = request.key_spec.value_or(request.customer_master_key_spec.value_or("SYMMETRIC_DEFAULT"));
  if (spec != "SYMMETRIC_DEFAULT" && !request.key_usage)
    throw aws::Error("ValidationException", 400,
                     "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
  const std::string usage = request.key_usage.value_or("ENCRYPT_DECRYPT");
  if (usage == "KEY_AGREEMENT" || spec == "SM2" || spec.starts_with("ML_DSA") || spec == "ECC_NIST_EDWARDS25519")
    throw aws::not_implemented("CreateKey: KeySpec " + spec + ", KeyUsage " + usage);
  const auto algorithms = algorithms_of(spec, usage);
  if (algorithms.empty())
    throw aws::Error("ValidationException", 400, "KeyUsage " + usage + " is not compatible with KeySpec " + spec);
  if (request.origin.value_or("AWS_KMS") != "AWS_KMS")
    throw aws::not_implemented("CreateKey: Origin " + *request.origin);
  if (request.multi_region.value_or(false)) throw aws::not_implemented("CreateKey: MultiRegion");
  Key key = new_key(context.account, context.region, context.now);
  key.metadata.description = request.description.value_or("");
  if (spec != "SYMMETRIC_DEFAULT") {
    auto& m = key.metadata;
    m.key_spec = m.customer_master_key_spec = spec;
    m.key_usage = usage;
    m.encryption_algorithms.reset();
    (usage == "SIGN_VERIFY"           ? m.signing_algorithms
     : usage == "GENERATE_VERIFY_MAC" ? m.mac_algorithms
                                      : m.encryption_algorithms) = algorithms;
    const std::string secret =
        spec.starts_with("HMAC_") ? crypto::random_bytes(hmac_key_length(spec)) : make_private_key(spec);
    key.material = {{crypto::seal(master_, secret, *m.key_id)}};
  }
  key.policy = request.policy.value_or(
      "{\n  \"Version\" : \"2012-10-17\",\n  \"Id\" : \"key-default-1\",\n  \"Statement\" : [ {\n    \"Sid\" : "
      "\"Enable IAM User Permissions\",\n"
      "    \"Effect\" : \"Allow\",\n    \"Principal\" : {\n      \"AWS\" : \"arn:aws:iam::" +
      context.account + ":root\"\n    },\n    \"Action\" : \"kms:*\",\n    \"Resource\" : \"*\"\n  } ]\n}");
  check_policy(context, key, key.policy, request.bypass_policy_lockout_safety_check);
  if (request.tags)
    for (const auto& tag : *request.tags) {
      check_tag(tag);
      key.tags[*tag.tag_key] = *tag.tag_value;
    }
  k::CreateKeyResponse response{.key_metadata = key.metadata};
  const state::Key where = row_key(key);
  keys_.put(where, std::move(key));
  return response;
}

k::DescribeKeyResponse Service::describe_key(aws::Context& context, const k::DescribeKeyRequest& request) {
  const std::string alias = request.key_id->substr(std::min(request.key_id->find("alias/"), request.key_id->size()));
  if (is_service_alias(alias)) {
    const auto arn = Arn::parse(*request.key_id);
    if (!arn || (arn->account == context.account && arn->region == context.region))
      managed_key_arn(context.account, context.region, alias.substr(6), context.now);
  }
  return {.key_metadata = key(context.account, context.region, *request.key_id).metadata};
}

k::ListKeysResponse Service::list_keys(aws::Context& context, const k::ListKeysRequest& request) {
  std::vector<k::KeyListEntry> entries;
  for (const Key* key : keys_.list(context.account, context.region))
    entries.push_back({.key_id = key->metadata.key_id, .key_arn = key->metadata.arn});
  auto [items, next] = page(std::move(entries), request.marker, request.limit, 100);
  return {.keys = std::move(items), .next_marker = next, .truncated = next.has_value()};
}

k::EnableKeyResponse Service::enable_key(aws::Context& context, const k::EnableKeyRequest& request) {
  const Key& found = key(context.account, context.region, *request.key_id);
  if (found.metadata.key_state == "PendingDeletion")
    throw k::errors::KMSInvalidStateException(*found.metadata.arn + " is pending deletion.");
  keys_.update(row_key(found), [](Key& key) {
    key.metadata.enabled = true;
    key.metadata.key_state = "Enabled";
  });
  return {};
}

k::DisableKeyResponse Service::disable_key(aws::Context& context, const k::DisableKeyRequest& request) {
  const Key& found = key(context.account, context.region, *request.key_id);
  if (found.metadata.key_state == "PendingDeletion")
    throw k::errors::KMSInvalidStateException(*found.metadata.arn + " is pending deletion.");
  keys_.update(row_key(found), [](Key& key) {
    key.metadata.enabled = false;
    key.metadata.key_state = "Disabled";
  });
  return {};
}

k::UpdateKeyDescriptionResponse Service::update_key_description(aws::Context& context,
                                                                const k::UpdateKeyDescriptionRequest& request) {
  keys_.update(row_key(key(context.account, context.region, *request.key_id)),
               [&](Key& key) { key.metadata.description = *request.description; });
  return {};
}

k::ScheduleKeyDeletionResponse Service::schedule_key_deletion(aws::Context& context,
                                                              const k::ScheduleKeyDeletionRequest& request) {
  const std::int32_t days = request.pending_window_in_days.value_or(30);
  if (days < 7 || days > 30)
    throw aws::Error("ValidationException", 400, "PendingWindowInDays must be between 7 and 30 (inclusive)");
  const Key& found = key(context.account, context.region, *request.key_id);
  if (found.metadata.key_state == "PendingDeletion")
    throw k::errors::KMSInvalidStateException(*found.metadata.arn + " is pending deletion.");
  const Key& changed = keys_.update(row_key(found), [&](Key& key) {
    key.metadata.enabled = false;
    key.metadata.key_state = "PendingDeletion";
    key.metadata.deletion_date = context.now + std::chrono::hours(24) * days;
  });
  return {.key_id = changed.metadata.arn,
          .deletion_date = changed.metadata.deletion_date,
          .key_state = "PendingDeletion",
          .pending_window_in_days = days};
}

k::CancelKeyDeletionResponse Service::cancel_key_deletion(aws::Context& context,
                                                          const k::CancelKeyDeletionRequest& request) {
  const Key& found = key(context.account, context.region, *request.key_id);
  if (found.metadata.key_state != "PendingDeletion")
    throw k::errors::KMSInvalidStateException(*found.metadata.arn + " is not pending deletion.");
  const Key& changed = keys_.update(row_key(found), [](Key& key) {
    key.metadata.key_state = "Disabled";
    key.metadata.deletion_date.reset();
  });
  return {.key_id = changed.metadata.arn};
}

k::GetKeyPolicyResponse Service::get_key_policy(aws::Context& context, const k::GetKeyPolicyRequest& request) {
  if (request.policy_name.value_or("default") != "default") throw k::errors::NotFoundException("No such policy exists");
  return {.policy = key(context.account, context.region, *request.key_id).policy, .policy_name = "default"};
}

k::PutKeyPolicyResponse Service::put_key_policy(aws::Context& context, const k::PutKeyPolicyRequest& request) {
  const Key& found = key(context.account, context.region, *request.key_id);
  if (request.policy_name.value_or("default") != "default") throw k::errors::NotFoundException("No such policy exists");
  check_policy(context, found, *request.policy, request.bypass_policy_lockout_safety_check);
  keys_.update(row_key(found), [&](Key& row) { row.policy = *request.policy; });
  return {};
}

k::ListKeyPoliciesResponse Service::list_key_policies(aws::Context& context, const k::ListKeyPoliciesRequest& request) {
  key(context.account, context.region, *request.key_id);
  return {.policy_names = {{"default"}}, .truncated = false};
}

namespace {

void must_rotate(const Key& key) {
  if (key.metadata.key_spec != "SYMMETRIC_DEFAULT")
    throw k::errors::UnsupportedOperationException("You cannot perform this operation on KMS keys of this key spec: " +
                                                   *key.metadata.arn);
}

}  // namespace

k::RotateKeyOnDemandResponse Service::rotate_key_on_demand(aws::Context& context,
                                                           const k::RotateKeyOnDemandRequest& request) {
  const Key& found = enabled_key(context.account, context.region, *request.key_id);
  must_rotate(found);
  constexpr std::ptrdiff_t quota = 25;
  if (std::count_if(found.rotations.begin(), found.rotations.end(), [](const Rotation& r) { return r.on_demand; }) >=
      quota)
    throw k::errors::LimitExceededException("The key has been rotated on demand as often as it can be.");
  const Key& changed = keys_.update(row_key(found), [&](Key& row) {
    row.material.push_back({crypto::seal(master_, crypto::random_bytes(32), *row.metadata.key_id)});
    row.rotations.push_back({context.now, true});
  });
  return {.key_id = changed.metadata.key_id};
}

k::ListKeyRotationsResponse Service::list_key_rotations(aws::Context& context,
                                                        const k::ListKeyRotationsRequest& request) {
  const Key& found = key(context.account, context.region, *request.key_id);
  must_rotate(found);
  if (request.include_key_material == "ALL_KEY_MATERIAL")
    throw aws::not_implemented("ListKeyRotations: IncludeKeyMaterial ALL_KEY_MATERIAL");
  std::vector<k::RotationsListEntry> out;
  for (const auto& rotation : found.rotations)
    out.push_back({.key_id = found.metadata.key_id,
                   .rotation_date = rotation.at,
                   .rotation_type = rotation.on_demand ? "ON_DEMAND" : "AUTOMATIC"});
  auto [items, next] = page(std::move(out), request.marker, request.limit, 100);
  return {.rotations = std::move(items), .next_marker = next, .truncated = next.has_value()};
}

k::EnableKeyRotationResponse Service::enable_key_rotation(aws::Context& context,
                                                          const k::EnableKeyRotationRequest& request) {
  const Key& found = enabled_key(context.account, context.region, *request.key_id);
  must_rotate(found);
  keys_.update(row_key(found), [&](Key& key) {
    key.rotation_enabled = true;
    key.rotation_days = request.rotation_period_in_days.value_or(365);
  });
  return {};
}

k::DisableKeyRotationResponse Service::disable_key_rotation(aws::Context& context,
                                                            const k::DisableKeyRotationRequest& request) {
  keys_.update(row_key(enabled_key(context.account, context.region, *request.key_id)),
               [](Key& key) { key.rotation_enabled = false; });
  return {};
}

k::GetKeyRotationStatusResponse Service::get_key_rotation_status(aws::Context& context,
                                                                 const k::GetKeyRotationStatusRequest& request) {
  const Key& found = key(context.account, context.region, *request.key_id);
  k::GetKeyRotationStatusResponse response{.key_rotation_enabled = found.rotation_enabled,
                                           .key_id = found.metadata.key_id};
  if (found.rotation_enabled) {
    response.rotation_period_in_days = found.rotation_days;
    response.next_rotation_date = found.rotated_at + std::chrono::hours(24) * found.rotation_days;
  }
  return response;
}

k::TagResourceResponse Service::tag_resource(aws::Context& context, const k::TagResourceRequest& request) {
  for (const auto& tag : *request.tags) check_tag(tag);
  keys_.update(row_key(key(context.account, context.region, *request.key_id)), [&](Key& key) {
    for (const auto& tag : *request.tags) key.tags[*tag.tag_key] = *tag.tag_value;
  });
  return {};
}

k::UntagResourceResponse Service::untag_resource(aws::Context& context, const k::UntagResourceRequest& request) {
  keys_.update(row_key(key(context.account, context.region, *request.key_id)), [&](Key& key) {
    for (const auto& name : *request.tag_keys) key.tags.erase(name);
  });
  return {};
}

k::ListResourceTagsResponse Service::list_resource_tags(aws::Context& context,
                                                        const k::ListResourceTagsRequest& request) {
  std::vector<k::Tag> tags;
  for (const auto& [name, value] : key(context.account, context.region, *request.key_id).tags)
    tags.push_back({.tag_key = name, .tag_value = value});
  auto [items, next] = page(std::move(tags), request.marker, request.limit, 50);
  return {.tags = std::move(items), .next_marker = next, .truncated = next.has_value()};
}

k::CreateAliasResponse Service::create_alias(aws::Context& context, const k::CreateAliasRequest& request) {
  const std::string& name = *request.alias_name;
  if (!name.starts_with("alias/"))
    throw aws::Error("ValidationException", 400,
                     "Alias must start with the prefix \"alias/\". Please see "
                     "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
  if (name.size() == 6 ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-") != std::string::npos)
    throw aws::Error("ValidationException", 400,
                     "1 validation error detected: Value '" + name +
                         "' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression "
                         "pattern: ^[a-zA-Z0-9:/_-]+$");
  if (name.starts_with("alias/aws/")) throw aws::Error("NotAuthorizedException", 400, "");
  if (request.target_key_id->find("alias/") != std::string::npos)
    throw aws::Error("ValidationException", 400, "Aliases must refer to keys. Not aliases");
  const Key& target = key(context.account, context.region, *request.target_key_id);
  if (aliases_.find(context.account, context.region, name) != nullptr)
    throw k::errors::AlreadyExistsException("An alias with the name arn:aws:kms:" + context.region + ":" +
                                            context.account + ":" + name + " already exists");
  aliases_.put({context.account, context.region, name}, {name, *target.metadata.key_id, context.now, context.now});
  return {};
}

k::UpdateAliasResponse Service::update_alias(aws::Context& context, const k::UpdateAliasRequest& request) {
  const state::Key alias{context.account, context.region, *request.alias_name};
  if (aliases_.find(alias) == nullptr)
    throw k::errors::NotFoundException("Alias arn:aws:kms:" + context.region + ":" + context.account + ":" + alias.id +
                                       " is not found.");
  const std::string target = *key(context.account, context.region, *request.target_key_id).metadata.key_id;
  aliases_.update(alias, [&](Alias& row) {
    row.key_id = target;
    row.updated = context.now;
  });
  return {};
}

k::DeleteAliasResponse Service::delete_alias(aws::Context& context, const k::DeleteAliasRequest& request) {
  if (!aliases_.erase({context.account, context.region, *request.alias_name}))
    throw k::errors::NotFoundException("Alias arn:aws:kms:" + context.region + ":" + context.account + ":" +
                                       *request.alias_name + " is not found.");
  return {};
}

k::ListAliasesResponse Service::list_aliases(aws::Context& context, const k::ListAliasesRequest& request) {
  std::optional<std::string> wanted;
  if (request.key_id) wanted = key(context.account, context.region, *request.key_id).metadata.key_id;
  std::vector<k::AliasListEntry> entries;
  // AWS lists the aliases of its services before there are keys behind them; DescribeKey makes the key.
  if (!wanted)
    for (const char* name : kServiceAliases)
      if (aliases_.find(context.account, context.region, name) == nullptr)
        entries.push_back({.alias_name = name, .alias_arn = make_arn("kms", context.region, context.account, name)});
  for (const Alias* alias : aliases_.list(context.account, context.region)) {
    if (wanted && alias->key_id != *wanted) continue;
    entries.push_back({.alias_name = alias->name,
                       .alias_arn = "arn:aws:kms:" + context.region + ":" + context.account + ":" + alias->name,
                       .target_key_id = alias->key_id,
                       .creation_date = alias->created,
                       .last_updated_date = alias->updated});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return *a.alias_name < *b.alias_name; });
  auto [items, next] = page(std::move(entries), request.marker, request.limit, 50);
  return {.aliases = std::move(items), .next_marker = next, .truncated = next.has_value()};
}

}  // namespace stratus::services::kms
