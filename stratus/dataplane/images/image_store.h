// The content-addressed store behind ECR: blobs and manifests by digest, uploads in progress, layers unpacked once.
//
// Every function blocks on the disk: call it on the pool (Loop::run_blocking). All are safe to call from several
// threads at once. The store knows digests only; which account may see which digest is the caller's matter.
//
// Failures carry: ENOENT not in the store (or no such upload), EBADMSG content does not match its digest, EINVAL
// malformed digest, manifest or configuration, EFBIG a limit was passed, EEXIST/ERANGE as documented; anything else is
// the disk's.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/result.h"
#include "stratus/dataplane/images/image_config.h"

namespace stratus::images {

/// What hostile content may cost at most.
struct Limits {
  std::uint64_t blob_bytes = 10ULL << 30U;  ///< ECR: 52 GB a layer; one machine's disk is smaller
  std::uint64_t manifest_bytes = 4ULL << 20U;
  std::uint64_t unpacked_bytes = 20ULL << 30U;  ///< of one layer: Fargate's default ephemeral storage
  std::uint64_t unpacked_entries = 1'000'000;   ///< of one layer
};

struct BlobFile {
  std::string path;  ///< stays valid until the blob is collected; an open fd stays readable even then
  std::uint64_t size = 0;
};

struct StoredManifest {
  std::string digest, media_type, body;
};

/// An image ready to run.
struct UnpackedImage {
  std::string manifest_digest;  ///< of the image manifest, also where an index was asked for
  std::string config_digest;
  ImageConfig config;
  std::vector<std::string> layer_directories;  ///< lowest first; read-only, shared by all containers
};

struct Collected {
  std::uint64_t blobs = 0, manifests = 0, layers = 0, uploads = 0, bytes = 0;
};

class ImageStore {
 public:
  /// Makes the directories where they are missing and removes half-written files of an earlier run (uploads stay).
  static Result<std::unique_ptr<ImageStore>> open(const std::string& directory, const Limits& limits = Limits());
  ~ImageStore();
  ImageStore(const ImageStore&) = delete;
  ImageStore& operator=(const ImageStore&) = delete;

  // Uploads: temporary files that survive a restart of the daemon. One writer per upload at a time.
  /// A new upload's id: 32 random hexadecimal digits.
  Result<std::string> begin_upload();
  /// Appends and returns the upload's size afterwards. `expected_offset` is where the client thinks that the upload
  /// ends (Content-Range); a difference is Failure{ERANGE} and changes nothing. -1: wherever it ends.
  Result<std::uint64_t> append_upload(const std::string& upload, std::string_view data,
                                      std::int64_t expected_offset = -1);
  Result<std::uint64_t> upload_size(const std::string& upload) const;
  /// Checks the digest and makes the upload a blob: durable when this returns. A mismatch is Failure{EBADMSG}; the
  /// upload stays.
  Result<BlobFile> finish_upload(const std::string& upload, const std::string& digest);
  Result<> cancel_upload(const std::string& upload);

  // Blobs.
  Result<BlobFile> find_blob(const std::string& digest) const;
  bool has_blob(const std::string& digest) const { return find_blob(digest).ok(); }
  /// At most `limit` bytes: Failure{EFBIG} beyond.
  Result<std::string> read_blob(const std::string& digest, std::uint64_t limit) const;
  Result<BlobFile> put_blob(std::string_view content, const std::string& digest);
  /// Hard-links (or, across file systems, copies) a file that nobody will change any more, after checking its digest.
  Result<BlobFile> link_blob(const std::string& file, const std::string& digest);

  // Manifests: blobs whose media type is kept. The references of a manifest must be in the store.
  /// `expected_digest` may be "". Failure{ENOENT} names the first reference that is missing.
  Result<StoredManifest> put_manifest(std::string_view media_type, std::string_view body,
                                      const std::string& expected_digest = "");
  Result<StoredManifest> get_manifest(const std::string& digest) const;
  /// The image manifest behind `digest`: itself, or the entry of an index for linux and `architecture` ("amd64",
  /// "arm64").
  Result<StoredManifest> resolve(const std::string& digest, std::string_view architecture) const;
  /// The configuration of an image manifest.
  Result<ImageConfig> image_config(const std::string& manifest_digest) const;

  /// Unpacks the layers that are not unpacked yet (each once, however many callers ask at the same time) and returns
  /// what a container needs.
  Result<UnpackedImage> unpack(const std::string& manifest_digest, std::string_view architecture = host_architecture());
  /// One layer by its blob; `diff_id` is the digest of the uncompressed tar and is checked. Returns the directory.
  Result<std::string> unpack_layer(const std::string& blob_digest, const std::string& diff_id);

  /// Removes blobs and manifests that are not in `live`, layers not in `live_diff_ids`, and uploads untouched for a
  /// day. The caller gives manifests and what they refer to; content younger than `grace` stays: its manifest may be on
  /// its way.
  Result<Collected> collect(const std::set<std::string>& live, const std::set<std::string>& live_diff_ids,
                            Duration grace = Duration(3'600'000));

  /// "amd64" or "arm64": of this machine, in OCI's terms.
  static std::string_view host_architecture();

 private:
  struct State;
  explicit ImageStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stratus::images
