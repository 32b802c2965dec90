// Values and their versions.
#include "stratus/core/text.h"
#include "stratus/services/secretsmanager/paging.h"
#include "stratus/services/secretsmanager/service.h"
#include "stratus/wire/refusals.h"

namespace stratus::services::secretsmanager {

sm::GetSecretValueResponse Service::get_secret_value(aws::Context& context, const sm::GetSecretValueRequest& request) {
  const Secret& found = secret(context.account, context.region, *request.secret_id);
  if (found.deleted)
    throw sm::errors::InvalidRequestException(
        "You can't perform this operation on the secret because it was marked for deletion.");
  const std::string stage = request.version_stage.value_or("AWSCURRENT");
  for (const Version& version : found.versions) {
    const bool staged = std::find(version.stages.begin(), version.stages.end(), stage) != version.stages.end();
    if (request.version_id ? version.id != *request.version_id || (request.version_stage && !staged) : !staged)
      continue;
    demand_key(context, "kms:Decrypt", kms::Service::key_id_of(version.sealed.bytes));
    std::string value = open(found, version);
    sm::GetSecretValueResponse response{.arn = found.arn, .name = found.name, .version_id = version.id};
    if (version.binary) {
      response.secret_binary = Blob{std::move(value)};
    } else {
      response.secret_string = std::move(value);
    }
    response.version_stages = version.stages;
    response.created_date = version.created;
    // AWS keeps the day of the last access, so one write a day is enough.
    const Timestamp day{context.now.ms / 86'400'000 * 86'400'000};
    if (found.accessed != day) secrets_.update(key_of(found), [&](Secret& row) { row.accessed = day; });
    return response;
  }
  throw sm::errors::ResourceNotFoundException(
      request.version_id ? "Secrets Manager can't find the specified secret value for VersionId: " + *request.version_id
                         : "Secrets Manager can't find the specified secret value for staging label: " + stage);
}

sm::BatchGetSecretValueResponse Service::batch_get_secret_value(aws::Context& context,
                                                                const sm::BatchGetSecretValueRequest& request) {
  const bool listed = request.secret_id_list && !request.secret_id_list->empty();
  const bool filtered = request.filters && !request.filters->empty();
  if (listed == filtered)
    throw sm::errors::InvalidParameterException("Exactly one of SecretIdList and Filters must be given.");
  if (listed && (request.max_results || request.next_token))
    throw sm::errors::InvalidParameterException("MaxResults and NextToken go with Filters only.");
  sm::BatchGetSecretValueResponse out{.secret_values = std::vector<sm::SecretValueEntry>{},
                                      .errors = std::vector<sm::APIErrorType>{}};
  std::vector<std::string> ids;
  if (listed) ids = *request.secret_id_list;
  if (filtered) {
    if (gate_) try {
        gate_(context, "secretsmanager:ListSecrets", "*");
      } catch (const aws::Error& e) {
        throw aws::Error(e.status < 500 ? wire::kNotAuthorized : e.code.c_str(), e.status, e.message);
      }
    const auto found = list_secrets(context, {.max_results = request.max_results.value_or(20),
                                              .next_token = request.next_token,
                                              .filters = request.filters});
    for (const auto& entry : *found.secret_list) ids.push_back(*entry.arn);
    out.next_token = found.next_token;
  }
  for (const auto& id : ids) try {
      if (gate_) gate_(context, "secretsmanager:GetSecretValue", secret(context.account, context.region, id).arn);
      auto value = get_secret_value(context, {.secret_id = id});
      out.secret_values->push_back({.arn = value.arn,
                                    .name = value.name,
                                    .version_id = value.version_id,
                                    .secret_binary = value.secret_binary,
                                    .secret_string = value.secret_string,
                                    .version_stages = value.version_stages,
                                    .created_date = value.created_date});
    } catch (const aws::Error& e) {
      out.errors->push_back({.secret_id = id,
                             .error_code = e.code == "AccessDenied" ? "AccessDeniedException" : e.code,
                             .message = e.message});
    }
  return out;
}

sm::PutSecretValueResponse Service::put_secret_value(aws::Context& context, const sm::PutSecretValueRequest& request) {
  if (request.rotation_token) throw aws::not_implemented("PutSecretValue: RotationToken");
  if (!request.secret_string && !request.secret_binary)
    throw sm::errors::InvalidRequestException("You must provide either SecretString or SecretBinary.");
  Secret changed = changeable(context, *request.secret_id, "PutSecretValue");
  if (changed.kms_key_id) demand_key(context, "kms:GenerateDataKey", *changed.kms_key_id);
  const std::string id =
      add_version(changed, request.client_request_token, request.secret_string, request.secret_binary,
                  request.version_stages.value_or(std::vector<std::string>{"AWSCURRENT"}), context.now);
  const Secret& saved = save(std::move(changed));
  sm::PutSecretValueResponse response{.arn = saved.arn, .name = saved.name, .version_id = id};
  for (const Version& version : saved.versions)
    if (version.id == id) response.version_stages = version.stages;
  return response;
}

sm::UpdateSecretResponse Service::update_secret(aws::Context& context, const sm::UpdateSecretRequest& request) {
  if (request.type) throw aws::not_implemented("UpdateSecret: Type");
  Secret changed = changeable(context, *request.secret_id, "UpdateSecret");
  if (request.kms_key_id) {
    kms_.usable_key_arn(context.account, context.region, *request.kms_key_id);
    changed.kms_key_id = request.kms_key_id;
  }
  if (request.description) changed.description = request.description;
  changed.changed = context.now;
  sm::UpdateSecretResponse response{.arn = changed.arn, .name = changed.name};
  if ((request.secret_string || request.secret_binary) && changed.kms_key_id)
    demand_key(context, "kms:GenerateDataKey", *changed.kms_key_id);
  if (request.secret_string || request.secret_binary)
    response.version_id = add_version(changed, request.client_request_token, request.secret_string,
                                      request.secret_binary, {"AWSCURRENT"}, context.now);
  save(std::move(changed));
  return response;
}

sm::UpdateSecretVersionStageResponse Service::update_secret_version_stage(
    aws::Context& context, const sm::UpdateSecretVersionStageRequest& request) {
  Secret changed = changeable(context, *request.secret_id, "UpdateSecretVersionStage");
  const std::string& stage = *request.version_stage;
  const auto version_of = [&](const std::string& id) -> Version& {
    for (Version& version : changed.versions)
      if (version.id == id) return version;
    throw sm::errors::ResourceNotFoundException("Secrets Manager can't find the specified secret version: " + id);
  };
  Version* holder = nullptr;
  for (Version& version : changed.versions)
    if (std::find(version.stages.begin(), version.stages.end(), stage) != version.stages.end()) holder = &version;
  if (holder != nullptr && request.move_to_version_id && holder->id == *request.move_to_version_id)
    return {.arn = changed.arn, .name = changed.name};
  if (holder != nullptr && request.remove_from_version_id != holder->id)
    throw sm::errors::InvalidParameterException(
        "The parameter RemoveFromVersionId can't be empty. Staging label " + stage +
        " is currently attached to version " + holder->id +
        ", so you must explicitly reference that version in RemoveFromVersionId.");
  if (stage == "AWSCURRENT" && !request.move_to_version_id)
    throw sm::errors::InvalidParameterException(
        "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.");
  if (request.move_to_version_id) version_of(*request.move_to_version_id).stages.push_back(stage);
  if (holder != nullptr) {
    std::erase(holder->stages, stage);
    if (stage == "AWSCURRENT") {
      for (Version& version : changed.versions) std::erase(version.stages, std::string("AWSPREVIOUS"));
      holder->stages.emplace_back("AWSPREVIOUS");
    }
  }
  changed.changed = context.now;
  const Secret& saved = save(std::move(changed));
  return {.arn = saved.arn, .name = saved.name};
}

sm::ListSecretVersionIdsResponse Service::list_secret_version_ids(aws::Context& context,
                                                                  const sm::ListSecretVersionIdsRequest& request) {
  const Secret& found = secret(context.account, context.region, *request.secret_id);
  sm::ListSecretVersionIdsResponse response{
      .versions = std::vector<sm::SecretVersionsListEntry>{}, .arn = found.arn, .name = found.name};
  const std::size_t from = position_of(request.next_token);
  const auto most = static_cast<std::size_t>(request.max_results.value_or(100));
  std::size_t at = 0;
  for (const Version& version : found.versions) {
    if (version.stages.empty() && !request.include_deprecated.value_or(false)) continue;
    if (at++ < from) continue;
    if (response.versions->size() == most) {
      response.next_token = std::to_string(from + most);
      break;
    }
    response.versions->push_back({.version_id = version.id,
                                  .version_stages = version.stages,
                                  .created_date = version.created,
                                  .kms_key_ids = {{version.kms_key_id}}});
  }
  return response;
}

sm::GetRandomPasswordResponse Service::get_random_password(aws::Context&, const sm::GetRandomPasswordRequest& request) {
  if (request.password_length.value_or(32) < 4)
    throw sm::errors::InvalidParameterException("Password length is too short based on the required types.");
  const auto length = static_cast<std::size_t>(request.password_length.value_or(32));
  const std::string excluded = request.exclude_characters.value_or("");
  std::vector<std::string> groups;
  const auto add = [&](std::string_view characters, bool excluded_group) {
    if (excluded_group) return;
    std::string kept;
    for (const char c : characters)
      if (excluded.find(c) == std::string::npos) kept += c;
    if (!kept.empty()) groups.push_back(kept);
  };
  add("abcdefghijklmnopqrstuvwxyz", request.exclude_lowercase.value_or(false));
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZ", request.exclude_uppercase.value_or(false));
  add("0123456789", request.exclude_numbers.value_or(false));
  add("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", request.exclude_punctuation.value_or(false));
  if (request.include_space.value_or(false)) add(" ", false);
  if (groups.empty()) throw sm::errors::InvalidParameterException("All character types have been excluded.");
  const bool each = request.require_each_included_type.value_or(true);
  if (each && length < groups.size())
    throw sm::errors::InvalidParameterException("Password length is less than the number of required character types.");
  std::string password;
  if (each)
    for (const auto& group : groups) password += random_.from(group, 1);
  const std::string all = text::join(groups, "");
  password += random_.from(all, length - password.size());
  for (std::size_t i = password.size(); i > 1; --i) std::swap(password[i - 1], password[random_.below(i)]);
  return {.random_password = password};
}

}  // namespace stratus::services::secretsmanager
