// From our records to the model of the load balancing engine.
#include <algorithm>

#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {
namespace {

int number(const std::map<std::string, std::string>& attributes, const std::string& key) {
  return std::atoi(attributes.at(key).c_str());
}

bool flag(const std::map<std::string, std::string>& attributes, const std::string& key) {
  return attributes.at(key) == "true";
}

balancer::Protocol protocol(const std::optional<std::string>& name) {
  return name.value_or("HTTP") == "HTTPS" ? balancer::Protocol::https : balancer::Protocol::http;
}

/// The terminal action; those before it (authentication) are refused when they are given.
balancer::Action engine_action(const std::vector<elb::Action>& actions) {
  balancer::Action out;
  const elb::Action& action = actions.back();
  if (action.type == "forward") {
    out.type = balancer::Action::Type::forward;
    for (const auto& group : *action.forward_config->target_groups)
      out.groups.push_back({engine_id(*group.target_group_arn), group.weight.value_or(1)});
    if (const auto& sticky = action.forward_config->target_group_stickiness_config;
        sticky && sticky->enabled.value_or(false))
      out.group_stickiness_seconds = sticky->duration_seconds.value_or(3600);
  } else if (action.type == "redirect") {
    const auto& redirect = *action.redirect_config;
    out.type = balancer::Action::Type::redirect;
    out.redirect_protocol = *redirect.protocol;
    out.redirect_host = *redirect.host;
    out.redirect_port = *redirect.port;
    out.redirect_path = *redirect.path;
    out.redirect_query = *redirect.query;
    out.status = redirect.status_code == "HTTP_302" ? 302 : 301;
  } else {
    const auto& fixed = *action.fixed_response_config;
    out.type = balancer::Action::Type::fixed_response;
    out.status = std::atoi(fixed.status_code->c_str());
    out.content_type = fixed.content_type.value_or("text/plain");
    out.body = fixed.message_body.value_or("");
  }
  return out;
}

balancer::Condition engine_condition(const elb::RuleCondition& condition) {
  using Field = balancer::Condition::Field;
  balancer::Condition out;
  const std::string& field = *condition.field;
  if (field == "path-pattern") {
    out.field = Field::path_pattern;
    out.values = *condition.path_pattern_config->values;
  } else if (field == "host-header") {
    out.field = Field::host_header;
    out.values = *condition.host_header_config->values;
  } else if (field == "http-header") {
    out.field = Field::http_header;
    out.header_name = *condition.http_header_config->http_header_name;
    out.values = *condition.http_header_config->values;
  } else if (field == "http-request-method") {
    out.field = Field::http_request_method;
    out.values = *condition.http_request_method_config->values;
  } else if (field == "source-ip") {
    out.field = Field::source_ip;
    out.values = *condition.source_ip_config->values;
  } else {
    out.field = Field::query_string;
    for (const auto& pair : *condition.query_string_config->values)
      out.query_pairs.emplace_back(pair.key.value_or(""), pair.value.value_or(""));
  }
  return out;
}

}  // namespace

balancer::TargetGroup Service::engine_group(const TargetGroupRow& row) const {
  const auto& value = row.value;
  balancer::TargetGroup out;
  out.id = engine_id(*value.target_group_arn);
  out.protocol = protocol(value.protocol);
  for (const auto& target : row.targets)
    out.targets.push_back({target.address + ":" + std::to_string(target.port), target.address,
                           static_cast<std::uint16_t>(target.port), target.zone, target.draining});
  auto& check = out.health_check;
  check.enabled = value.health_check_enabled.value_or(true);
  check.protocol = protocol(value.health_check_protocol);
  check.port = *value.health_check_port == "traffic-port"
                   ? std::uint16_t{0}
                   : static_cast<std::uint16_t>(std::atoi(value.health_check_port->c_str()));
  check.path = value.health_check_path.value_or("/");
  check.matcher = value.matcher ? value.matcher->http_code.value_or("200") : "200";
  check.interval_seconds = *value.health_check_interval_seconds;
  check.timeout_seconds = *value.health_check_timeout_seconds;
  check.healthy_threshold = *value.healthy_threshold_count;
  check.unhealthy_threshold = *value.unhealthy_threshold_count;
  out.slow_start_seconds = number(row.attributes, "slow_start.duration_seconds");
  const std::string& algorithm = row.attributes.at("load_balancing.algorithm.type");
  using Algorithm = balancer::TargetGroup::Algorithm;
  out.algorithm = algorithm == "least_outstanding_requests" ? Algorithm::least_outstanding_requests
                  : algorithm == "weighted_random"          ? Algorithm::weighted_random
                                                            : Algorithm::round_robin;
  if (flag(row.attributes, "stickiness.enabled")) {
    const bool app = row.attributes.at("stickiness.type") == "app_cookie";
    out.stickiness_seconds = number(
        row.attributes, app ? "stickiness.app_cookie.duration_seconds" : "stickiness.lb_cookie.duration_seconds");
    if (app) out.app_cookie = row.attributes.at("stickiness.app_cookie.cookie_name");
  }
  return out;
}

