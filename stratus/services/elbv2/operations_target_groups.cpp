#include <arpa/inet.h>

#include <tuple>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {
namespace {

void check_name(const std::string& name) {
  if (name.size() > 32)
    throw validation_error("Target group name '" + name + "' cannot be longer than '32' characters");
  for (const unsigned char c : name)
    if (std::isalnum(c) == 0 && c != '-')
      throw validation_error("Target group name '" + name +
                             "' can only contain characters that are alphanumeric characters or hyphens(-)");
  if (name.empty() || name.front() == '-' || name.back() == '-')
    throw validation_error("Target group name '" + name + "' cannot begin or end with a hyphen(-)");
}

void check_protocol(const std::string& operation, const std::string& protocol) {
  if (protocol != "HTTP" && protocol != "HTTPS") throw aws::not_implemented(operation + ": Protocol " + protocol);
}

void check_health_check(const elb::TargetGroup& group) {
  const auto within = [](const char* what, std::int32_t value, int low, int high) {
    if (value < low || value > high)
      throw validation_error(std::string(what) + " must be between " + std::to_string(low) + " and " +
                             std::to_string(high));
  };
  within("Health check interval", *group.health_check_interval_seconds, 5, 300);
  within("Health check timeout", *group.health_check_timeout_seconds, 2, 120);
  within("Healthy threshold count", *group.healthy_threshold_count, 2, 10);
  within("Unhealthy threshold count", *group.unhealthy_threshold_count, 2, 10);
  if (*group.health_check_timeout_seconds >= *group.health_check_interval_seconds)
    throw validation_error("Health check timeout '" + std::to_string(*group.health_check_timeout_seconds) +
                           "' must be smaller than the interval '" +
                           std::to_string(*group.health_check_interval_seconds) + "'");
  if (*group.health_check_protocol != "HTTP" && *group.health_check_protocol != "HTTPS")
    throw validation_error("Health check protocol '" + *group.health_check_protocol + "' must be one of HTTP, HTTPS");
  const std::string& port = *group.health_check_port;
  if (port != "traffic-port" &&
      (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
       std::stoi(port) < 1 || std::stoi(port) > 65535))
    throw validation_error("Health check port '" + port + "' must be between 1 and 65535 inclusive");
  const std::string& path = *group.health_check_path;
  if (path.empty() || path[0] != '/' || path.size() > 1024)
    throw validation_error("Health check path '" + path + "' must begin with '/' and be at most 1024 characters");
  for (const auto& part : text::split(group.matcher->http_code.value_or(""), ','))
    for (const auto& code : text::split(part, '-'))
      if (code.size() != 3 || code.find_first_not_of("0123456789") != std::string::npos || code < "200" || code > "499")
        throw validation_error("Health check matcher HTTP code '" + *group.matcher->http_code +
                               "' must be within '200-499' inclusive");
}

bool same_settings(const elb::TargetGroup& a, const elb::TargetGroup& b) {
  const auto settings = [](const elb::TargetGroup& group) {
    return std::tie(group.protocol, group.port, group.vpc_id, group.target_type, group.health_check_protocol,
                    group.health_check_port, group.health_check_path, group.health_check_interval_seconds,
                    group.health_check_timeout_seconds, group.healthy_threshold_count, group.unhealthy_threshold_count,
                    group.matcher->http_code);
  };
  return settings(a) == settings(b);
}

}  // namespace

