// What ECS tells EventBridge.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html
#include <boost/json.hpp>

#include "stratus/core/arn.h"
#include "stratus/core/shape_json.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

namespace json = boost::json;

/// Events write times as text where the API writes seconds; every such member's name ends with "At".
void times_to_text(json::value& value) {
  if (value.is_array())
    for (auto& item : value.as_array()) times_to_text(item);
  if (!value.is_object()) return;
  for (auto& member : value.as_object()) {
    const std::string_view name = member.key();
    if (name.ends_with("At") && member.value().is_number())
      member.value() =
          to_rfc3339(Timestamp{static_cast<std::int64_t>(std::llround(member.value().to_number<double>() * 1000))});
    else
      times_to_text(member.value());
  }
}

}  // namespace

void Ecs::tell_task(const state::Key& key, const Task& task) {
  c::Task described = describe(key.account, key.region, task, false);
  described.tags.reset();
  json::value detail = json::parse(to_json(described));
  times_to_text(detail);
  // Events name an attachment's kind in a word of their own.
  for (auto& attachment : detail.as_object()["attachments"].as_array()) attachment.as_object()["type"] = "eni";
  detail.as_object()["updatedAt"] = to_rfc3339(loop_.clock().now());
  store_.after_commit([this, key, arn = task.arn, text = json::serialize(detail)] {
    ports_.events.publish(key.account, key.region, "aws.ecs", "ECS Task State Change", {arn}, text);
  });
}

void Ecs::tell_service(const ServiceRow& service, const std::string& type, const std::string& name,
                       const std::string& reason) {
  const auto arn = Arn::parse(service.arn);
  json::object detail{{"eventType", type},
                      {"eventName", name},
                      {"clusterArn", make_arn("ecs", arn->region, arn->account, "cluster/" + service.cluster)},
                      {"createdAt", to_rfc3339(loop_.clock().now())}};
  if (!reason.empty()) detail["reason"] = reason;
  store_.after_commit(
      [this, account = arn->account, region = arn->region, resource = service.arn, text = json::serialize(detail)] {
        ports_.events.publish(account, region, "aws.ecs", "ECS Service Action", {resource}, text);
      });
}

void Ecs::tell_deployment(const ServiceRow& service, const std::string& type, const std::string& name,
                          const Deployment& deployment) {
  const auto arn = Arn::parse(service.arn);
  const json::object detail{{"eventType", type},
                            {"eventName", name},
                            {"deploymentId", deployment.id},
                            {"updatedAt", to_rfc3339(deployment.updated)},
                            {"reason", deployment.rollout_reason}};
  store_.after_commit(
      [this, account = arn->account, region = arn->region, resource = service.arn, text = json::serialize(detail)] {
        ports_.events.publish(account, region, "aws.ecs", "ECS Deployment State Change", {resource}, text);
      });
}

}  // namespace stratus::services::ecs
