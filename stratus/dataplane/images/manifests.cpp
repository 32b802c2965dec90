#include <sys/stat.h>

#include "stratus/core/process.h"
#include "stratus/dataplane/images/digest.h"
#include "stratus/dataplane/images/image_store.h"
#include "stratus/dataplane/images/store_state.h"

namespace stratus::images {

Result<StoredManifest> ImageStore::put_manifest(std::string_view media_type, std::string_view body,
                                                const std::string& expected_digest) {
  if (body.size() > state_->limits.manifest_bytes)
    return Failure{"manifest is larger than " + std::to_string(state_->limits.manifest_bytes) + " bytes", EFBIG};
  const std::string digest = digest_of(body);
  if (!expected_digest.empty() && expected_digest != digest)
    return Failure{"manifest has digest " + digest + ", not " + expected_digest, EBADMSG};
  auto manifest = parse_manifest(body, media_type);
  if (!manifest) return manifest.error();
  const std::lock_guard lock(state_->collecting);
  for (const auto& reference : manifest->references()) {
    struct stat status {};
    const auto path = manifest->is_index ? state_->manifest(reference) : state_->blob(reference);
    if (::stat(path.c_str(), &status) != 0) return failure("manifest refers to " + reference);
  }
  auto written = write_file(state_->manifest(digest), manifest->media_type + "\n" + std::string(body), 0600);
  if (!written) return written.error();
  if (auto synced = sync_directory(state_->directory + "/manifests"); !synced) return synced.error();
  return StoredManifest{digest, manifest->media_type, std::string(body)};
}

Result<StoredManifest> ImageStore::get_manifest(const std::string& digest) const {
  if (!valid_digest(digest)) return Failure{"not a sha256 digest: \"" + digest + "\"", EINVAL};
  auto content = read_file(state_->manifest(digest));
  if (!content) return Failure{"manifest " + digest, content.error().error};
  const auto line = content->find('\n');
  if (line == std::string::npos) return Failure{"manifest " + digest + " is damaged on the disk", EBADMSG};
  StoredManifest out{digest, content->substr(0, line), content->substr(line + 1)};
  if (digest_of(out.body) != digest) return Failure{"manifest " + digest + " is damaged on the disk", EBADMSG};
  return out;
}

Result<StoredManifest> ImageStore::resolve(const std::string& digest, std::string_view architecture) const {
  std::string at = digest;
  // An index may name another index; three deep is more than any builder makes.
  for (int depth = 0; depth < 4; ++depth) {
    auto stored = get_manifest(at);
    if (!stored) return stored.error();
    auto manifest = parse_manifest(stored->body, stored->media_type);
    if (!manifest) return manifest.error();
    if (!manifest->is_index) return stored;
    const Descriptor* chosen = nullptr;
    for (const auto& entry : manifest->manifests) {
      const bool fits = entry.os == "linux" && entry.architecture == architecture;
      if (fits && chosen == nullptr) chosen = &entry;
    }
    if (chosen == nullptr)
      return Failure{"index " + at + " has no image for linux/" + std::string(architecture), ENOENT};
    at = chosen->digest;
  }
  return Failure{"index " + digest + " is nested too deep", EINVAL};
}

Result<ImageConfig> ImageStore::image_config(const std::string& manifest_digest) const {
  auto stored = get_manifest(manifest_digest);
  if (!stored) return stored.error();
  auto manifest = parse_manifest(stored->body, stored->media_type);
  if (!manifest) return manifest.error();
  if (manifest->is_index) return Failure{"manifest " + manifest_digest + " is an index, not an image", EINVAL};
  auto body = read_blob(manifest->config.digest, state_->limits.manifest_bytes);
  if (!body) return body.error();
  return parse_image_config(*body);
}

}  // namespace stratus::images
