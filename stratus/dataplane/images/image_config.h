// What an image says about itself: manifests and configurations of OCI and of Docker's schema 2, parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/result.h"

namespace stratus::images {

namespace media {
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_list = "application/vnd.docker.distribution.manifest.list.v2+json";
}  // namespace media

/// A reference to content: "sha256:<64 hex>", and what it is.
struct Descriptor {
  std::string media_type;
  std::string digest;
  std::uint64_t size = 0;
  std::string os, architecture, variant;  ///< of an index's entries; "" elsewhere
  std::string artifact_type;
};

/// An image manifest (config and layers) or an index (manifests), whichever `is_index` says.
struct Manifest {
  std::string media_type;
  bool is_index = false;
  Descriptor config;
  std::vector<Descriptor> layers;     ///< lowest first
  std::vector<Descriptor> manifests;  ///< of an index
  std::string subject;                ///< digest of the manifest that this one refers to, or ""
  std::string artifact_type;

  /// Every digest that the manifest needs: config and layers, or manifests.
  std::vector<std::string> references() const;
  /// Sum of the layers' and the config's compressed sizes (ECR's imageSizeInBytes); of an index: 0.
  std::uint64_t size() const;
};

/// `content_type` decides where the body does not name its own media type; a contradiction is a Failure{EINVAL}, and so
/// is schema 1. Limits: 4 MiB, 4096 entries.
Result<Manifest> parse_manifest(std::string_view body, std::string_view content_type);

/// True for one of the four manifest media types.
bool is_manifest_type(std::string_view media_type);

struct HealthCheck {
  std::vector<std::string> test;  ///< {"CMD", …}, {"CMD-SHELL", "…"} or {"NONE"}
  Duration interval{30'000}, timeout{30'000}, start_period{0};
  int retries = 3;
};

struct ImageConfig {
  std::vector<std::string> entrypoint, command;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string user;                        ///< "", "uid", "uid:gid", "name" or "name:group"
  std::string working_directory;           ///< "" is "/"
  std::vector<std::string> exposed_ports;  ///< "3000/tcp"
  std::vector<std::string> volumes;
  std::vector<std::pair<std::string, std::string>> labels;
  std::string stop_signal;  ///< "SIGQUIT", or ""
  std::optional<HealthCheck> health_check;
  std::string os, architecture, variant;
  std::vector<std::string> diff_ids;  ///< digests of the uncompressed layers, lowest first
};

Result<ImageConfig> parse_image_config(std::string_view body);

/// True for "sha256:" and 64 lower-case hexadecimal digits: the only digests that the store takes.
bool valid_digest(std::string_view digest);
/// "sha256:…" of `content`.
std::string digest_of(std::string_view content);

}  // namespace stratus::images
