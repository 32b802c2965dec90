#include "stratus/services/secretsmanager/service.h"

#include <boost/json.hpp>

#include "stratus/core/arn.h"
#include "stratus/core/crypto.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"

namespace stratus::services::secretsmanager {
namespace {

constexpr std::string_view kCurrent = "AWSCURRENT", kPrevious = "AWSPREVIOUS";

bool has_stage(const Version& version, std::string_view stage) {
  return std::find(version.stages.begin(), version.stages.end(), stage) != version.stages.end();
}

std::string fingerprint(std::string_view salt, std::string_view value) {
  return crypto::to_hex(salt) + crypto::sha256_hex(std::string(salt).append(value));
}

bool same_value(const Version& version, bool binary, std::string_view value) {
  if (version.binary != binary || version.fingerprint.size() != 32 + 64) return false;
  std::string salt;
  for (std::size_t i = 0; i < 32; i += 2)
    salt += static_cast<char>(std::stoi(version.fingerprint.substr(i, 2), nullptr, 16));
  return fingerprint(salt, value) == version.fingerprint;
}

[[noreturn]] void not_found() {
  throw sm::errors::ResourceNotFoundException("Secrets Manager can't find the specified secret.");
}

}  // namespace

Service::Service(Loop& loop, state::Store& store, Random& random, kms::Service& kms)
    : Reconciler(loop, "secretsmanager", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      kms_(kms),
      secrets_(store, "secretsmanager_secrets") {}

void Service::start() { Reconciler::start(); }

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  store_.call([&] {
    for (const auto& [key, row] : secrets_.all())
      if (row->purge_at && *row->purge_at <= now) secrets_.erase(key);
  });
}

const Secret& Service::secret(const std::string& account, const std::string& region, const std::string& id) const {
  std::string name = id;
  if (const auto arn = Arn::parse(id)) {
    if (arn->account != account || !arn->resource.starts_with("secret:")) not_found();
    name = arn->resource.substr(7);
    // A whole ARN ends in a dash and six random characters; a partial one does not.
    if (name.size() > 7 && name[name.size() - 7] == '-') {
      const Secret* whole = secrets_.find(account, arn->region, name.substr(0, name.size() - 7));
      if (whole != nullptr && Arn::parse(whole->arn)->resource == arn->resource) return *whole;
    }
    const Secret* partial = secrets_.find(account, arn->region, name);
    if (partial == nullptr) not_found();
    return *partial;
  }
  const Secret* found = secrets_.find(account, region, name);
  if (found == nullptr) not_found();
  return *found;
}

std::optional<iam::ResourceVerdict> Service::judge(const iam::Request& request) const {
  const auto arn = Arn::parse(request.resource);
  if (!arn || !arn->resource.starts_with("secret:")) return std::nullopt;
  for (const Secret* row : secrets_.list(arn->account, arn->region))
    if (row->arn == request.resource)
      return row->policy ? std::optional(iam::judge_resource(*row->policy, request)) : std::nullopt;
  return std::nullopt;
}

const Secret& Service::changeable(const aws::Context& context, const std::string& id,
                                  std::string_view operation) const {
  const Secret& found = secret(context.account, context.region, id);
  if (found.deleted)
    throw sm::errors::InvalidRequestException(
        "You can't perform this operation on the secret because it was marked for deletion.");
  if (found.primary_region)
    throw sm::errors::InvalidRequestException(
        "Operation not permitted on a replica secret. Call must be made in primary secret's region (" +
        std::string(operation) + ").");
  return found;
}

state::Key Service::key_of(const Secret& secret) const {
  const auto arn = Arn::parse(secret.arn);
  return {arn->account, arn->region, secret.name};
}

const Secret& Service::save(Secret changed) {
  const state::Key key = key_of(changed);
  for (const Replica& replica : changed.replicas) {
    Secret copy = changed;
    copy.arn = make_arn("secretsmanager", replica.region, key.account, Arn::parse(changed.arn)->resource);
    copy.kms_key_id = replica.kms_key_id;
    copy.replicas.clear();
    copy.primary_region = key.region;
    // A replica's values are sealed again under a key of its own region, with its own ARN as context.
    const Secret* before = secrets_.find(key.account, replica.region, changed.name);
    for (Version& version : copy.versions) {
      const auto* kept = before == nullptr ? nullptr : [&]() -> const Version* {
        for (const Version& v : before->versions)
          if (v.id == version.id) return &v;
        return nullptr;
      }();
      if (kept != nullptr && kept->fingerprint == version.fingerprint) {
        version.sealed = kept->sealed;
        version.kms_key_id = kept->kms_key_id;
        continue;
      }
      const std::string value = open(changed, version);
      version.kms_key_id = replica.kms_key_id.value_or("alias/aws/secretsmanager");
      if (!replica.kms_key_id) kms_.managed_key_arn(key.account, replica.region, "aws/secretsmanager", version.created);
      version.sealed = {
          kms_.encrypt(key.account, replica.region, version.kms_key_id, value, {{"SecretARN", copy.arn}})};
    }
    secrets_.put({key.account, replica.region, changed.name}, std::move(copy));
  }
  return secrets_.put(key, std::move(changed));
}

void Service::demand_key(const aws::Context& context, const std::string& action, const std::string& name) const {
  const auto arn = kms_.customer_key_arn(context.account, context.region, name);
  if (arn && key_gate_ &&
      !key_gate_(context, action, *arn, {{"kms:viaservice", {"secretsmanager." + context.region + ".amazonaws.com"}}}))
    throw aws::Error("AccessDeniedException", 400, "Access to KMS is not allowed");
}

std::string Service::add_version(Secret& target, const std::optional<std::string>& token,
                                 const std::optional<std::string>& text, const std::optional<Blob>& binary,
                                 std::vector<std::string> stages, Timestamp now) {
  if (text && binary)
    throw sm::errors::InvalidParameterException(
        "You can't specify both a binary secret value and a string secret value in the same secret.");
  const std::string& value = text ? *text : binary->bytes;
  if (value.size() > 65536) throw sm::errors::InvalidParameterException("The secret value is longer than 65536 bytes.");
  const std::string id = token.value_or(random_.uuid());
  for (const Version& version : target.versions) {
    if (version.id != id) continue;
    if (!same_value(version, binary.has_value(), value))
      throw sm::errors::ResourceExistsException("You can't use ClientRequestToken " + id +
                                                " because that value is already in use for a version of secret " +
                                                target.arn + ".");
    return id;
  }
  const state::Key key = key_of(target);
  Version fresh{.id = id,
                .stages = {},
                .binary = binary.has_value(),
                .kms_key_id = target.kms_key_id.value_or("alias/aws/secretsmanager"),
                .fingerprint = fingerprint(crypto::random_bytes(16), value),
                .created = now};
  if (!target.kms_key_id) kms_.managed_key_arn(key.account, key.region, "aws/secretsmanager", now);
  fresh.sealed = {kms_.encrypt(key.account, key.region, fresh.kms_key_id, value, {{"SecretARN", target.arn}})};
  if (target.versions.empty() && std::find(stages.begin(), stages.end(), kCurrent) == stages.end())
    stages.emplace_back(kCurrent);
  for (Version& version : target.versions) {
    const bool was_current = has_stage(version, kCurrent);
    std::erase_if(version.stages, [&](const std::string& stage) {
      return std::find(stages.begin(), stages.end(), stage) != stages.end();
    });
    if (was_current && !has_stage(version, kCurrent)) {
      for (Version& other : target.versions) std::erase(other.stages, std::string(kPrevious));
      version.stages.emplace_back(kPrevious);
    }
  }
  fresh.stages = std::move(stages);
  target.versions.push_back(std::move(fresh));
  // Versions without a label are deprecated; AWS keeps up to a hundred of them.
  while (target.versions.size() > 100) {
    const auto oldest =
        std::find_if(target.versions.begin(), target.versions.end(), [](const Version& v) { return v.stages.empty(); });
    if (oldest == target.versions.end()) break;
    target.versions.erase(oldest);
  }
  target.changed = now;
  return id;
}

std::string Service::open(const Secret& owner, const Version& version) {
  const state::Key key = key_of(owner);
  try {
    return kms_.decrypt(key.account, key.region, version.sealed.bytes, {{"SecretARN", owner.arn}});
  } catch (const aws::Error& e) {
    throw sm::errors::DecryptionFailure(
        "Secrets Manager can't decrypt the protected secret text using the provided KMS key: " + e.code);
  }
}

std::string Service::value_of(const std::string& account, const std::string& region, const std::string& reference) {
  std::string id = reference, json_key, stage(kCurrent), version_id;
  if (const auto arn = Arn::parse(reference)) {
    const auto parts = text::split(arn->resource, ':');  // secret:name-suffix:json-key:stage:version
    if (parts.size() > 2) {
      id = make_arn("secretsmanager", arn->region, arn->account, parts[0] + ":" + parts[1]);
      json_key = parts[2];
      if (parts.size() > 3 && !parts[3].empty()) stage = parts[3];
      if (parts.size() > 4) version_id = parts[4];
    }
  }
  const Secret& found = secret(account, region, id);
  if (found.deleted)
    throw sm::errors::InvalidRequestException(
        "You can't perform this operation on the secret because it was marked for deletion.");
  for (const Version& version : found.versions) {
    if (version_id.empty() ? !has_stage(version, stage) : version.id != version_id) continue;
    std::string value = open(found, version);
    if (json_key.empty()) return value;
    boost::system::error_code error;
    const auto document = boost::json::parse(value, error);
    const auto* member = !error && document.is_object() ? document.as_object().if_contains(json_key) : nullptr;
    if (member == nullptr)
      throw sm::errors::ResourceNotFoundException("retrieved secret from Secrets Manager did not contain json key " +
                                                  json_key);
    return member->is_string() ? std::string(member->as_string()) : boost::json::serialize(*member);
  }
  throw sm::errors::ResourceNotFoundException(
      "Secrets Manager can't find the specified secret value for staging label: " + stage);
}

std::vector<sm::ReplicationStatusType> Service::replication_status(const Secret& owner) const {
  std::vector<sm::ReplicationStatusType> out;
  for (const Replica& replica : owner.replicas)
    out.push_back({.region = replica.region,
                   .kms_key_id = replica.kms_key_id.value_or("alias/aws/secretsmanager"),
                   .status = "InSync",
                   .status_message = "Replication succeeded"});
  return out;
}

void Service::replicate(Secret& target, const std::vector<sm::ReplicaRegionType>& regions, bool overwrite) {
  const state::Key key = key_of(target);
  for (const auto& region : regions) {
    if (*region.region == key.region) throw sm::errors::InvalidParameterException("Invalid replica region.");
    const Secret* existing = secrets_.find(key.account, *region.region, target.name);
    const bool ours = existing != nullptr && existing->primary_region == key.region;
    if (existing != nullptr && !ours && !overwrite)
      throw sm::errors::ResourceExistsException("A secret named " + target.name + " already exists in " +
                                                *region.region + ".");
    std::erase_if(target.replicas, [&](const Replica& replica) { return replica.region == *region.region; });
    target.replicas.push_back({*region.region, region.kms_key_id});
  }
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  for (const Member& member : operation.input().members) {
    if (std::string_view(member.name) != "SecretId" && std::string_view(member.name) != "Name") continue;
    const auto* id = static_cast<const std::string*>(member_value(member, request));
    if (id == nullptr) continue;
    try {
      return {secret(context.account, context.region, *id).arn};
    } catch (const aws::Error&) {
      return {id->starts_with("arn:") ? *id
                                      : make_arn("secretsmanager", context.region, context.account, "secret:" + *id)};
    }
  }
  return {"*"};
}

}  // namespace stratus::services::secretsmanager
