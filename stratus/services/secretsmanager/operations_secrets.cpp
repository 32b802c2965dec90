// Secrets: life, description, tags, policies, replicas.
#include <boost/json.hpp>
#include <set>
#include <stdexcept>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/secretsmanager/paging.h"
#include "stratus/services/secretsmanager/service.h"

namespace stratus::services::secretsmanager {
namespace {

std::map<std::string, std::vector<std::string>> stages_of(const Secret& secret) {
  std::map<std::string, std::vector<std::string>> out;
  for (const Version& version : secret.versions)
    if (!version.stages.empty()) out[version.id] = version.stages;
  return out;
}

void merge_tags(std::vector<sm::Tag>& tags, const std::vector<sm::Tag>& added) {
  for (const auto& tag : added) {
    if (!tag.key) throw sm::errors::InvalidParameterException("A tag needs a key.");
    if (tag.key->starts_with("aws:"))
      throw sm::errors::InvalidParameterException("Tag keys that begin with aws: are reserved.");
    std::erase_if(tags, [&](const sm::Tag& old) { return old.key == tag.key; });
    tags.push_back({.key = tag.key, .value = tag.value.value_or("")});
  }
}

void check_policy(const std::string& policy) {
  try {
    const iam::Policy checked(policy, true);
  } catch (const std::invalid_argument& e) {
    throw sm::errors::MalformedPolicyDocumentException("This resource policy contains a syntax error: " +
                                                       std::string(e.what()));
  }
}

std::vector<std::string> texts(const boost::json::value& value) {
  std::vector<std::string> out;
  const auto take = [&](const boost::json::value& one) {
    if (one.is_string()) out.emplace_back(one.as_string());
  };
  if (value.is_array())
    for (const auto& one : value.as_array()) take(one);
  else
    take(value);
  return out;
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

/// Whether a wanted value of this condition key leaves strangers out.
bool is_fixed(const std::string& key, const std::string& value) {
  if (value.find("${") != std::string::npos) return false;
  if (key == "aws:principalorgpaths") return !has_wildcard(value.substr(0, value.find('/')));
  if (key != "aws:principalarn" && key != "aws:sourcearn") return !has_wildcard(value);
  const auto parts = text::split(value, ':');
  if (parts.size() < 6) return false;
  // ARNs of buckets have no account; their names are unique.
  if (key == "aws:sourcearn" && parts[2] == "s3" && parts[4].empty()) return !has_wildcard(parts[5]);
  return !parts[4].empty() && !has_wildcard(parts[4]);
}

/// Whether a condition lets in known callers only. Negated operators, and those that hold where the key is missing, do
/// not.
bool closes(const boost::json::object& condition) {
  static const std::set<std::string, std::less<>> operators = {"stringequals", "stringequalsignorecase", "stringlike",
                                                               "arnequals", "arnlike"};
  static const std::set<std::string, std::less<>> known = {
      "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
      "aws:sourcearn",        "aws:sourceorgid",  "aws:sourcevpc",      "aws:sourcevpce",        "aws:sourceowner",
  };
  for (const auto& [name, keys] : condition) {
    std::string op = text::lower(std::string(name));
    if (op.starts_with("foranyvalue:")) op = op.substr(op.find(':') + 1);
    if (!operators.contains(op) || !keys.is_object()) continue;
    for (const auto& [key, wanted] : keys.as_object()) {
      const std::string lower = text::lower(std::string(key));
      const auto values = texts(wanted);
      if (known.contains(lower) && !values.empty() &&
          std::all_of(values.begin(), values.end(), [&](const std::string& value) { return is_fixed(lower, value); }))
        return true;
    }
  }
  return false;
}

/// Whether a principal, or what stands under it, is everyone.
bool is_everyone(const boost::json::value& principal) {
  if (!principal.is_object()) return principal == "*";
  for (const auto& [kind, names] : principal.as_object())
    for (const auto& one : texts(names))
      if (one == "*") return true;
  return false;
}

/// Whether a policy lets everyone in.
bool opens_to_all(const std::string& policy) {
  const boost::json::value document = boost::json::parse(policy);
  const auto& list = document.at("Statement");
  const auto open = [](const boost::json::value& value) {
    const auto& statement = value.as_object();
    if (statement.at("Effect") != "Allow") return false;
    const auto* principal = statement.if_contains("Principal");
    if (principal != nullptr && !is_everyone(*principal)) return false;
    const auto* condition = statement.if_contains("Condition");
    return condition == nullptr || !condition->is_object() || !closes(condition->as_object());
  };
  return list.is_array() ? std::any_of(list.as_array().begin(), list.as_array().end(), open) : open(list);
}

bool matches(const Secret& secret, const sm::Filter& filter) {
  const auto any = [&](const auto& test) { return std::any_of(filter.values->begin(), filter.values->end(), test); };
  // A value matches from the start of a word, without regard to case; "!" in front turns it round.
  const auto prefix = [](const std::string& value, const std::string& pattern) {
    const bool negated = pattern.starts_with("!");
    const std::string wanted = text::lower(negated ? std::string_view(pattern).substr(1) : pattern);
    return text::lower(value).starts_with(wanted) != negated;
  };
  const std::string& key = *filter.key;
  if (key == "name") return any([&](const std::string& v) { return prefix(secret.name, v); });
  if (key == "description")
    return any([&](const std::string& v) { return prefix(secret.description.value_or(""), v); });
  if (key == "primary-region")
    return any([&](const std::string& v) { return secret.primary_region.value_or("") == v; });
  if (key == "owning-service") return false;
  if (key == "tag-key" || key == "tag-value")
    return any([&](const std::string& v) {
      return std::any_of(secret.tags.begin(), secret.tags.end(),
                         [&](const sm::Tag& t) { return prefix(key == "tag-key" ? *t.key : *t.value, v); });
    });
  return any([&](const std::string& v) {
    return prefix(secret.name, v) || prefix(secret.description.value_or(""), v) ||
           std::any_of(secret.tags.begin(), secret.tags.end(),
                       [&](const sm::Tag& t) { return prefix(*t.key, v) || prefix(*t.value, v); });
  });
}

}  // namespace

sm::CreateSecretResponse Service::create_secret(aws::Context& context, const sm::CreateSecretRequest& request) {
  if (request.type) throw aws::not_implemented("CreateSecret: Type");
  const std::string& name = *request.name;
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_+=.@-") !=
      std::string::npos)
    throw aws::Error(
        "ValidationException", 400,
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");
  if (const Secret* existing = secrets_.find(context.account, context.region, name)) {
    if (existing->deleted)
      throw sm::errors::InvalidRequestException(
          "You can't create this secret because a secret with this name is already scheduled for deletion.");
    const bool repeated = request.client_request_token &&
                          std::any_of(existing->versions.begin(), existing->versions.end(),
                                      [&](const Version& v) { return v.id == *request.client_request_token; });
    if (!repeated)
      throw sm::errors::ResourceExistsException("The operation failed because the secret " + name + " already exists.");
    return {.arn = existing->arn, .name = existing->name, .version_id = request.client_request_token};
  }
  if (request.kms_key_id) kms_.usable_key_arn(context.account, context.region, *request.kms_key_id);
  Secret secret;
  secret.name = name;
  secret.arn = make_arn(
      "secretsmanager", context.region, context.account,
      "secret:" + name + "-" + random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 6));
  secret.description = request.description;
  secret.kms_key_id = request.kms_key_id;
  if (request.tags) merge_tags(secret.tags, *request.tags);
  secret.created = secret.changed = context.now;
  sm::CreateSecretResponse response{.arn = secret.arn, .name = name};
  if ((request.secret_string || request.secret_binary) && secret.kms_key_id)
    demand_key(context, "kms:GenerateDataKey", *secret.kms_key_id);
  if (request.secret_string || request.secret_binary)
    response.version_id = add_version(secret, request.client_request_token, request.secret_string,
                                      request.secret_binary, {"AWSCURRENT"}, context.now);
  if (request.add_replica_regions) {
    replicate(secret, *request.add_replica_regions, request.force_overwrite_replica_secret.value_or(false));
    response.replication_status = replication_status(secret);
  }
  save(std::move(secret));
  return response;
}

sm::DescribeSecretResponse Service::describe_secret(aws::Context& context, const sm::DescribeSecretRequest& request) {
  const Secret& found = secret(context.account, context.region, *request.secret_id);
  sm::DescribeSecretResponse response{
      .arn = found.arn, .name = found.name, .description = found.description, .kms_key_id = found.kms_key_id};
  response.last_changed_date = found.changed;
  response.last_accessed_date = found.accessed;
  response.deleted_date = found.deleted;
  response.tags = found.tags;
  response.version_ids_to_stages = stages_of(found);
  response.created_date = found.created;
  response.primary_region = found.primary_region;
  if (!found.replicas.empty()) {
    response.replication_status = replication_status(found);
    response.primary_region = context.region;
  }
  return response;
}

sm::ListSecretsResponse Service::list_secrets(aws::Context& context, const sm::ListSecretsRequest& request) {
  std::vector<const Secret*> found;
  for (const Secret* secret : secrets_.list(context.account, context.region)) {
    if (secret->deleted && !request.include_planned_deletion.value_or(false)) continue;
    if (request.filters && !std::all_of(request.filters->begin(), request.filters->end(),
                                        [&](const sm::Filter& f) { return f.key && f.values && matches(*secret, f); }))
      continue;
    found.push_back(secret);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Secret* a, const Secret* b) { return a->created < b->created; });
  if (request.sort_order == "desc") std::reverse(found.begin(), found.end());
  const std::size_t from = position_of(request.next_token),
                    most = static_cast<std::size_t>(request.max_results.value_or(100));
  sm::ListSecretsResponse response{.secret_list = std::vector<sm::SecretListEntry>{}};
  for (std::size_t i = from; i < found.size() && i < from + most; ++i) {
    const Secret& s = *found[i];
    response.secret_list->push_back({.arn = s.arn,
                                     .name = s.name,
                                     .description = s.description,
                                     .kms_key_id = s.kms_key_id,
                                     .last_changed_date = s.changed,
                                     .last_accessed_date = s.accessed,
                                     .deleted_date = s.deleted,
                                     .tags = s.tags,
                                     .secret_versions_to_stages = stages_of(s),
                                     .created_date = s.created,
                                     .primary_region = s.primary_region});
  }
  if (from + most < found.size()) response.next_token = std::to_string(from + most);
  return response;
}

