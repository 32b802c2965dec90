#include "stratus/dataplane/images/image_config.h"

#include <boost/json.hpp>

namespace stratus::images {
namespace {

namespace json = boost::json;

constexpr std::size_t max_manifest = 4U << 20U;
constexpr std::size_t max_entries = 4096;

Failure malformed(const std::string& what) { return Failure{what, EINVAL}; }

Result<json::object> parse_object(std::string_view body, const std::string& what) {
  if (body.size() > max_manifest) return Failure{what + " is larger than 4 MiB", EFBIG};
  boost::system::error_code error;
  auto value = json::parse(json::string_view(body.data(), body.size()), error);
  if (error) return malformed(what + " is not JSON: " + error.message());
  if (!value.is_object()) return malformed(what + " is not a JSON object");
  return std::move(value.get_object());
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_string()) return "";
  return std::string(value->get_string().data(), value->get_string().size());
}

const json::object* object_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr ? nullptr : value->if_array();
}

std::int64_t number_at(const json::object& object, std::string_view name, std::int64_t otherwise) {
  const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr) return otherwise;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? otherwise : number;
}

std::vector<std::string> texts_at(const json::object& object, std::string_view name) {
  std::vector<std::string> out;
  if (const auto* array = array_at(object, name))
    for (const auto& item : *array)
      if (const auto* text = item.if_string()) out.emplace_back(text->data(), text->size());
  return out;
}

std::vector<std::string> keys_at(const json::object& object, std::string_view name) {
  std::vector<std::string> out;
  if (const auto* inner = object_at(object, name))
    for (const auto& item : *inner) out.emplace_back(item.key().data(), item.key().size());
  return out;
}

Result<Descriptor> parse_descriptor(const json::object& object, const std::string& what) {
  Descriptor out;
  out.media_type = text_at(object, "mediaType");
  out.digest = text_at(object, "digest");
  if (!valid_digest(out.digest)) return malformed(what + " has no sha256 digest: \"" + out.digest + "\"");
  const auto size = number_at(object, "size", -1);
  if (size < 0) return malformed(what + " has no size");
  out.size = static_cast<std::uint64_t>(size);
  out.artifact_type = text_at(object, "artifactType");
  if (const auto* platform = object_at(object, "platform")) {
    out.os = text_at(*platform, "os");
    out.architecture = text_at(*platform, "architecture");
    out.variant = text_at(*platform, "variant");
  }
  return out;
}

Result<std::vector<Descriptor>> parse_descriptors(const json::object& object, const std::string& name) {
  std::vector<Descriptor> out;
  const auto* array = array_at(object, name);
  if (array == nullptr) return malformed("manifest has no list \"" + name + "\"");
  if (array->size() > max_entries) return Failure{"manifest has more than 4096 " + name, EFBIG};
  for (const auto& item : *array) {
    if (!item.is_object()) return malformed("manifest: an entry of " + name + " is no object");
    auto descriptor = parse_descriptor(item.get_object(), "manifest: an entry of " + name);
    if (!descriptor) return descriptor.error();
    out.push_back(std::move(*descriptor));
  }
  return out;
}

/// Parameters after ";" do not belong to the type.
std::string_view bare_type(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type;
}

HealthCheck parse_health_check(const json::object& object) {
  HealthCheck out;
  out.test = texts_at(object, "Test");
  const auto milliseconds = [&](std::string_view name, Duration otherwise) {
    const auto nanoseconds = number_at(object, name, 0);
    return nanoseconds > 0 ? Duration(nanoseconds / 1'000'000) : otherwise;
  };
  out.interval = milliseconds("Interval", out.interval);
  out.timeout = milliseconds("Timeout", out.timeout);
  out.start_period = milliseconds("StartPeriod", out.start_period);
  if (const auto retries = number_at(object, "Retries", 0); retries > 0 && retries < 1000)
    out.retries = static_cast<int>(retries);
  return out;
}

}  // namespace

bool is_manifest_type(std::string_view type) {
  type = bare_type(type);
  return type == media::oci_manifest || type == media::oci_index || type == media::docker_manifest ||
         type == media::docker_list;
}

