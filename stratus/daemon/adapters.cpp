#include "stratus/daemon/adapters.h"

#include "stratus/core/arn.h"
#include "stratus/core/text.h"

namespace stratus::daemon {

using services::ecs::TaskInterface;

services::elbv2::Interfaces::Node BalancerInterfaces::create(const std::string& account, const std::string& region,
                                                             const std::string& subnet_id,
                                                             const std::vector<std::string>& group_ids,
                                                             const std::string& description, bool is_public) {
  if (is_public) {
    const std::string vpc = vpc_of_subnet(account, region, subnet_id);
    aws::Context context;
    context.account = account;
    context.region = region;
    const auto gateways =
        ec2_.describe_internet_gateways(context, {.filters = {{{.name = "attachment.vpc-id", .values = {{vpc}}}}}});
    if (gateways.internet_gateways->empty())
      throw aws::Error("InvalidSubnet", 400, "VPC " + vpc + " has no internet gateway");
  }
  try {
    const auto made = ec2_.create_interface({.account = account,
                                             .region = region,
                                             .subnet_id = subnet_id,
                                             .groups = group_ids,
                                             .description = description,
                                             .requester = "amazon-elb",
                                             .public_address = is_public});
    return {made.id, made.netns, made.private_ip, made.public_ip, made.zone, made.vpc_id};
  } catch (const aws::Error& e) {
    if (e.code == "InvalidSubnetID.NotFound") throw aws::Error("SubnetNotFound", 400, e.message);
    if (e.code == "InvalidGroup.NotFound") throw aws::Error("InvalidSecurityGroup", 400, e.message);
    throw;
  }
}

std::string BalancerInterfaces::vpc_of_subnet(const std::string& account, const std::string& region,
                                              const std::string& subnet_id) {
  try {
    return ec2_.subnet(account, region, subnet_id).vpc_id;
  } catch (const aws::Error& e) {
    throw aws::Error("SubnetNotFound", 400, e.message);
  }
}

std::string BalancerInterfaces::zone_of_subnet(const std::string& account, const std::string& region,
                                               const std::string& subnet_id) {
  vpc_of_subnet(account, region, subnet_id);
  return ec2_.subnet(account, region, subnet_id).zone;
}

void BalancerInterfaces::check_groups(const std::string& account, const std::string& region,
                                      const std::vector<std::string>& group_ids, const std::string& vpc_id) {
  try {
    ec2_.check_groups(account, region, group_ids, vpc_id);
  } catch (const aws::Error& e) {
    throw aws::Error("InvalidSecurityGroup", 400, e.message);
  }
}

void TaskNetwork::check(const std::string& account, const std::string& region, const std::vector<std::string>& subnets,
                        const std::vector<std::string>& groups) {
  // The first task of an account makes the role under which ECS acts, as on AWS.
  iam_.ensure_service_linked_role(account, "ecs.amazonaws.com");
  std::string vpc;
  for (const auto& id : subnets) {
    const auto& subnet = ec2_.subnet(account, region, id);
    if (!vpc.empty() && subnet.vpc_id != vpc)
      throw aws::Error("InvalidParameterValue", 400, "The subnets belong to different networks");
    vpc = subnet.vpc_id;
  }
  ec2_.check_groups(account, region, groups, vpc);
}

TaskInterface TaskNetwork::create(const std::string& account, const std::string& region, const std::string& subnet,
                                  const std::vector<std::string>& groups, bool public_address,
                                  const std::string& description) {
  const auto made = ec2_.create_interface({.account = account,
                                           .region = region,
                                           .subnet_id = subnet,
                                           .groups = groups,
                                           .description = description,
                                           .requester = account,
                                           .public_address = public_address});
  network::Vpc model;
  model.cidrs = {ec2_.vpc(account, region, made.vpc_id).cidr};
  const auto dhcp = ec2_.dhcp(account, region, made.vpc_id);
  return {.id = made.id,
          .netns = made.netns,
          .private_ip = made.private_ip,
          .public_ip = made.public_ip,
          .mac = made.mac,
          .subnet_id = made.subnet_id,
          .zone = made.zone,
          .resolver = dhcp.name_servers.empty() ? network::resolver_addresses(model).front()
                                                : text::join(dhcp.name_servers, " "),
          .subnet_cidr = ec2_.subnet(account, region, made.subnet_id).cidr,
          .search = dhcp.domain};
}

std::optional<services::ecs::RoleCredentials> TaskPermissions::assume(const std::string& role_arn,
                                                                      const std::string& session, Duration lifetime) {
  const auto* role = iam_.role_by_arn(role_arn);
  const auto arn = Arn::parse(role_arn);
  if (role == nullptr || !arn || !iam_.role_trusts(role_arn, "ecs-tasks.amazonaws.com")) return std::nullopt;
  const auto made = iam_.new_session({.account = arn->account,
                                      .role = role,
                                      .user = nullptr,
                                      .name = session,
                                      .lifetime = lifetime,
                                      .policies = {},
                                      .tags = {}});
  return services::ecs::RoleCredentials{made.access_key_id, made.secret, made.token, made.expires};
}

std::string TaskFiles::read(const std::string& role_arn, const std::string& session, const std::string& region,
                            const std::string& object_arn) {
  const auto object = Arn::parse(object_arn), role = Arn::parse(role_arn);
  const auto slash = object ? object->resource.find('/') : std::string::npos;
  const auto* entity = iam_.role_by_arn(role_arn);
  if (slash == std::string::npos || entity == nullptr || !iam_.role_trusts(role_arn, "ecs-tasks.amazonaws.com"))
    throw aws::Error("AccessDenied", 403, "Access Denied");
  const auto made = iam_.new_session({.account = role->account,
                                      .role = entity,
                                      .user = nullptr,
                                      .name = session,
                                      .lifetime = std::chrono::minutes(15),
                                      .policies = {},
                                      .tags = {}});
  aws::Context context;
  context.account = role->account;
  context.region = region;
  context.service = "s3";
  context.operation = "GetObject";
  context.now = loop_.clock().now();
  context.identity = iam_.find(made.access_key_id)->identity;
  context.identity.access_key_id = made.access_key_id;
  const auto found =
      s3_.get_object(context, {.bucket = object->resource.substr(0, slash), .key = object->resource.substr(slash + 1)});
  if (!found.body) throw aws::Error("InvalidRequest", 400, "The file is larger than a mebibyte.");
  return found.body->bytes;
}

bool TaskRegistry::permits(const std::string& role_arn, const std::string& action, const std::string& repository_arn) {
  using services::iam::Decision;
  const auto by_repository = ecr_.policy_decision(repository_arn, action, role_arn);
  if (by_repository == Decision::explicit_deny) return false;
  const bool by_role = iam_.role_allows(role_arn, action, repository_arn);
  // In one account either suffices; another account's repository must agree.
  const auto role = Arn::parse(role_arn), repository = Arn::parse(repository_arn);
  if (role && repository && role->account == repository->account) return by_role || by_repository == Decision::allow;
  return by_role && by_repository == Decision::allow;
}

void TaskLogs::append(const std::string& account, const std::string& region, const std::string& group,
                      const std::string& stream, const std::vector<services::ecs::LogEvent>& events) {
  std::vector<services::logs::Event> out;
  out.reserve(events.size());
  for (const auto& event : events) out.push_back({event.time, event.message});
  logs_.append(account, region, group, stream, out);
}

void TaskBalancers::check(const std::string& target_group_arn) {
  if (!elbv2_.target_group_exists(target_group_arn))
    throw aws::Error("InvalidParameterException", 400, "The target group " + target_group_arn + " does not exist.");
  if (!elbv2_.has_listener(target_group_arn))
    throw aws::Error(
        "InvalidParameterException", 400,
        "The target group with targetGroupArn " + target_group_arn + " does not have an associated load balancer.");
}

void TaskBalancers::remove(const std::string& target_group_arn, const std::string& ip, int port) {
  try {
    elbv2_.deregister_target(target_group_arn, ip, port);
  } catch (const aws::Error&) {
    // The group went before the task: there is nothing left to drain.
  }
}

std::string TaskBalancers::health(const std::string& target_group_arn, const std::string& ip, int port) {
  try {
    return elbv2_.target_health(target_group_arn, ip, port);
  } catch (const aws::Error&) {
    return "unused";
  }
}

}  // namespace stratus::daemon
