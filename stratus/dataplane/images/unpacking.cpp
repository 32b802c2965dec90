#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "stratus/core/process.h"
#include "stratus/dataplane/images/image_store.h"
#include "stratus/dataplane/images/layer.h"
#include "stratus/dataplane/images/store_state.h"

namespace stratus::images {
namespace {

namespace fs = std::filesystem;

/// A directory that goes again unless it was moved into place.
class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  ~Scratch() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// When something was last put in place. Not a layer's mtime: that one is the image's.
Timestamp changed(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return Timestamp{INT64_MAX};
  return Timestamp{status.st_ctim.tv_sec * 1000 + status.st_ctim.tv_nsec / 1'000'000};
}

std::uint64_t tree_bytes(const fs::path& path) {
  std::uint64_t out = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    struct stat status {};
    if (::lstat(it->path().c_str(), &status) == 0) out += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  return out;
}

}  // namespace

std::string_view ImageStore::host_architecture() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#else
#error "neither amd64 nor arm64"
#endif
}

Result<std::string> ImageStore::unpack_layer(const std::string& blob_digest, const std::string& diff_id) {
  if (!valid_digest(diff_id)) return Failure{"not a sha256 digest: \"" + diff_id + "\"", EINVAL};
  const auto place = state_->layer(diff_id);
  struct stat status {};
  {
    std::unique_lock lock(state_->mutex);
    state_->unpacked.wait(lock, [&] { return !state_->unpacking.contains(diff_id); });
    if (::stat(place.c_str(), &status) == 0) return place;
    state_->unpacking.insert(diff_id);
  }
  const auto unpack = [&]() -> Result<std::string> {
    const auto blob = find_blob(blob_digest);
    if (!blob) return blob.error();
    const Scratch scratch(state_->directory + "/scratch/" + random_name());
    if (::mkdir(scratch.path().c_str(), 0755) != 0) return failure("make directory " + scratch.path());
    auto layer =
        unpack_tar(blob->path, scratch.path(), {state_->limits.unpacked_bytes, state_->limits.unpacked_entries});
    if (!layer) return Failure{"layer " + blob_digest + ": " + layer.error().what, layer.error().error};
    if (layer->diff_id != diff_id)
      return Failure{"layer " + blob_digest + " unpacks to " + layer->diff_id + ", not to " + diff_id, EBADMSG};
    const UniqueFd fd(::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::syncfs(fd.get()) != 0) return failure("sync " + scratch.path());
    const std::lock_guard lock(state_->collecting);
    if (::rename(scratch.path().c_str(), place.c_str()) != 0)
      return failure("rename " + scratch.path() + " to " + place);
    if (auto synced = sync_directory(state_->directory + "/layers"); !synced) return synced.error();
    return place;
  };
  auto result = unpack();
  {
    const std::lock_guard lock(state_->mutex);
    state_->unpacking.erase(diff_id);
  }
  state_->unpacked.notify_all();
  return result;
}

Result<UnpackedImage> ImageStore::unpack(const std::string& manifest_digest, std::string_view architecture) {
  auto stored = resolve(manifest_digest, architecture);
  if (!stored) return stored.error();
  auto manifest = parse_manifest(stored->body, stored->media_type);
  if (!manifest) return manifest.error();
  UnpackedImage out;
  out.manifest_digest = stored->digest;
  out.config_digest = manifest->config.digest;
  auto config = image_config(stored->digest);
  if (!config) return config.error();
  if (config->os != "linux" || config->architecture != architecture)
    return Failure{"image " + stored->digest + " is for " + config->os + "/" + config->architecture +
                       ", not for linux/" + std::string(architecture),
                   ENOEXEC};
  if (config->diff_ids.size() != manifest->layers.size())
    return Failure{"image " + stored->digest + " has " + std::to_string(manifest->layers.size()) +
                       " layers, and its configuration names " + std::to_string(config->diff_ids.size()),
                   EINVAL};
  for (std::size_t i = 0; i < manifest->layers.size(); ++i) {
    auto directory = unpack_layer(manifest->layers[i].digest, config->diff_ids[i]);
    if (!directory) return directory.error();
    // The same layer twice (an empty one, say) would be refused by overlayfs; the upper of two hides the lower
    // entirely.
    std::erase(out.layer_directories, *directory);
    out.layer_directories.push_back(std::move(*directory));
  }
  out.config = std::move(*config);
  return out;
}

Result<Collected> ImageStore::collect(const std::set<std::string>& live, const std::set<std::string>& live_diff_ids,
                                      Duration grace) {
  Collected out;
  const Timestamp now = SystemClock().now();
  const std::lock_guard lock(state_->collecting);
  std::error_code error;
  const auto sweep = [&](const std::string& part, const std::set<std::string>& keep, Duration young,
                         std::uint64_t& count) -> Result<> {
    std::vector<fs::path> gone;
    for (fs::directory_iterator it(state_->directory + part, error), end; !error && it != end; it.increment(error))
      if (!keep.contains("sha256:" + it->path().filename().string()) && changed(it->path()) + young <= now)
        gone.push_back(it->path());
    if (error) return Failure{"list " + state_->directory + part, error.value()};
    for (const auto& path : gone) {
      struct stat status {};
      const bool is_directory = ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
      out.bytes += is_directory ? tree_bytes(path) : static_cast<std::uint64_t>(status.st_blocks) * 512;
      if (is_directory) {
        // Out of its place first: a layer that is half removed must never be found as a layer.
        const std::string scratch = state_->directory + "/scratch/" + random_name();
        if (::rename(path.c_str(), scratch.c_str()) != 0) return failure("rename " + path.string());
        fs::remove_all(scratch, error);
      } else {
        fs::remove(path, error);
      }
      if (error) return Failure{"remove " + path.string(), error.value()};
      ++count;
    }
    return {};
  };
  for (const auto& swept :
       {sweep("/manifests", live, grace, out.manifests), sweep("/blobs/sha256", live, grace, out.blobs),
        sweep("/layers", live_diff_ids, grace, out.layers),
        sweep("/uploads", {}, std::max(grace, Duration(std::chrono::hours(24))), out.uploads)})
    if (!swept) return swept.error();
  return out;
}

}  // namespace stratus::images
