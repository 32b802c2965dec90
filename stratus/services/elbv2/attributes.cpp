// The attributes of load balancers, target groups and listeners, with the defaults that AWS lists.
#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {
namespace {

using Attributes = std::map<std::string, std::string>;

template <class Attribute>
std::vector<Attribute> listed(const Attributes& attributes) {
  std::vector<Attribute> out;
  for (const auto& [key, value] : attributes) out.push_back({.key = key, .value = value});
  return out;
}

bool whole(const std::string& value, int low, int high) {
  if (value.empty() || value.size() > 9 || value.find_first_not_of("0123456789") != std::string::npos) return false;
  const int number = std::stoi(value);
  return number >= low && number <= high;
}

struct Range {
  std::string_view key;
  int low, high;
};

aws::Error bad_value(const std::string& key, const std::string& value) {
  return elb::errors::InvalidConfigurationRequestException("The value '" + value +
                                                           "' is not valid for the attribute '" + key + "'");
}

void check_common(const std::string& key, const std::string& value, const std::string& standard,
                  std::span<const Range> ranges) {
  if ((standard == "true" || standard == "false") && value != "true" && value != "false") throw bad_value(key, value);
  for (const auto& range : ranges)
    if (range.key == key && !whole(value, range.low, range.high)) throw bad_value(key, value);
}

}  // namespace

const Attributes& load_balancer_attribute_defaults() {
  static const Attributes defaults = {
      {"access_logs.s3.enabled", "false"},
      {"access_logs.s3.bucket", ""},
      {"access_logs.s3.prefix", ""},
      {"client_keep_alive.seconds", "3600"},
      {"connection_logs.s3.enabled", "false"},
      {"connection_logs.s3.bucket", ""},
      {"connection_logs.s3.prefix", ""},
      {"deletion_protection.enabled", "false"},
      {"health_check_logs.s3.enabled", "false"},
      {"health_check_logs.s3.bucket", ""},
      {"health_check_logs.s3.prefix", ""},
      {"idle_timeout.timeout_seconds", "60"},
      {"ipv6.deny_all_igw_traffic", "false"},
      {"load_balancing.cross_zone.enabled", "true"},
      {"routing.http.desync_mitigation_mode", "defensive"},
      {"routing.http.drop_invalid_header_fields.enabled", "false"},
      {"routing.http.preserve_host_header.enabled", "false"},
      {"routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"},
      {"routing.http.xff_client_port.enabled", "false"},
      {"routing.http.xff_header_processing.mode", "append"},
      {"routing.http2.enabled", "true"},
      {"waf.fail_open.enabled", "false"},
      {"zonal_shift.config.enabled", "false"},
  };
  return defaults;
}

const Attributes& target_group_attribute_defaults() {
  static const Attributes defaults = {
      {"deregistration_delay.timeout_seconds", "300"},
      {"load_balancing.algorithm.anomaly_mitigation", "off"},
      {"load_balancing.algorithm.type", "round_robin"},
      {"load_balancing.cross_zone.enabled", "use_load_balancer_configuration"},
      {"slow_start.duration_seconds", "0"},
      {"stickiness.app_cookie.cookie_name", ""},
      {"stickiness.app_cookie.duration_seconds", "86400"},
      {"stickiness.enabled", "false"},
      {"stickiness.lb_cookie.duration_seconds", "86400"},
      {"stickiness.type", "lb_cookie"},
      {"target_group_health.dns_failover.minimum_healthy_targets.count", "1"},
      {"target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"},
      {"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"},
      {"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"},
  };
  return defaults;
}

Attributes listener_attribute_defaults(bool https) {
  Attributes out = {{"routing.http.response.server.enabled", "true"}};
  for (const char* header :
       {"strict_transport_security", "access_control_allow_origin", "access_control_allow_methods",
        "access_control_allow_headers", "access_control_allow_credentials", "access_control_expose_headers",
        "access_control_max_age", "content_security_policy", "x_content_type_options", "x_frame_options"})
    out[std::string("routing.http.response.") + header + ".header_value"] = "";
  if (!https) return out;
  const std::pair<const char*, const char*> names[] = {
      {"x_amzn_mtls_clientcert_serial_number", "X-Amzn-Mtls-Clientcert-Serial-Number"},
      {"x_amzn_mtls_clientcert_issuer", "X-Amzn-Mtls-Clientcert-Issuer"},
      {"x_amzn_mtls_clientcert_subject", "X-Amzn-Mtls-Clientcert-Subject"},
      {"x_amzn_mtls_clientcert_validity", "X-Amzn-Mtls-Clientcert-Validity"},
      {"x_amzn_mtls_clientcert_leaf", "X-Amzn-Mtls-Clientcert-Leaf"},
      {"x_amzn_mtls_clientcert", "X-Amzn-Mtls-Clientcert"},
      {"x_amzn_tls_version", "X-Amzn-Tls-Version"},
      {"x_amzn_tls_cipher_suite", "X-Amzn-Tls-Cipher-Suite"}};
  for (const auto& [key, name] : names) out[std::string("routing.http.request.") + key + ".header_name"] = name;
  return out;
}

elb::DescribeLoadBalancerAttributesOutput Service::describe_load_balancer_attributes(
    aws::Context&, const elb::DescribeLoadBalancerAttributesInput& request) {
  return {.attributes = listed<elb::LoadBalancerAttribute>(load_balancer(*request.load_balancer_arn).attributes)};
}

