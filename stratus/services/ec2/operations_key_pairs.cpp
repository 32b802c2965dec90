// Key pairs: made, imported, listed. There are no instances to log in to with them.
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/key_material.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {

const KeyPair& Service::keep(const aws::Context& context, KeyPair row,
                             const std::optional<std::vector<e::TagSpecification>>& tags) {
  if (row.name.empty() || row.name.size() > 255)
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" + row.name + ") for parameter KeyName is invalid. Length must be 1 to 255.");
  for (const KeyPair* other : key_pairs_.list(context.account, context.region))
    if (other->name == row.name)
      throw aws::Error("InvalidKeyPair.Duplicate", 400, "The keypair '" + row.name + "' already exists.");
  row.id = random_.ec2_id("key");
  row.created = context.now;
  tag(context, row.id, tags, "key-pair");
  const state::Key key{context.account, context.region, row.id};
  return key_pairs_.put(key, std::move(row));
}

e::KeyPair Service::create_key_pair(aws::Context& context, const e::CreateKeyPairRequest& request) {
  if (request.key_format.value_or("pem") != "pem") throw aws::not_implemented("CreateKeyPair: KeyFormat ppk");
  for (const KeyPair* other : key_pairs_.list(context.account, context.region))
    if (other->name == *request.key_name)
      throw aws::Error("InvalidKeyPair.Duplicate", 400, "The keypair '" + other->name + "' already exists.");
  // The front door undoes a dry run and says so; here the work of making a key is avoided.
  if (request.dry_run.value_or(false))
    throw aws::Error("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.");
  const KeyMaterial made = make_key_pair(request.key_type.value_or("rsa"));
  const KeyPair& row = keep(context,
                            {.name = *request.key_name,
                             .type = made.type,
                             .fingerprint = made.fingerprint,
                             .public_key = made.public_key + " " + *request.key_name},
                            request.tag_specifications);
  return {.key_pair_id = row.id,
          .tags = tags_of(context.account, context.region, row.id),
          .key_name = row.name,
          .key_fingerprint = row.fingerprint,
          .key_material = made.private_key};
}

e::ImportKeyPairResult Service::import_key_pair(aws::Context& context, const e::ImportKeyPairRequest& request) {
  const auto read = read_public_key(request.public_key_material->bytes);
  if (!read) throw aws::Error("InvalidKey.Format", 400, "Key is not in valid OpenSSH public key format");
  const KeyPair& row = keep(context,
                            {.name = *request.key_name,
                             .type = read->type,
                             .fingerprint = read->fingerprint,
                             .public_key = read->public_key + " " + *request.key_name},
                            request.tag_specifications);
  return {.key_fingerprint = row.fingerprint,
          .key_name = row.name,
          .key_pair_id = row.id,
          .tags = tags_of(context.account, context.region, row.id)};
}

e::DeleteKeyPairResult Service::delete_key_pair(aws::Context& context, const e::DeleteKeyPairRequest& request) {
  if (!request.key_name && !request.key_pair_id)
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter KeyName or KeyPairId");
  for (const KeyPair* row : key_pairs_.list(context.account, context.region)) {
    if (request.key_pair_id ? row->id != *request.key_pair_id : row->name != *request.key_name) continue;
    const std::string id = row->id;
    untag(context.account, context.region, id);
    key_pairs_.erase({context.account, context.region, id});
    return {.return_ = true, .key_pair_id = id};
  }
  // One that is not there is as good as deleted.
  return {.return_ = true};
}

e::DescribeKeyPairsResult Service::describe_key_pairs(aws::Context& context,
                                                      const e::DescribeKeyPairsRequest& request) {
  const auto all = key_pairs_.list(context.account, context.region);
  if (request.key_names)
    for (const auto& name : *request.key_names)
      if (std::none_of(all.begin(), all.end(), [&](const KeyPair* row) { return row->name == name; }))
        throw aws::Error("InvalidKeyPair.NotFound", 400, "The key pair '" + name + "' does not exist");
  std::vector<const KeyPair*> rows;
  for (const KeyPair* row : all)
    if (!request.key_names ||
        std::find(request.key_names->begin(), request.key_names->end(), row->name) != request.key_names->end())
      rows.push_back(row);
  return {.key_pairs = select<e::KeyPairInfo>(
              rows, request.key_pair_ids, "InvalidKeyPair.NotFound", "key pair", request.filters,
              [&](const KeyPair& row) {
                e::KeyPairInfo out{.key_pair_id = row.id,
                                   .key_type = row.type,
                                   .tags = tags_of(context.account, context.region, row.id),
                                   .create_time = row.created,
                                   .key_name = row.name,
                                   .key_fingerprint = row.fingerprint};
                if (request.include_public_key.value_or(false)) out.public_key = row.public_key;
                return out;
              },
              [](const KeyPair& row) { return row.id; },
              [](const std::string& name, bool& known, const KeyPair& row,
                 const e::KeyPairInfo& item) -> std::vector<std::string> {
                std::vector<std::string> tags;
                if (tag_values(name, *item.tags, tags)) return tags;
                if (name == "key-name") return {row.name};
                if (name == "key-pair-id") return {row.id};
                if (name == "fingerprint") return {row.fingerprint};
                known = false;
                return {};
              })};
}

}  // namespace stratus::services::ec2