std::vector<std::string> Manifest::references() const {
  std::vector<std::string> out;
  if (!is_index) out.push_back(config.digest);
  for (const auto& layer : layers) out.push_back(layer.digest);
  for (const auto& manifest : manifests) out.push_back(manifest.digest);
  return out;
}

std::uint64_t Manifest::size() const {
  std::uint64_t out = config.size;
  for (const auto& layer : layers) out += layer.size;
  return out;
}

Result<Manifest> parse_manifest(std::string_view body, std::string_view content_type) {
  auto object = parse_object(body, "manifest");
  if (!object) return object.error();
  if (number_at(*object, "schemaVersion", 0) != 2) return malformed("manifest is not of schemaVersion 2");
  Manifest out;
  const std::string said = text_at(*object, "mediaType");
  const std::string_view outer = bare_type(content_type);
  out.media_type = said.empty() ? std::string(outer) : said;
  if (!said.empty() && is_manifest_type(outer) && said != outer)
    return malformed("manifest says " + said + " of itself, but was sent as " + std::string(outer));
  if (!is_manifest_type(out.media_type)) {
    if (!out.media_type.empty() && out.media_type != "application/json" && out.media_type != "application/octet-stream")
      return malformed("manifest of an unknown media type: " + out.media_type);
    // OCI lets an index or a manifest leave out its own type: then its content decides.
    out.media_type = std::string(array_at(*object, "manifests") != nullptr ? media::oci_index : media::oci_manifest);
  }
  out.artifact_type = text_at(*object, "artifactType");
  if (const auto* subject = object_at(*object, "subject")) {
    auto descriptor = parse_descriptor(*subject, "manifest: its subject");
    if (!descriptor) return descriptor.error();
    out.subject = descriptor->digest;
  }
  out.is_index = out.media_type == media::oci_index || out.media_type == media::docker_list;
  if (out.is_index) {
    auto manifests = parse_descriptors(*object, "manifests");
    if (!manifests) return manifests.error();
    out.manifests = std::move(*manifests);
    return out;
  }
  const auto* config = object_at(*object, "config");
  if (config == nullptr) return malformed("manifest has no config");
  auto descriptor = parse_descriptor(*config, "manifest: its config");
  if (!descriptor) return descriptor.error();
  out.config = std::move(*descriptor);
  auto layers = parse_descriptors(*object, "layers");
  if (!layers) return layers.error();
  out.layers = std::move(*layers);
  return out;
}

Result<ImageConfig> parse_image_config(std::string_view body) {
  auto object = parse_object(body, "image configuration");
  if (!object) return object.error();
  ImageConfig out;
  out.os = text_at(*object, "os");
  out.architecture = text_at(*object, "architecture");
  out.variant = text_at(*object, "variant");
  if (const auto* rootfs = object_at(*object, "rootfs")) out.diff_ids = texts_at(*rootfs, "diff_ids");
  if (out.diff_ids.size() > max_entries) return Failure{"image configuration has more than 4096 layers", EFBIG};
  for (const auto& id : out.diff_ids)
    if (!valid_digest(id)) return malformed("image configuration: diff_id is no sha256 digest: \"" + id + "\"");
  const auto* config = object_at(*object, "config");
  if (config == nullptr) return out;
  out.entrypoint = texts_at(*config, "Entrypoint");
  out.command = texts_at(*config, "Cmd");
  out.user = text_at(*config, "User");
  out.working_directory = text_at(*config, "WorkingDir");
  out.stop_signal = text_at(*config, "StopSignal");
  out.exposed_ports = keys_at(*config, "ExposedPorts");
  out.volumes = keys_at(*config, "Volumes");
  for (const auto& entry : texts_at(*config, "Env")) {
    const auto equals = entry.find('=');
    if (equals == 0) return malformed("image configuration: a variable of its environment has no name");
    out.environment.emplace_back(entry.substr(0, equals), equals == std::string::npos ? "" : entry.substr(equals + 1));
  }
  if (const auto* labels = object_at(*config, "Labels"))
    for (const auto& label : *labels)
      if (const auto* text = label.value().if_string())
        out.labels.emplace_back(std::string(label.key()), std::string(text->data(), text->size()));
  if (const auto* check = object_at(*config, "Healthcheck")) out.health_check = parse_health_check(*check);
  return out;
}

}  // namespace stratus::images