elb::ModifyLoadBalancerAttributesOutput Service::modify_load_balancer_attributes(
    aws::Context&, const elb::ModifyLoadBalancerAttributesInput& request) {
  const std::string& arn = *request.load_balancer_arn;
  Attributes wanted = load_balancer(arn).attributes;
  static constexpr Range ranges[] = {{"idle_timeout.timeout_seconds", 1, 4000},
                                     {"client_keep_alive.seconds", 60, 604800}};
  for (const auto& attribute : *request.attributes) {
    const std::string& key = attribute.key.value_or("");
    const std::string value = attribute.value.value_or("");
    const auto standard = load_balancer_attribute_defaults().find(key);
    if (standard == load_balancer_attribute_defaults().end())
      throw elb::errors::InvalidConfigurationRequestException("Load balancer attribute key '" + key +
                                                              "' is not recognized");
    check_common(key, value, standard->second, ranges);
    if (key == "routing.http.xff_header_processing.mode" && value != "append" && value != "preserve" &&
        value != "remove")
      throw bad_value(key, value);
    if (key == "load_balancing.cross_zone.enabled" && value == "false") throw bad_value(key, value);
    const bool carried = key.starts_with("idle_timeout") || key.starts_with("client_keep") ||
                         key.starts_with("deletion_protection") || key.starts_with("routing.http2") ||
                         (key.starts_with("routing.http.") && key != "routing.http.desync_mitigation_mode") ||
                         key.ends_with(".bucket") || key.ends_with(".prefix");
    if (!carried && value != standard->second)
      throw aws::not_implemented("ModifyLoadBalancerAttributes: " + key + "=" + value);
    wanted[key] = value;
  }
  load_balancers_.update(key_of(arn), [&](LoadBalancerRow& row) { row.attributes = wanted; });
  touch(arn);
  return {.attributes = listed<elb::LoadBalancerAttribute>(wanted)};
}

elb::DescribeTargetGroupAttributesOutput Service::describe_target_group_attributes(
    aws::Context&, const elb::DescribeTargetGroupAttributesInput& request) {
  return {.attributes = listed<elb::TargetGroupAttribute>(target_group(*request.target_group_arn).attributes)};
}

elb::ModifyTargetGroupAttributesOutput Service::modify_target_group_attributes(
    aws::Context&, const elb::ModifyTargetGroupAttributesInput& request) {
  const std::string& arn = *request.target_group_arn;
  Attributes wanted = target_group(arn).attributes;
  static constexpr Range ranges[] = {{"deregistration_delay.timeout_seconds", 0, 3600},
                                     {"stickiness.lb_cookie.duration_seconds", 1, 604800},
                                     {"stickiness.app_cookie.duration_seconds", 1, 604800}};
  for (const auto& attribute : *request.attributes) {
    const std::string& key = attribute.key.value_or("");
    const std::string value = attribute.value.value_or("");
    const auto standard = target_group_attribute_defaults().find(key);
    if (standard == target_group_attribute_defaults().end())
      throw elb::errors::InvalidConfigurationRequestException("Target group attribute key '" + key +
                                                              "' is not recognized");
    check_common(key, value, standard->second, ranges);
    if (key == "slow_start.duration_seconds" && value != "0" && !whole(value, 30, 900)) throw bad_value(key, value);
    if (key == "stickiness.type" && value != "lb_cookie" && value != "app_cookie") throw bad_value(key, value);
    if (key == "load_balancing.algorithm.type" && value != "round_robin" && value != "least_outstanding_requests" &&
        value != "weighted_random")
      throw bad_value(key, value);
    const bool carried = key.starts_with("deregistration_delay") || key.starts_with("slow_start") ||
                         key.starts_with("stickiness") || key == "load_balancing.algorithm.type" ||
                         (key == "load_balancing.cross_zone.enabled" && value == "true");
    if (!carried && value != standard->second)
      throw aws::not_implemented("ModifyTargetGroupAttributes: " + key + "=" + value);
    wanted[key] = value;
  }
  if (wanted["stickiness.type"] == "app_cookie" && wanted["stickiness.enabled"] == "true" &&
      wanted["stickiness.app_cookie.cookie_name"].empty())
    throw elb::errors::InvalidConfigurationRequestException("A cookie name is required for app_cookie stickiness");
  target_groups_.update(key_of(arn), [&](TargetGroupRow& row) { row.attributes = wanted; });
  touch_users(arn);
  return {.attributes = listed<elb::TargetGroupAttribute>(wanted)};
}

elb::DescribeListenerAttributesOutput Service::describe_listener_attributes(
    aws::Context&, const elb::DescribeListenerAttributesInput& request) {
  const ListenerRow& row = listener(*request.listener_arn);
  return {.attributes = listed<elb::ListenerAttribute>(listener_attribute_defaults(row.value.protocol == "HTTPS"))};
}

elb::ModifyListenerAttributesOutput Service::modify_listener_attributes(
    aws::Context&, const elb::ModifyListenerAttributesInput& request) {
  const auto current = listener_attribute_defaults(listener(*request.listener_arn).value.protocol == "HTTPS");
  for (const auto& attribute : *request.attributes) {
    const auto found = current.find(attribute.key.value_or(""));
    if (found == current.end())
      throw elb::errors::InvalidConfigurationRequestException("Listener attribute key '" + attribute.key.value_or("") +
                                                              "' is not recognized");
    if (attribute.value.value_or("") != found->second)
      throw aws::not_implemented("ModifyListenerAttributes: " + found->first + "=" + attribute.value.value_or(""));
  }
  return {.attributes = listed<elb::ListenerAttribute>(current)};
}

}  // namespace stratus::services::elbv2