sm::DeleteSecretResponse Service::delete_secret(aws::Context& context, const sm::DeleteSecretRequest& request) {
  const bool force = request.force_delete_without_recovery.value_or(false);
  if (force && request.recovery_window_in_days)
    throw sm::errors::InvalidParameterException(
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  const std::int64_t days = request.recovery_window_in_days.value_or(30);
  if (days < 7 || days > 30)
    throw sm::errors::InvalidParameterException(
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  // What is gone already, or never was, is deleted as one wished.
  const std::string& id = *request.secret_id;
  if (force && !id.starts_with("arn:") && secrets_.find(context.account, context.region, id) == nullptr)
    return {.arn = make_arn("secretsmanager", context.region, context.account,
                            "secret:" + id + "-" +
                                random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 6)),
            .name = id,
            .deletion_date = context.now};
  const Secret& found = secret(context.account, context.region, id);
  if (found.primary_region)
    throw sm::errors::InvalidRequestException(
        "You can't delete a replica secret; remove its region from the primary's replication.");
  if (!found.replicas.empty())
    throw sm::errors::InvalidRequestException("You can't delete secret " + found.name +
                                              " that still has replica regions [" + found.replicas[0].region + "]");
  if (found.deleted && !force)
    throw sm::errors::InvalidRequestException(
        "You tried to perform the operation on a secret that's currently marked deleted.");
  const state::Key key = key_of(found);
  sm::DeleteSecretResponse response{.arn = found.arn, .name = found.name};
  if (force) {
    response.deletion_date = context.now;
    secrets_.erase(key);
    return response;
  }
  const Secret& changed = secrets_.update(key, [&](Secret& secret) {
    secret.deleted = context.now;
    secret.purge_at = context.now + std::chrono::hours(24) * days;
  });
  response.deletion_date = changed.purge_at;
  return response;
}

sm::RestoreSecretResponse Service::restore_secret(aws::Context& context, const sm::RestoreSecretRequest& request) {
  const Secret& found = secret(context.account, context.region, *request.secret_id);
  secrets_.update(key_of(found), [](Secret& secret) {
    secret.deleted.reset();
    secret.purge_at.reset();
  });
  const Secret& restored = secret(context.account, context.region, *request.secret_id);
  return {.arn = restored.arn, .name = restored.name};
}

sm::TagResourceResponse Service::tag_resource(aws::Context& context, const sm::TagResourceRequest& request) {
  Secret changed = changeable(context, *request.secret_id, "TagResource");
  merge_tags(changed.tags, *request.tags);
  save(std::move(changed));
  return {};
}

sm::UntagResourceResponse Service::untag_resource(aws::Context& context, const sm::UntagResourceRequest& request) {
  Secret changed = changeable(context, *request.secret_id, "UntagResource");
  std::erase_if(changed.tags, [&](const sm::Tag& tag) {
    return std::find(request.tag_keys->begin(), request.tag_keys->end(), *tag.key) != request.tag_keys->end();
  });
  save(std::move(changed));
  return {};
}

sm::PutResourcePolicyResponse Service::put_resource_policy(aws::Context& context,
                                                           const sm::PutResourcePolicyRequest& request) {
  check_policy(*request.resource_policy);
  if (request.block_public_policy.value_or(false) && opens_to_all(*request.resource_policy))
    throw sm::errors::PublicPolicyException("You can't attach a resource policy that allows broad access.");
  Secret changed = changeable(context, *request.secret_id, "PutResourcePolicy");
  changed.policy = request.resource_policy;
  const Secret& saved = save(std::move(changed));
  return {.arn = saved.arn, .name = saved.name};
}

sm::GetResourcePolicyResponse Service::get_resource_policy(aws::Context& context,
                                                           const sm::GetResourcePolicyRequest& request) {
  const Secret& found = secret(context.account, context.region, *request.secret_id);
  return {.arn = found.arn, .name = found.name, .resource_policy = found.policy};
}

sm::DeleteResourcePolicyResponse Service::delete_resource_policy(aws::Context& context,
                                                                 const sm::DeleteResourcePolicyRequest& request) {
  Secret changed = changeable(context, *request.secret_id, "DeleteResourcePolicy");
  changed.policy.reset();
  const Secret& saved = save(std::move(changed));
  return {.arn = saved.arn, .name = saved.name};
}

sm::ValidateResourcePolicyResponse Service::validate_resource_policy(aws::Context&,
                                                                     const sm::ValidateResourcePolicyRequest& request) {
  try {
    check_policy(*request.resource_policy);
  } catch (const aws::Error& e) {
    return {.policy_validation_passed = false,
            .validation_errors = {{{.check_name = "Syntax", .error_message = e.message}}}};
  }
  if (opens_to_all(*request.resource_policy))
    return {.policy_validation_passed = false,
            .validation_errors = {
                {{.check_name = "BlockPublicPolicy", .error_message = "The resource policy allows broad access."}}}};
  return {.policy_validation_passed = true, .validation_errors = std::vector<sm::ValidationErrorsEntry>{}};
}

sm::ReplicateSecretToRegionsResponse Service::replicate_secret_to_regions(
    aws::Context& context, const sm::ReplicateSecretToRegionsRequest& request) {
  Secret changed = changeable(context, *request.secret_id, "ReplicateSecretToRegions");
  replicate(changed, *request.add_replica_regions, request.force_overwrite_replica_secret.value_or(false));
  const Secret& saved = save(std::move(changed));
  return {.arn = saved.arn, .replication_status = replication_status(saved)};
}

sm::RemoveRegionsFromReplicationResponse Service::remove_regions_from_replication(
    aws::Context& context, const sm::RemoveRegionsFromReplicationRequest& request) {
  Secret changed = changeable(context, *request.secret_id, "RemoveRegionsFromReplication");
  for (const std::string& region : *request.remove_replica_regions) {
    const auto before = changed.replicas.size();
    std::erase_if(changed.replicas, [&](const Replica& replica) { return replica.region == region; });
    if (changed.replicas.size() == before)
      throw sm::errors::InvalidParameterException("The secret has no replica in " + region + ".");
    secrets_.erase({context.account, region, changed.name});
  }
  const Secret& saved = save(std::move(changed));
  return {.arn = saved.arn, .replication_status = replication_status(saved)};
}

sm::StopReplicationToReplicaResponse Service::stop_replication_to_replica(
    aws::Context& context, const sm::StopReplicationToReplicaRequest& request) {
  Secret changed = secret(context.account, context.region, *request.secret_id);
  if (!changed.primary_region)
    throw sm::errors::InvalidRequestException("Operation not permitted on a secret that isn't a replica.");
  // The primary may be out of reach: that is what a replica is for. Where it is there, it lets go.
  const state::Key primary{context.account, *changed.primary_region, changed.name};
  if (secrets_.find(primary) != nullptr)
    secrets_.update(primary, [&](Secret& row) {
      std::erase_if(row.replicas, [&](const Replica& replica) { return replica.region == context.region; });
    });
  changed.primary_region.reset();
  changed.changed = context.now;
  return {.arn = save(std::move(changed)).arn};
}

}  // namespace stratus::services::secretsmanager
