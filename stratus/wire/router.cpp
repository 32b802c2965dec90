#include "stratus/wire/router.h"

#include <algorithm>

#include "stratus/core/text.h"

namespace stratus::wire {
namespace {

std::string header(const RequestParts& parts, const char* name) {
  const auto found = parts.headers.find(name);
  return found == parts.headers.end() ? "" : found->second;
}

/// A parameter of a query request, from the URL or from its form.
std::string parameter(const RequestParts& parts, std::string_view name) {
  constexpr std::size_t limit = 1 << 20;  // bytes of a form that are looked through
  for (const auto& [key, value] : parts.query)
    if (key == name) return value;
  // Most clients write Action and Version first: look there before the whole form is decoded.
  std::string_view rest = parts.body.substr(0, limit);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name))
      return text::uri_decode(pair.substr(name.size() + 1), true);
  }
  return "";
}

/// The method and the path tell the operation.
bool is_rest(aws::Protocol protocol) {
  return protocol == aws::Protocol::rest_xml || protocol == aws::Protocol::rest_json;
}

bool is_form(const RequestParts& parts) {
  return header(parts, "content-type").starts_with("application/x-www-form-urlencoded");
}

/// Query parameters that an operation demands beyond its template. The model of a served operation tells; of one that
/// is not served it keeps only the name and the template, so S3's uploads in parts are told here: taken for PutObject,
/// a part would replace the object.
std::vector<std::string_view> required_keys(const aws::Operation& operation) {
  std::vector<std::string_view> out;
  if (operation.input != nullptr) {
    for (const Member& member : operation.input().members)
      if (member.required && member.location == Location::querystring) out.emplace_back(member.wire);
    return out;
  }
  const std::string_view name = operation.name;
  if (name == "UploadPart" || name == "UploadPartCopy") return {"partNumber", "uploadId"};
  if (name == "ListParts" || name == "AbortMultipartUpload" || name == "CompleteMultipartUpload") return {"uploadId"};
  return out;
}

RequestParts path_style(RequestParts parts) {
  parts.path = Router::path_with_bucket(parts);
  return parts;
}

}  // namespace

std::string virtual_host_bucket(std::string_view host) {
  host = host.substr(0, host.find(':'));
  auto at = host.find(".s3.");
  if (at == std::string_view::npos) at = host.find(".s3-");
  if (at == std::string_view::npos && host.ends_with(".localhost"))
    at = host.size() - std::string_view(".localhost").size();
  const std::string_view bucket = at == std::string_view::npos ? std::string_view() : host.substr(0, at);
  return bucket == "s3" ? "" : std::string(bucket);  // s3.localhost names the service
}

bool is_website_host(std::string_view host) {
  const auto at = host.find(".s3-website");
  return at != std::string_view::npos && at != 0;
}

void Router::add(const aws::ServiceModel& model, aws::Service& implementation) {
  entries_.push_back({&model, &implementation});
}

std::vector<std::string> Router::services() const {
  std::vector<std::string> out;
  for (const auto& entry : entries_) out.emplace_back(entry.model->name);
  return out;
}

std::string Router::path_with_bucket(const RequestParts& parts) {
  const std::string bucket = virtual_host_bucket(header(parts, "host"));
  return bucket.empty() ? parts.path : "/" + bucket + (parts.path == "/" ? "" : parts.path);
}

bool Router::unsigned_s3(const RequestParts& parts) const {
  const auto found = find(parts, "");
  return found && std::string_view(found->service->name) == "s3";
}

const Router::Entry* Router::by_target(std::string_view prefix) const {
  // CloudTrail's has a package before it, which some clients send ("com.amazonaws.….CloudTrail_20131101") and others do
  // not.
  for (const auto& entry : entries_) {
    const std::string_view whole = entry.model->target_prefix;
    if (!whole.empty() && (prefix == whole || prefix == whole.substr(whole.rfind('.') + 1))) return &entry;
  }
  return nullptr;
}

const Router::Entry* Router::by_signing_name(std::string_view name) const {
  for (const auto& entry : entries_)
    if (name == entry.model->signing_name) return &entry;
  return nullptr;
}

const Router::Entry* Router::by_api_version(const RequestParts& parts) const {
  if (parts.path != "/" || parameter(parts, "Action").empty()) return nullptr;
  const std::string version = parameter(parts, "Version");
  for (const auto& entry : entries_)
    if (entry.model->protocol != aws::Protocol::json && !is_rest(entry.model->protocol) &&
        version == entry.model->api_version)
      return &entry;
  return nullptr;
}

const Router::Entry* Router::by_host(const RequestParts& parts) const {
  const std::string host = header(parts, "host");
  if (!virtual_host_bucket(host).empty()) return by_signing_name("s3");
  const std::string_view first = std::string_view(host).substr(0, host.find('.'));
  for (const auto& entry : entries_)
    if (first == entry.model->endpoint_prefix) return &entry;
  return nullptr;
}

