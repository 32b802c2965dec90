#include "stratus/services/ecr/service.h"

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/ecr/lifecycle.h"
#include "stratus/state/master_key.h"

namespace stratus::services::ecr {
namespace {

struct Reference {
  std::string account, region, repository, tag_or_digest;
};

/// "<account>.dkr.ecr.<region>.amazonaws.com/name[:tag|@digest]"
std::optional<Reference> parse_reference(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto host = text::split(text.substr(0, slash), '.');
  if (host.size() < 5 || host[1] != "dkr" || host[2] != "ecr" || host[0].size() != 12) return std::nullopt;
  Reference out{host[0], host[3], text.substr(slash + 1), "latest"};
  if (const auto at = out.repository.find('@'); at != std::string::npos) {
    out.tag_or_digest = out.repository.substr(at + 1);
    out.repository.resize(at);
  } else if (const auto colon = out.repository.rfind(':'); colon != std::string::npos) {
    out.tag_or_digest = out.repository.substr(colon + 1);
    out.repository.resize(colon);
  }
  return out;
}

/// Whether a tag stays where it is: by the repository's rule, turned round where an exclusion fits.
bool immutable(const Repository& repository, const std::string& tag) {
  bool out = repository.tag_mutability.starts_with("IMMUTABLE");
  if (repository.tag_mutability.ends_with("EXCLUSION"))
    for (const auto& exclusion : repository.exclusions)
      if (text::wildcard_match(exclusion.filter.value_or(""), tag)) return !out;
  return out;
}

}  // namespace

Service::Service(Loop& loop, state::Store& store, Random& random, images::ImageStore& images)
    : Reconciler(loop, "ecr", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      images_(images),
      repositories_(store, "ecr_repositories"),
      rows_(store, "ecr_images"),
      layers_(store, "ecr_layers"),
      registries_(store, "ecr_registries"),
      token_key_(state::master_key(store.directory())) {}

void Service::start() { Reconciler::start(); }

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  store_.call([&] {
    for (const auto& [key, row] : repositories_.all())
      if (!row->lifecycle_policy.empty() &&
          (!row->lifecycle_evaluated || now - *row->lifecycle_evaluated >= std::chrono::minutes(10)))
        expire(key, *row, now);
  });
  if (now - collected_ < std::chrono::minutes(30)) return;
  collected_ = now;
  auto live = std::make_shared<std::set<std::string>>();
  for (const auto& [key, row] : rows_.all()) {
    live->insert(row->digest);
    live->insert(row->references.begin(), row->references.end());
  }
  auto used = std::make_shared<std::set<std::string>>(in_use_ ? in_use_() : std::set<std::string>());
  loop_.run_blocking(
      [this, live, used] {
        // Layers stay unpacked as long as an image that has them is stored.
        for (const auto& digest : *live)
          if (const auto config = images_.image_config(digest))
            used->insert(config->diff_ids.begin(), config->diff_ids.end());
        if (const auto collected = images_.collect(*live, *used); !collected)
          log::warning("ecr.collect_failed", {{"error", collected.error().message()}});
      },
      [] {});
}

void Service::expire(const state::Key& key, const Repository& row, Timestamp now) {
  const std::string name = row.name;
  for (const auto& digest : expired_images(row.lifecycle_policy, images_of(key.account, key.region, name), now)) {
    rows_.erase({key.account, key.region, name + "\n" + digest});
    log::info("ecr.image_expired", {{"repository", name}, {"digest", digest}});
  }
  repositories_.update(key, [&](Repository& changed) { changed.lifecycle_evaluated = now; });
}

const Repository& Service::repository(const std::string& account, const std::string& region,
                                      const std::string& name) const {
  const Repository* found = repositories_.find(account, region, name);
  if (found == nullptr)
    throw r::errors::RepositoryNotFoundException("The repository with name '" + name +
                                                 "' does not exist in the registry with id '" + account + "'");
  return *found;
}

std::vector<const Image*> Service::images_of(const std::string& account, const std::string& region,
                                             const std::string& name) const {
  std::vector<const Image*> out;
  for (const Image* row : rows_.list(account, region))
    if (row->repository == name) out.push_back(row);
  return out;
}

const Image* Service::find_image(const std::string& account, const std::string& region, const std::string& name,
                                 const std::string& tag_or_digest) const {
  if (images::valid_digest(tag_or_digest)) return rows_.find(account, region, name + "\n" + tag_or_digest);
  for (const Image* row : images_of(account, region, name))
    if (std::find(row->tags.begin(), row->tags.end(), tag_or_digest) != row->tags.end()) return row;
  return nullptr;
}

const Repository& Service::repository(const aws::Context& context, const std::string& name) const {
  const Repository& found = repository(context.account, context.region, name);
  if (found.policy.empty() || context.identity.kind == aws::Identity::Kind::root) return found;
  if (const std::string action = "ecr:" + context.operation;
      policy_decision(found.arn, action, context.identity.arn) == iam::Decision::explicit_deny)
    throw aws::Error("AccessDeniedException", 400,
                     "User: " + context.identity.arn + " is not authorized to perform: " + action +
                         " on resource: " + found.arn + " with an explicit deny in a resource-based policy");
  return found;
}

const Image& Service::image(const aws::Context& context, const std::string& name, const r::ImageIdentifier& id) const {
  const Repository& owner = repository(context, name);
  const Image* found =
      find_image(context.account, context.region, owner.name, id.image_digest.value_or(id.image_tag.value_or("")));
  const bool both = found != nullptr && id.image_digest && id.image_tag;
  if (found == nullptr ||
      (both && std::find(found->tags.begin(), found->tags.end(), *id.image_tag) == found->tags.end()))
    throw r::errors::ImageNotFoundException("The image with imageId {imageDigest:'" + id.image_digest.value_or("null") +
                                            "', imageTag:'" + id.image_tag.value_or("null") +
                                            "'} does not exist within the repository with name '" + owner.name +
                                            "' in the registry with id '" + context.account + "'");
  return *found;
}

const Registry& Service::registry(const std::string& account, const std::string& region) const {
  static const Registry kFresh;
  const Registry* found = registries_.find(account, region, "registry");
  return found != nullptr ? *found : kFresh;
}

iam::Decision Service::policy_decision(const std::string& arn, const std::string& action,
                                       const std::string& principal) const {
  const auto parsed = Arn::parse(arn);
  const Repository* found = parsed && parsed->resource.starts_with("repository/")
                                ? repositories_.find(parsed->account, parsed->region, parsed->resource.substr(11))
                                : nullptr;
  if (found == nullptr || found->policy.empty()) return iam::Decision::implicit_deny;
  // Statements of repository policies name no resource: they are about the repository.
  return iam::parsed(found->policy, true)
      .decide({.action = action, .resource = arn, .principal = principal, .context = {}});
}

std::string Service::repository_arn(const std::string& reference) {
  const auto parsed = parse_reference(reference);
  return parsed ? make_arn("ecr", parsed->region, parsed->account, "repository/" + parsed->repository) : "";
}

void Service::pull(const std::string& reference, std::function<void(Result<images::UnpackedImage>)> done) {
  const auto parsed = parse_reference(reference);
  const auto answer = [&](const std::string& why) { loop_.post([done, why] { done(failure(why, 0)); }); };
  if (!parsed)
    return answer("pull image manifest has been retried 1 time(s): failed to resolve ref " + reference +
                  ": only images of this registry (<account>.dkr.ecr.<region>.amazonaws.com/…) can be pulled");
  if (repositories_.find(parsed->account, parsed->region, parsed->repository) == nullptr)
    return answer("pull image manifest has been retried 1 time(s): failed to resolve ref " + reference +
                  ": pull access denied, repository does not exist or may require authorization: server message: "
                  "insufficient_scope: authorization failed");
  const Image* image = find_image(parsed->account, parsed->region, parsed->repository, parsed->tag_or_digest);
  if (image == nullptr)
    return answer("pull image manifest has been retried 1 time(s): failed to resolve ref " + reference + ": " +
                  reference + ": not found");
  const std::string digest = image->digest;
  const state::Key key{parsed->account, parsed->region, image->repository + "\n" + digest};
  rows_.update(key, [&](Image& row) { row.pulled = loop_.clock().now(); });
  auto result = std::make_shared<Result<images::UnpackedImage>>(failure("pull", 0));
  loop_.run_blocking([this, digest, result] { *result = images_.unpack(digest); },
                     [result, done = std::move(done)] { done(std::move(*result)); });
}

std::int64_t Service::stored_bytes(const std::string& account) const {
  std::map<std::string, std::int64_t> layers;
  for (const auto& [key, row] : layers_.all())
    if (key.account == account) layers[key.region + key.id.substr(key.id.find('\n'))] = row->size;
  std::int64_t sum = 0;
  for (const auto& [digest, size] : layers) sum += size;
  return sum;
}

void Service::record_image(const Caller& caller, const std::string& name, const images::StoredManifest& manifest,
                           const std::string& tag) {
  const Repository& owner = repository(caller.account, caller.region, name);
  const auto parsed = images::parse_manifest(manifest.body, manifest.media_type);
  if (!parsed) throw r::errors::InvalidParameterException(parsed.error().message());
  const state::Key key{caller.account, caller.region, name + "\n" + manifest.digest};
  // What the manifest refers to must be this repository's: the store itself is shared by all.
  std::string missing;
  for (const auto& digest : parsed->references())
    if (layers_.find(caller.account, caller.region, name + "\n" + digest) == nullptr &&
        rows_.find(caller.account, caller.region, name + "\n" + digest) == nullptr)
      missing += (missing.empty() ? "" : ", ") + digest;
  if (!missing.empty())
    throw r::errors::LayersNotFoundException("Layers with digests '[" + missing +
                                             "]' required for pushing image into repository with name '" + name +
                                             "' in the registry with id '" + caller.account + "' do not exist");
  if (!tag.empty()) {
    const Image* holder = find_image(caller.account, caller.region, name, tag);
    if (holder != nullptr && holder->digest != manifest.digest) {
      if (immutable(owner, tag))
        throw r::errors::ImageTagAlreadyExistsException(
            "The image tag '" + tag + "' already exists in the '" + name +
            "' repository and cannot be overwritten because the tag is immutable.");
      rows_.update({caller.account, caller.region, name + "\n" + holder->digest},
                   [&](Image& row) { std::erase(row.tags, tag); });
    }
  }
  const Image* existing = rows_.find(key);
  Image row = existing != nullptr ? *existing
                                  : Image{.repository = name,
                                          .digest = manifest.digest,
                                          .media_type = manifest.media_type,
                                          .pushed = loop_.clock().now()};
  row.references = parsed->references();
  row.size = static_cast<std::int64_t>(parsed->size());
  if (!tag.empty() && std::find(row.tags.begin(), row.tags.end(), tag) == row.tags.end()) row.tags.push_back(tag);
  if (existing == nullptr && scan_frequency(caller.account, caller.region, owner) == "SCAN_ON_PUSH")
    row.scanned = loop_.clock().now();
  const Image& saved = rows_.put(key, std::move(row));
  replicate(caller, saved, owner);
}

void Service::replicate(const Caller& caller, const Image& image, const Repository& from) {
  const Registry* registry = registries_.find(caller.account, caller.region, "registry");
  if (registry == nullptr || !registry->replication.rules) return;
  for (const auto& rule : *registry->replication.rules) {
    if (rule.repository_filters && !rule.repository_filters->empty() &&
        std::none_of(rule.repository_filters->begin(), rule.repository_filters->end(),
                     [&](const auto& f) { return image.repository.starts_with(f.filter.value_or("")); }))
      continue;
    for (const auto& destination : *rule.destinations) {
      const std::string& region = *destination.region;
      if (repositories_.find(caller.account, region, from.name) == nullptr) {
        Repository copy = from;
        copy.arn = make_arn("ecr", region, caller.account, "repository/" + from.name);
        copy.lifecycle_policy.clear();
        repositories_.put({caller.account, region, from.name}, std::move(copy));
      }
      for (const auto& digest : image.references)
        if (const Layer* layer = layers_.find(caller.account, caller.region, from.name + "\n" + digest))
          layers_.put({caller.account, region, from.name + "\n" + digest}, *layer);
      for (const auto& tag : image.tags)
        if (const Image* holder = find_image(caller.account, region, from.name, tag);
            holder != nullptr && holder->digest != image.digest)
          rows_.update({caller.account, region, from.name + "\n" + holder->digest},
                       [&](Image& row) { std::erase(row.tags, tag); });
      rows_.put({caller.account, region, from.name + "\n" + image.digest}, image);
    }
  }
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  for (const Member& member : operation.input().members) {
    const std::string_view name = member.name;
    if (member.shape().kind != Kind::string || (name != "repositoryName" && name != "resourceArn")) continue;
    if (const auto* value = static_cast<const std::string*>(member_value(member, request)))
      return {name == "resourceArn" ? *value
                                    : make_arn("ecr", context.region, context.account, "repository/" + *value)};
  }
  return {"*"};
}

}  // namespace stratus::services::ecr
