#include "stratus/daemon/scaling.h"

#include "stratus/core/arn.h"
#include "stratus/core/text.h"

namespace stratus::daemon {
namespace {

constexpr const char* kServiceName = "ecs.application-autoscaling.amazonaws.com";

/// "service/<cluster>/<service>"
std::pair<std::string, std::string> names_in(const std::string& resource_id) {
  const auto parts = text::split(resource_id, '/');
  return parts.size() == 3 ? std::pair(parts[1], parts[2]) : std::pair<std::string, std::string>();
}

}  // namespace

std::optional<ScalableServices::Capacity> ScalableServices::capacity(const std::string& account,
                                                                     const std::string& region,
                                                                     const std::string& resource_id) {
  const auto [cluster, service] = names_in(resource_id);
  const auto count = ecs_.service_count(account, region, cluster, service);
  return count ? std::optional(Capacity{count->desired, count->running}) : std::nullopt;
}

void ScalableServices::set_desired(const std::string& account, const std::string& region,
                                   const std::string& resource_id, std::int32_t desired, const std::string& role_arn) {
  const auto [cluster, service] = names_in(resource_id);
  // The service-linked role may by definition; another one must allow it itself.
  const bool linked = role_arn.find(std::string("role/aws-service-role/") + kServiceName) != std::string::npos;
  const std::string arn = make_arn("ecs", region, account, "service/" + cluster + "/" + service);
  if (!linked && !iam_.role_allows(role_arn, "ecs:UpdateService", arn))
    throw aws::Error("AccessDeniedException", 400,
                     role_arn + " is not authorized to perform: ecs:UpdateService on resource: " + arn);
  ecs_.set_desired_count(account, region, cluster, service, desired);
}

void ScalableServices::prepare(const std::string& account) { iam_.ensure_service_linked_role(account, kServiceName); }

}  // namespace stratus::daemon
