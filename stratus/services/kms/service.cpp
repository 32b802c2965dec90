#include "stratus/services/kms/service.h"

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/log.h"
#include "stratus/state/master_key.h"

namespace stratus::services::kms {
Service::Service(Loop& loop, state::Store& store, Random& random)
    : Reconciler(loop, "kms", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      keys_(store, "kms_keys"),
      aliases_(store, "kms_aliases"),
      grants_(store, "kms_grants"),
      master_(state::master_key(store.directory())) {}

void Service::start() { Reconciler::start(); }

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  store_.call([&] {
    for (const auto& [key, row] : keys_.all()) {
      if (row->metadata.key_state == "PendingDeletion" && row->metadata.deletion_date &&
          *row->metadata.deletion_date <= now) {
        for (const auto& [alias_key, alias] : aliases_.all())
          if (alias_key.account == key.account && alias_key.region == key.region && alias->key_id == key.id)
            aliases_.erase(alias_key);
        for (const Grant* grant : grants_.list(key.account, key.region))
          if (grant->key_id == key.id) grants_.erase({key.account, key.region, grant->id});
        keys_.erase(key);
        log::info("kms.key_deleted", {{"key", key.id}});
      } else if (row->rotation_enabled && row->metadata.key_state == "Enabled" &&
                 now - row->rotated_at >= std::chrono::hours(24) * row->rotation_days) {
        keys_.update(key, [&, id = key.id](Key& changed) {
          changed.material.push_back({crypto::seal(master_, crypto::random_bytes(32), id)});
          changed.rotated_at = now;
          changed.rotations.push_back({now, false});
        });
      }
    }
  });
}

const Key& Service::key(const std::string& account, const std::string& region, const std::string& name) const {
  std::string id = name;
  std::string owner = account, where = region;
  if (const auto arn = Arn::parse(name)) {
    owner = arn->account;
    where = arn->region;
    id = arn->resource.starts_with("key/") ? arn->resource.substr(4) : arn->resource;
  }
  if (id.starts_with("alias/")) {
    const Alias* alias = aliases_.find(owner, where, id);
    if (alias == nullptr)
      throw aws::kms::errors::NotFoundException("Alias " + make_arn("kms", where, owner, id) + " is not found.");
    id = alias->key_id;
  }
  const Key* found = owner == account ? keys_.find(owner, where, id) : nullptr;
  const bool uuid = id.size() == 36 && id.find_first_not_of("0123456789abcdef-") == std::string::npos;
  if (found == nullptr && !uuid && !id.starts_with("mrk-") && name.find(':') == std::string::npos)
    throw aws::kms::errors::NotFoundException("Invalid keyId '" + id + "'");
  if (found == nullptr)
    throw aws::kms::errors::NotFoundException("Key '" + make_arn("kms", where, owner, "key/" + id) +
                                              "' does not exist");
  return *found;
}

const Key& Service::enabled_key(const std::string& account, const std::string& region, const std::string& name) const {
  const Key& found = key(account, region, name);
  if (found.metadata.key_state == "PendingDeletion")
    throw aws::kms::errors::KMSInvalidStateException(*found.metadata.arn + " is pending deletion.");
  if (found.metadata.key_state != "Enabled")
    throw aws::kms::errors::DisabledException(*found.metadata.arn + " is disabled.");
  return found;
}

state::Key Service::row_key(const Key& key) const {
  const auto arn = Arn::parse(*key.metadata.arn);
  return {arn->account, arn->region, *key.metadata.key_id};
}

Key Service::new_key(const std::string& account, const std::string& region, Timestamp now) {
  Key key;
  auto& m = key.metadata;
  m.key_id = random_.uuid();
  m.aws_account_id = account;
  m.arn = make_arn("kms", region, account, "key/" + *m.key_id);
  m.creation_date = now;
  m.enabled = true;
  m.key_state = "Enabled";
  m.description = "";
  m.key_usage = "ENCRYPT_DECRYPT";
  m.key_manager = "CUSTOMER";
  m.origin = "AWS_KMS";
  m.key_spec = "SYMMETRIC_DEFAULT";
  m.customer_master_key_spec = "SYMMETRIC_DEFAULT";
  m.encryption_algorithms = {"SYMMETRIC_DEFAULT"};
  m.multi_region = false;
  key.material.push_back({crypto::seal(master_, crypto::random_bytes(32), *m.key_id)});
  key.rotated_at = now;
  return key;
}

std::string Service::usable_key_arn(const std::string& account, const std::string& region, const std::string& name) {
  return *enabled_key(account, region, name).metadata.arn;
}

std::string Service::managed_key_arn(const std::string& account, const std::string& region, const std::string& alias,
                                     Timestamp now) {
  const std::string name = "alias/" + alias;
  if (const Alias* existing = aliases_.find(account, region, name))
    return make_arn("kms", region, account, "key/" + existing->key_id);
  Key key = new_key(account, region, now);
  key.metadata.key_manager = "AWS";
  key.metadata.description =
      "Default key that protects my " + alias.substr(alias.find('/') + 1) + " resources when no other key is defined";
  key.policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + account +
      R"(:root"},"Action":["kms:Encrypt","kms:Decrypt","kms:GenerateDataKey*","kms:Describe*","kms:Get*","kms:List*"],"Resource":"*"}]})";
  key.rotation_enabled = true;
  const std::string arn = *key.metadata.arn, id = *key.metadata.key_id;
  store_.call([&] {
    keys_.put({account, region, id}, std::move(key));
    aliases_.put({account, region, name}, {name, id, now, now});
  });
  return arn;
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  if (std::string_view(operation.name) == "ReEncrypt") {
    // The key that the ciphertext is under, then the one that it goes under: each is asked a right of its own.
    const auto& asked = *static_cast<const aws::kms::ReEncryptRequest*>(request);
    const Key* source = asked.ciphertext_blob
                            ? keys_.find(context.account, context.region, key_id_of(asked.ciphertext_blob->bytes))
                            : nullptr;
    return {source != nullptr ? *source->metadata.arn : "*",
            asked.destination_key_id ? arn_for(context, *asked.destination_key_id) : "*"};
  }
  // A ciphertext tells its key.
  for (const Member& member : operation.input().members) {
    if (std::string_view(member.name) != "CiphertextBlob") continue;
    const auto* blob = static_cast<const Blob*>(member_value(member, request));
    if (blob == nullptr) continue;
    if (const Key* found = keys_.find(context.account, context.region, key_id_of(blob->bytes)))
      return {*found->metadata.arn};
  }
  // Every request that names a key has a member KeyId; the decision is about the key that it means.
  for (const Member& member : operation.input().members) {
    if (std::string_view(member.name) != "KeyId" && std::string_view(member.name) != "TargetKeyId") continue;
    const auto* name = static_cast<const std::string*>(member_value(member, request));
    if (name != nullptr) return {arn_for(context, *name)};
  }
  return {"*"};
}

std::string Service::arn_for(const aws::Context& context, const std::string& name) const {
  try {
    return *key(context.account, context.region, name).metadata.arn;
  } catch (const aws::Error&) {
    return name.starts_with("arn:") ? name : make_arn("kms", context.region, context.account, "key/" + name);
  }
}

std::optional<std::string> Service::customer_key_arn(const std::string& account, const std::string& region,
                                                     const std::string& name) const {
  try {
    const Key& found = key(account, region, name);
    if (found.metadata.key_manager == "CUSTOMER") return found.metadata.arn;
  } catch (const aws::Error&) {  // whoever uses it says so
  }
  return std::nullopt;
}

}  // namespace stratus::services::kms