elb::CreateTargetGroupOutput Service::create_target_group(aws::Context& context,
                                                          const elb::CreateTargetGroupInput& request) {
  const std::string& name = *request.name;
  check_name(name);
  const std::string type = request.target_type.value_or("instance");
  if (type != "ip" && type != "instance") throw aws::not_implemented("CreateTargetGroup: TargetType " + type);
  if (!request.protocol) throw validation_error("A protocol must be specified");
  check_protocol("CreateTargetGroup", *request.protocol);
  if (!request.port) throw validation_error("A port must be specified");
  if (*request.port < 1 || *request.port > 65535)
    throw validation_error("Port '" + std::to_string(*request.port) + "' must be between 1 and 65535 inclusive");
  if (!request.vpc_id) throw validation_error("A VPC ID must be specified");
  try {
    interfaces_.default_group(context.account, context.region, *request.vpc_id);
  } catch (const aws::Error&) {
    throw validation_error("The VPC ID '" + *request.vpc_id + "' is not found");
  }
  // Terraform sends an empty version where none is given.
  const std::string given = request.protocol_version.value_or("");
  const std::string version = given.empty() ? "HTTP1" : given;
  if (version != "HTTP1") throw aws::not_implemented("CreateTargetGroup: ProtocolVersion " + version);
  if (request.ip_address_type.value_or("ipv4") != "ipv4")
    throw aws::not_implemented("CreateTargetGroup: IpAddressType " + *request.ip_address_type);
  if (request.matcher && request.matcher->grpc_code) throw aws::not_implemented("CreateTargetGroup: Matcher.GrpcCode");
  if (request.target_control_port) throw aws::not_implemented("CreateTargetGroup: TargetControlPort");
  if (!request.health_check_enabled.value_or(true))
    throw elb::errors::InvalidConfigurationRequestException(
        "Health check enabled must be true for target groups with target type '" + type + "'");
  TargetGroupRow row;
  auto& value = row.value;
  value.target_group_arn =
      make_arn("elasticloadbalancing", context.region, context.account, "targetgroup/" + name + "/" + random_.hex(16));
  value.target_group_name = name;
  value.protocol = request.protocol;
  value.port = request.port;
  value.vpc_id = request.vpc_id;
  value.health_check_protocol = request.health_check_protocol.value_or("HTTP");
  value.health_check_port = request.health_check_port.value_or("traffic-port");
  value.health_check_enabled = true;
  value.health_check_interval_seconds = request.health_check_interval_seconds.value_or(30);
  value.health_check_timeout_seconds = request.health_check_timeout_seconds.value_or(5);
  value.healthy_threshold_count = request.healthy_threshold_count.value_or(5);
  value.unhealthy_threshold_count = request.unhealthy_threshold_count.value_or(2);
  value.health_check_path = request.health_check_path.value_or("/");
  value.matcher = elb::Matcher{.http_code = request.matcher ? request.matcher->http_code.value_or("200") : "200"};
  value.target_type = type;
  value.protocol_version = version;
  value.ip_address_type = "ipv4";
  check_health_check(value);
  for (const TargetGroupRow* known : target_groups_.list(context.account, context.region)) {
    if (known->value.target_group_name != name) continue;
    if (same_settings(known->value, value)) return {.target_groups = {{view(*known)}}};
    throw elb::errors::DuplicateTargetGroupNameException("A target group with the same name '" + name +
                                                         "' exists, but with different settings");
  }
  row.attributes = target_group_attribute_defaults();
  for (const auto& tag : request.tags.value_or(std::vector<elb::Tag>{}))
    row.tags[tag.key.value_or("")] = tag.value.value_or("");
  const std::string arn = *value.target_group_arn;
  const auto& stored = target_groups_.put(key_of(arn), std::move(row));
  return {.target_groups = {{view(stored)}}};
}

elb::DescribeTargetGroupsOutput Service::describe_target_groups(aws::Context& context,
                                                                const elb::DescribeTargetGroupsInput& request) {
  std::vector<elb::TargetGroup> found;
  const int ways = (request.load_balancer_arn ? 1 : 0) + (request.names && !request.names->empty() ? 1 : 0) +
                   (request.target_group_arns && !request.target_group_arns->empty() ? 1 : 0);
  if (ways > 1)
    throw validation_error(
        "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time");
  if (request.target_group_arns && !request.target_group_arns->empty()) {
    for (const auto& arn : *request.target_group_arns) found.push_back(view(target_group(arn)));
  } else {
    if (request.load_balancer_arn) load_balancer(*request.load_balancer_arn);
    std::vector<std::string> missing = request.names.value_or(std::vector<std::string>{});
    for (const TargetGroupRow* row : target_groups_.list(context.account, context.region)) {
      elb::TargetGroup seen = view(*row);
      if (request.names && !request.names->empty() &&
          std::find(request.names->begin(), request.names->end(), *seen.target_group_name) == request.names->end())
        continue;
      std::erase(missing, *seen.target_group_name);
      const auto& users = *seen.load_balancer_arns;
      if (request.load_balancer_arn && std::find(users.begin(), users.end(), *request.load_balancer_arn) == users.end())
        continue;
      found.push_back(std::move(seen));
    }
    if (!missing.empty()) throw elb::errors::TargetGroupNotFoundException("One or more target groups not found");
  }
  elb::DescribeTargetGroupsOutput out;
  out.target_groups = page(std::move(found), request.marker, request.page_size, out.next_marker);
  return out;
}