balancer::LoadBalancer Service::engine_model(const state::Key& key, const LoadBalancerRow& row) const {
  balancer::LoadBalancer out;
  out.id = engine_id(key.id);
  out.name = *row.value.load_balancer_name;
  for (const auto& node : row.nodes) out.nodes.push_back({node.eni_id, node.netns, node.private_address, node.zone});
  auto& attributes = out.attributes;
  attributes.idle_timeout_seconds = number(row.attributes, "idle_timeout.timeout_seconds");
  attributes.client_keep_alive_seconds = number(row.attributes, "client_keep_alive.seconds");
  attributes.http2 = flag(row.attributes, "routing.http2.enabled");
  attributes.drop_invalid_header_fields = flag(row.attributes, "routing.http.drop_invalid_header_fields.enabled");
  attributes.preserve_host_header = flag(row.attributes, "routing.http.preserve_host_header.enabled");
  attributes.xff_client_port = flag(row.attributes, "routing.http.xff_client_port.enabled");
  attributes.tls_version_and_cipher_headers =
      flag(row.attributes, "routing.http.x_amzn_tls_version_and_cipher_suite.enabled");
  const std::string& mode = row.attributes.at("routing.http.xff_header_processing.mode");
  using ForwardedFor = balancer::Attributes::ForwardedFor;
  attributes.forwarded_for = mode == "preserve" ? ForwardedFor::preserve
                             : mode == "remove" ? ForwardedFor::remove
                                                : ForwardedFor::append;

  std::set<std::string> groups;
  const auto collect = [&](const std::vector<elb::Action>& actions) {
    for (const auto& action : actions)
      if (action.forward_config)
        for (const auto& group : *action.forward_config->target_groups) groups.insert(*group.target_group_arn);
  };
  for (const auto& [listener_key, listener] : listeners_of(key.id)) {
    const auto& value = listener->value;
    balancer::Listener made;
    made.id = engine_id(listener_key.id);
    made.port = static_cast<std::uint16_t>(*value.port);
    made.protocol = protocol(value.protocol);
    made.default_action = engine_action(*value.default_actions);
    collect(*value.default_actions);
    if (made.protocol == balancer::Protocol::https) {
      made.tls_policy = *value.ssl_policy;
      if (certificates_ == nullptr) throw elb::errors::CertificateNotFoundException("No certificate can be had");
      made.certificates.push_back(
          {certificates_->pem(key.account, key.region, *value.certificates->front().certificate_arn), {}, true});
      for (const auto& arn : listener->extra_certificates)
        made.certificates.push_back({certificates_->pem(key.account, key.region, arn), {}, false});
    }
    for (const auto& [rule_key, rule] : rules_of(listener_key.id)) {
      balancer::Rule line;
      line.id = engine_id(rule_key.id);
      line.priority = std::atoi(rule->value.priority->c_str());
      for (const auto& condition : *rule->value.conditions) line.conditions.push_back(engine_condition(condition));
      line.action = engine_action(*rule->value.actions);
      collect(*rule->value.actions);
      made.rules.push_back(std::move(line));
    }
    out.listeners.push_back(std::move(made));
  }
  for (const auto& arn : groups) out.target_groups.push_back(engine_group(target_group(arn)));
  return out;
}

}  // namespace stratus::services::elbv2
