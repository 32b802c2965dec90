// Health checks: endpoints probed at their interval, and what that says about the records that name them.
#include <algorithm>

#include "stratus/core/log.h"
#include "stratus/services/route53/paging.h"
#include "stratus/services/route53/service.h"

namespace stratus::services::route53 {
namespace {

constexpr int kMaxDepth = 8;  // of calculated checks over calculated checks
constexpr const char* kChecker = "127.0.0.1";

bool probed_type(const r53::HealthCheckConfig& config) { return config.type != "CALCULATED"; }

void check_config(const r53::HealthCheckConfig& config) {
  const std::string& type = *config.type;
  if (type == "CLOUDWATCH_METRIC" || type == "RECOVERY_CONTROL")
    throw aws::not_implemented("CreateHealthCheck: Type " + type);
  if (config.alarm_identifier || config.insufficient_data_health_status || config.routing_control_arn)
    throw r53::errors::InvalidInput("The alarm and routing control settings are not valid for a health check of type " +
                                    type);
  if (type == "CALCULATED") {
    if (!config.child_health_checks || !config.health_threshold)
      throw r53::errors::InvalidInput("A calculated health check needs ChildHealthChecks and HealthThreshold.");
    return;
  }
  if (config.child_health_checks && !config.child_health_checks->empty())
    throw r53::errors::InvalidInput("ChildHealthChecks is valid for calculated health checks only.");
  if (!config.ip_address && !config.fully_qualified_domain_name)
    throw r53::errors::InvalidInput(
        "Invalid parameter: Either IPAddress or FullyQualifiedDomainName must be specified.");
  if (type == "TCP" && !config.port)
    throw r53::errors::InvalidInput("Invalid parameter: Port must be specified for TCP health checks.");
  if (type.ends_with("STR_MATCH") && config.search_string.value_or("").empty())
    throw r53::errors::InvalidInput("Invalid parameter: SearchString must be specified for " + type +
                                    " health checks.");
  if (config.request_interval && *config.request_interval != 10 && *config.request_interval != 30)
    throw r53::errors::InvalidInput("Invalid parameter: RequestInterval must be 10 or 30.");
}

void fill_defaults(r53::HealthCheckConfig& config) {
  if (!config.inverted) config.inverted = false;
  if (!config.disabled) config.disabled = false;
  if (!probed_type(config)) return;
  const bool https = config.type->starts_with("HTTPS");
  if (!config.port) config.port = https ? 443 : 80;
  if (!config.request_interval) config.request_interval = 30;
  if (!config.failure_threshold) config.failure_threshold = 3;
  if (!config.measure_latency) config.measure_latency = false;
  if (!config.enable_sni) config.enable_sni = https;
}

}  // namespace

const HealthCheckRow& Service::health_check(const aws::Context& context, const std::string& id) const {
  const HealthCheckRow* row = health_checks_.find(context.account, "", id);
  if (row == nullptr) throw r53::errors::NoSuchHealthCheck("No health check exists with the specified ID: " + id);
  return *row;
}

r53::CreateHealthCheckResponse Service::create_health_check(aws::Context& context,
                                                            const r53::CreateHealthCheckRequest& request) {
  check_config(*request.health_check_config);
  r53::HealthCheckConfig config = *request.health_check_config;
  fill_defaults(config);
  for (const auto& child : config.child_health_checks.value_or(std::vector<std::string>{}))
    if (health_checks_.find(context.account, "", child) == nullptr)
      throw r53::errors::InvalidInput("No health check exists with the specified ID: " + child);
  const auto location = [](const std::string& id) {
    return "https://route53.amazonaws.com/2013-04-01/healthcheck/" + id;
  };
  for (const HealthCheckRow* row : health_checks_.list(context.account, "")) {
    if (row->value.caller_reference != request.caller_reference) continue;
    const auto& known = *row->value.health_check_config;
    if (known.type == config.type && known.ip_address == config.ip_address && known.port == config.port &&
        known.resource_path == config.resource_path &&
        known.fully_qualified_domain_name == config.fully_qualified_domain_name &&
        known.search_string == config.search_string && known.request_interval == config.request_interval)
      return {.health_check = row->value, .location = location(*row->value.id)};
    throw r53::errors::HealthCheckAlreadyExists(
        "A health check with the caller reference has already been created with different settings.");
  }
  HealthCheckRow row{.value = {.id = random_.uuid(),
                               .caller_reference = request.caller_reference,
                               .health_check_config = config,
                               .health_check_version = 1}};
  const state::Key key{context.account, "", *row.value.id};
  const HealthCheckRow& saved = health_checks_.put(key, std::move(row));
  store_.after_commit([this] { wake(); });
  return {.health_check = saved.value, .location = location(*saved.value.id)};
}

r53::GetHealthCheckResponse Service::get_health_check(aws::Context& context,
                                                      const r53::GetHealthCheckRequest& request) {
  return {.health_check = health_check(context, *request.health_check_id).value};
}

r53::ListHealthChecksResponse Service::list_health_checks(aws::Context& context,
                                                          const r53::ListHealthChecksRequest& request) {
  const std::size_t max = max_items(request.max_items, 100);
  std::vector<const HealthCheckRow*> found;
  for (const HealthCheckRow* row : health_checks_.list(context.account, ""))
    if (!request.marker || *row->value.id >= *request.marker) found.push_back(row);
  r53::ListHealthChecksResponse out{.health_checks = std::vector<r53::HealthCheck>{},
                                    .marker = request.marker.value_or(""),
                                    .is_truncated = found.size() > max,
                                    .max_items = std::to_string(max)};
  if (found.size() > max) out.next_marker = found[max]->value.id;
  for (std::size_t i = 0; i < std::min(max, found.size()); ++i) out.health_checks->push_back(found[i]->value);
  return out;
}

r53::GetHealthCheckCountResponse Service::get_health_check_count(aws::Context& context,
                                                                 const r53::GetHealthCheckCountRequest&) {
  return {.health_check_count = static_cast<std::int64_t>(health_checks_.list(context.account, "").size())};
}

r53::UpdateHealthCheckResponse Service::update_health_check(aws::Context& context,
                                                            const r53::UpdateHealthCheckRequest& request) {
  HealthCheckRow row = health_check(context, *request.health_check_id);
  if (request.health_check_version && request.health_check_version != row.value.health_check_version)
    throw r53::errors::HealthCheckVersionMismatch(
        "The value of HealthCheckVersion in the request doesn't match the value of "
        "HealthCheckVersion in the health check.");
  auto& config = *row.value.health_check_config;
  const auto take = [](auto& into, const auto& from) {
    if (from) into = from;
  };
  take(config.ip_address, request.ip_address);
  take(config.port, request.port);
  take(config.resource_path, request.resource_path);
  take(config.fully_qualified_domain_name, request.fully_qualified_domain_name);
  take(config.search_string, request.search_string);
  take(config.failure_threshold, request.failure_threshold);
  take(config.inverted, request.inverted);
  take(config.disabled, request.disabled);
  take(config.health_threshold, request.health_threshold);
  take(config.child_health_checks, request.child_health_checks);
  take(config.enable_sni, request.enable_sni);
  take(config.regions, request.regions);
  take(config.alarm_identifier, request.alarm_identifier);
  take(config.insufficient_data_health_status, request.insufficient_data_health_status);
  for (const auto& element : request.reset_elements.value_or(std::vector<std::string>{})) {
    if (element == "ResourcePath") config.resource_path.reset();
    if (element == "FullyQualifiedDomainName") config.fully_qualified_domain_name.reset();
    if (element == "Regions") config.regions.reset();
    if (element == "ChildHealthChecks") config.child_health_checks = std::vector<std::string>{};
  }
  check_config(config);
  row.value.health_check_version = *row.value.health_check_version + 1;
  const state::Key key{context.account, "", *row.value.id};
  const HealthCheckRow& saved = health_checks_.put(key, std::move(row));
  health_[key.id].next = {};  // at once, with the new settings
  store_.after_commit([this] { wake(); });
  return {.health_check = saved.value};
}

r53::DeleteHealthCheckResponse Service::delete_health_check(aws::Context& context,
                                                            const r53::DeleteHealthCheckRequest& request) {
  health_check(context, *request.health_check_id);
  for (const HealthCheckRow* row : health_checks_.list(context.account, "")) {
    const auto& children = row->value.health_check_config->child_health_checks;
    if (children && std::find(children->begin(), children->end(), *request.health_check_id) != children->end())
      throw r53::errors::HealthCheckInUse("The health check is in use by the calculated health check " +
                                          *row->value.id + ".");
  }
  health_checks_.erase({context.account, "", *request.health_check_id});
  return {};
}

r53::GetHealthCheckStatusResponse Service::get_health_check_status(aws::Context& context,
                                                                   const r53::GetHealthCheckStatusRequest& request) {
  const auto& row = health_check(context, *request.health_check_id);
  if (!probed_type(*row.value.health_check_config))
    throw r53::errors::InvalidInput("Status is not available for calculated health checks.");
  r53::GetHealthCheckStatusResponse out{.health_check_observations = std::vector<r53::HealthCheckObservation>{}};
  if (const auto found = health_.find(*row.value.id); found != health_.end() && found->second.last.status)
    out.health_check_observations->push_back(
        {.region = "us-east-1", .ip_address = kChecker, .status_report = found->second.last});
  return out;
}

r53::GetHealthCheckLastFailureReasonResponse Service::get_health_check_last_failure_reason(
    aws::Context& context, const r53::GetHealthCheckLastFailureReasonRequest& request) {
  const auto& row = health_check(context, *request.health_check_id);
  r53::GetHealthCheckLastFailureReasonResponse out{.health_check_observations =
                                                       std::vector<r53::HealthCheckObservation>{}};
  if (const auto found = health_.find(*row.value.id); found != health_.end() && found->second.last_failure.status)
    out.health_check_observations->push_back(
        {.region = "us-east-1", .ip_address = kChecker, .status_report = found->second.last_failure});
  return out;
}

bool Service::healthy(const std::string& id) const {
  for (const auto& [key, row] : health_checks_.all())
    if (key.id == id) return healthy(*row, 0);
  return true;  // deleted: its records answer as if they had none
}

bool Service::healthy(const HealthCheckRow& row, int depth) const {
  const auto& config = *row.value.health_check_config;
  const bool inverted = config.inverted.value_or(false);
  if (config.disabled.value_or(false)) return !inverted;
  bool good = true;
  if (!probed_type(config)) {
    int count = 0;
    for (const auto& child : config.child_health_checks.value_or(std::vector<std::string>{}))
      for (const auto& [key, other] : health_checks_.all())
        if (key.id == child && depth < kMaxDepth && healthy(*other, depth + 1)) ++count;
    good = count >= config.health_threshold.value_or(0);
  } else if (const auto found = health_.find(*row.value.id); found != health_.end()) {
    good = found->second.good;
  }
  return good != inverted;
}

void Service::probe_due() {
  const Timestamp now = loop_.clock().now();
  std::set<std::string> known;
  std::optional<Timestamp> next;
  for (const auto& [key, row] : health_checks_.all()) {
    const auto& config = *row->value.health_check_config;
    if (!probed_type(config) || config.disabled.value_or(false)) continue;
    known.insert(key.id);
    Health& health = health_[key.id];
    if (health.probing) continue;
    if (health.next > now) {
      next = next ? std::min(*next, health.next) : health.next;
      continue;
    }
    health.probing = true;
    health.next = now + std::chrono::seconds(config.request_interval.value_or(30));
    prober_.probe(config, [this, key = key, version = *row->value.health_check_version](
                              const Prober::Outcome& outcome) { probed(key, version, outcome); });
  }
  std::erase_if(health_, [&](const auto& entry) { return !known.contains(entry.first); });
  if (next) wake_in(*next - now);
}

void Service::probed(const state::Key& key, std::int64_t version, const Prober::Outcome& outcome) {
  const HealthCheckRow* row = health_checks_.find(key);
  const auto found = health_.find(key.id);
  if (row == nullptr || found == health_.end()) return;
  Health& health = found->second;
  health.probing = false;
  wake();
  if (row->value.health_check_version != version) return;
  health.last = {.status = outcome.status, .checked_time = loop_.clock().now()};
  if (!outcome.good) health.last_failure = health.last;
  const bool before = health.good;
  health.run = outcome.good == health.good ? 0 : health.run + 1;
  if (!health.known || health.run >= row->value.health_check_config->failure_threshold.value_or(3)) {
    health.good = outcome.good;
    health.run = 0;
  }
  health.known = true;
  if (health.good == before) return;
  log::info("route53.health_changed", {{"health_check", key.id}, {"healthy", health.good}, {"status", outcome.status}});
  for (const auto& handler : published_handlers_) handler();
}

}  // namespace stratus::services::route53