elb::ModifyTargetGroupOutput Service::modify_target_group(aws::Context&, const elb::ModifyTargetGroupInput& request) {
  const std::string& arn = *request.target_group_arn;
  TargetGroupRow row = target_group(arn);
  auto& value = row.value;
  if (!request.health_check_enabled.value_or(true))
    throw elb::errors::InvalidConfigurationRequestException(
        "Health check enabled must be true for target groups with target type '" + *value.target_type + "'");
  if (request.health_check_protocol) value.health_check_protocol = request.health_check_protocol;
  if (request.health_check_port) value.health_check_port = request.health_check_port;
  if (request.health_check_path) value.health_check_path = request.health_check_path;
  if (request.health_check_interval_seconds)
    value.health_check_interval_seconds = request.health_check_interval_seconds;
  if (request.health_check_timeout_seconds) value.health_check_timeout_seconds = request.health_check_timeout_seconds;
  if (request.healthy_threshold_count) value.healthy_threshold_count = request.healthy_threshold_count;
  if (request.unhealthy_threshold_count) value.unhealthy_threshold_count = request.unhealthy_threshold_count;
  if (request.matcher && request.matcher->grpc_code) throw aws::not_implemented("ModifyTargetGroup: Matcher.GrpcCode");
  if (request.matcher && request.matcher->http_code) value.matcher->http_code = request.matcher->http_code;
  check_health_check(value);
  const auto& stored = target_groups_.put(key_of(arn), std::move(row));
  touch_users(arn);
  return {.target_groups = {{view(stored)}}};
}

elb::DeleteTargetGroupOutput Service::delete_target_group(aws::Context&, const elb::DeleteTargetGroupInput& request) {
  const std::string& arn = *request.target_group_arn;
  if (!users_of(arn).empty())
    throw elb::errors::ResourceInUseException("Target group '" + arn + "' is currently in use by a listener or a rule");
  target_groups_.erase(key_of(arn));
  return {};
}

elb::RegisterTargetsOutput Service::register_targets(aws::Context&, const elb::RegisterTargetsInput& request) {
  const std::string& arn = *request.target_group_arn;
  const elb::TargetGroup group = target_group(arn).value;
  if (*group.target_type != "ip") throw aws::not_implemented("RegisterTargets: targets of type " + *group.target_type);
  for (const auto& target : *request.targets) {
    in_addr parsed{};
    const std::string address = target.id.value_or("");
    if (inet_pton(AF_INET, address.c_str(), &parsed) != 1)
      throw validation_error("The IP address '" + address + "' is not a valid IPv4 address");
    const std::int32_t port = target.port.value_or(*group.port);
    if (port < 1 || port > 65535)
      throw validation_error("Port '" + std::to_string(port) + "' must be between 1 and 65535 inclusive");
    add_target(arn, {.address = address, .port = port, .zone = target.availability_zone.value_or("")});
  }
  return {};
}

elb::DeregisterTargetsOutput Service::deregister_targets(aws::Context&, const elb::DeregisterTargetsInput& request) {
  target_group(*request.target_group_arn);
  for (const auto& target : *request.targets)
    drain_target(*request.target_group_arn, target.id.value_or(""), target.port);
  return {};
}

elb::DescribeTargetHealthOutput Service::describe_target_health(aws::Context&,
                                                                const elb::DescribeTargetHealthInput& request) {
  const TargetGroupRow& row = target_group(*request.target_group_arn);
  const auto describe = [&](const TargetRow& target) {
    elb::TargetHealthDescription out;
    out.target = elb::TargetDescription{.id = target.address, .port = target.port};
    if (!target.zone.empty()) out.target->availability_zone = target.zone;
    out.health_check_port =
        *row.value.health_check_port == "traffic-port" ? std::to_string(target.port) : *row.value.health_check_port;
    out.target_health = health_of(row, target);
    return out;
  };
  std::vector<elb::TargetHealthDescription> found;
  if (!request.targets || request.targets->empty()) {
    for (const auto& target : row.targets) found.push_back(describe(target));
    return {.target_health_descriptions = found};
  }
  for (const auto& asked : *request.targets) {
    const std::int32_t port = asked.port.value_or(*row.value.port);
    const auto known = std::find_if(row.targets.begin(), row.targets.end(), [&](const TargetRow& target) {
      return target.address == asked.id && target.port == port;
    });
    if (known != row.targets.end()) {
      found.push_back(describe(*known));
      continue;
    }
    elb::TargetHealthDescription out;
    out.target = elb::TargetDescription{.id = asked.id, .port = port};
    out.health_check_port = std::to_string(port);
    out.target_health = elb::TargetHealth{.state = "unused",
                                          .reason = "Target.NotRegistered",
                                          .description = "Target is not registered to the target group"};
    found.push_back(std::move(out));
  }
  return {.target_health_descriptions = found};
}

}  // namespace stratus::services::elbv2