bool match_uri(const char* uri, const RequestParts& parts, std::map<std::string, std::string>& labels, int& score) {
  std::string_view pattern = uri;
  std::string_view query;
  if (const auto mark = pattern.find('?'); mark != std::string_view::npos) {
    query = pattern.substr(mark + 1);
    pattern = pattern.substr(0, mark);
  }
  score = 0;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view wanted = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = wanted.find('=');
    const std::string_view key = wanted.substr(0, equals);
    const bool found = std::any_of(parts.query.begin(), parts.query.end(), [&](const auto& pair) {
      return pair.first == key && (equals == std::string_view::npos || pair.second == wanted.substr(equals + 1));
    });
    if (!found) return false;
    score += 10;
  }
  std::string_view path = parts.path;
  if (pattern.size() > 1 && pattern.ends_with("/")) pattern.remove_suffix(1);
  bool greedy_taken = false;
  while (!pattern.empty()) {
    if (pattern[0] != '{') {
      if (path.empty() || path[0] != pattern[0]) return false;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    const auto close = pattern.find('}');
    std::string name(pattern.substr(1, close - 1));
    pattern.remove_prefix(close + 1);
    const bool greedy = name.ends_with("+");
    if (greedy) name.pop_back();
    const auto end = greedy ? path.size() : std::min(path.find('/'), path.size());
    if (end == 0) return false;
    labels[name] = text::uri_decode(path.substr(0, end));
    path.remove_prefix(end);
    greedy_taken = greedy_taken || greedy;
  }
  if (path == "/" && !greedy_taken) path = "";
  return path.empty();
}

Route Router::rest(const Entry& entry, const RequestParts& parts) {
  Route route{entry.model, entry.implementation, nullptr, entry.model->protocol, "", {}};
  // A website knows no operations, only pages.
  if (std::string_view(entry.model->name) == "s3" && is_website_host(header(parts, "host"))) return route;
  int best = -1;
  // A HEAD or GET of the same path may be several operations; the template that demands more of the query wins.
  for (const auto& operation : entry.model->operations) {
    if (parts.method != operation.method) continue;
    std::map<std::string, std::string> labels;
    int score = 0;
    if (!match_uri(operation.uri, parts, labels, score)) continue;
    const auto keys = required_keys(operation);
    const auto has = [&](std::string_view key) {
      return std::any_of(parts.query.begin(), parts.query.end(), [&](const auto& pair) { return pair.first == key; });
    };
    if (!std::all_of(keys.begin(), keys.end(), has)) continue;
    score += 10 * static_cast<int>(keys.size());
    // S3's copies differ from puts by a header only.
    const std::string_view name = operation.name;
    const bool copy = parts.headers.count("x-amz-copy-source") != 0;
    if ((name == "CopyObject" || name == "UploadPartCopy") && !copy) continue;
    if (copy && (name == "CopyObject" || name == "UploadPartCopy")) score += 5;
    if (score < best || (score == best && !(route.operation != nullptr && route.operation->invoke == nullptr &&
                                            operation.invoke != nullptr)))
      continue;
    best = score;
    route.operation = &operation;
    route.operation_name = operation.name;
    route.labels = std::move(labels);
  }
  return route;
}

std::optional<Route> Router::find(const RequestParts& parts, const std::string& scope_service) const {
  if (const std::string target = header(parts, "x-amz-target"); !target.empty()) {
    const auto dot = target.rfind('.');
    const Entry* entry = by_target(std::string_view(target).substr(0, dot));
    if (entry == nullptr) return std::nullopt;
    const std::string name = dot == std::string::npos ? "" : target.substr(dot + 1);
    return Route{entry->model, entry->implementation, entry->model->find(name), aws::Protocol::json, name, {}};
  }
  if (header(parts, "smithy-protocol") == "rpc-v2-cbor") {
    const auto pieces = text::split(parts.path, '/');  // "", service, <name>, operation, <name>
    if (pieces.size() >= 5 && pieces[pieces.size() - 4] == "service") {
      const Entry* entry = by_target(pieces[pieces.size() - 3]);
      if (entry == nullptr) entry = by_signing_name(scope_service);
      if (entry == nullptr) return std::nullopt;
      return Route{entry->model,        entry->implementation, entry->model->find(pieces.back()),
                   aws::Protocol::cbor, pieces.back(),         {}};
    }
  }
  const Entry* entry = scope_service.empty() ? nullptr : by_signing_name(scope_service);
  if (scope_service.empty()) {
    if (parts.path.starts_with("/2013-04-01/")) entry = by_signing_name("route53");
    if (entry == nullptr) entry = by_api_version(parts);
    if (entry == nullptr) entry = by_host(parts);
    // Only S3 has objects that anyone may read, under whatever path.
    if (entry == nullptr && parts.path != "/" && (parts.method != "POST" || !is_form(parts)))
      entry = by_signing_name("s3");
  }
  if (entry == nullptr) return std::nullopt;
  aws::Protocol protocol = entry->model->protocol;
  if (is_rest(protocol)) return rest(*entry, std::string_view(entry->model->name) == "s3" ? path_style(parts) : parts);
  std::string name;
  if (protocol != aws::Protocol::json) {
    name = parameter(parts, "Action");
    // CloudWatch's older clients send forms, the newer ones CBOR.
    if (protocol == aws::Protocol::cbor && (is_form(parts) || !name.empty())) protocol = aws::Protocol::query;
  }
  return Route{
      entry->model, entry->implementation, name.empty() ? nullptr : entry->model->find(name), protocol, name, {}};
}

}  // namespace stratus::wire
