#include "stratus/services/fis/catalogue.h"

#include <algorithm>
#include <array>

namespace stratus::services::fis {
namespace {

const ParameterKind kDuration{"duration", "The duration, from one minute to 12 hours (ISO 8601 format)."};

constexpr std::array<std::string_view, 14> kElsewhere = {
    "aws:directconnect:", "aws:dsql:",   "aws:dynamodb:", "aws:ebs:", "aws:ec2:", "aws:eks:", "aws:elasticache:",
    "aws:kinesis:",       "aws:lambda:", "aws:memorydb:", "aws:rds:", "aws:ssm:", "aws:arc:", "aws:ecs:drain-"};

}  // namespace

const std::vector<ActionKind>& actions_done() {
  static const std::vector<ActionKind> all = {
      {"aws:cloudwatch:assert-alarm-state",
       "Verify that the specified alarms are in one of the specified alarm states.",
       "",
       "",
       {{"alarmArns", "The ARNs of the alarms, separated by commas."},
        {"alarmStates", "The alarm states (OK, ALARM, INSUFFICIENT_DATA), separated by commas."}}},
      {"aws:ecs:stop-task", "Stop the target ECS tasks.", "Tasks", "aws:ecs:task", {}},
      {"aws:fis:wait", "Wait for the specified duration.", "", "", {kDuration}},
      {"aws:network:disrupt-connectivity",
       "Deny the specified type of traffic entering and leaving the target subnets.",
       "Subnets",
       "aws:ec2:subnet",
       {kDuration, {"scope", "The type of traffic to deny: all, availability-zone, vpc."}}},
  };
  return all;
}

const std::vector<ResourceKind>& resource_types() {
  static const std::vector<ResourceKind> all = {
      {"aws:ec2:subnet",
       "An Amazon EC2 subnet",
       {{"availabilityZoneIdentifier", "The Availability Zone of the subnets, by name or id.", false},
        {"vpc", "The VPC of the subnets.", false}}},
      {"aws:ecs:task",
       "An Amazon ECS task",
       {{"cluster", "The cluster of the tasks, by name or ARN.", false},
        {"service", "The service of the tasks, by name or ARN.", false}}},
  };
  return all;
}

const ActionKind* find_action(std::string_view id) {
  const auto& all = actions_done();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& action) { return action.id == id; });
  return found == all.end() ? nullptr : &*found;
}

const ResourceKind* find_resource_type(std::string_view type) {
  const auto& all = resource_types();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.type == type; });
  return found == all.end() ? nullptr : &*found;
}

bool acts_on_nothing_here(std::string_view action_id) {
  return std::any_of(kElsewhere.begin(), kElsewhere.end(),
                     [&](std::string_view prefix) { return action_id.starts_with(prefix); });
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (!text.starts_with("P")) return std::nullopt;
  text.remove_prefix(1);
  std::int64_t seconds = 0, number = 0;
  bool time = false, digits = false, any = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      digits = true;
      if (number > 1'000'000) return std::nullopt;
      continue;
    }
    if (c == 'T' && !time && !digits) {
      time = true;
      continue;
    }
    const std::int64_t unit = c == 'D' && !time  ? 86'400
                              : c == 'H' && time ? 3'600
                              : c == 'M' && time ? 60
                              : c == 'S' && time ? 1
                                                 : 0;
    if (unit == 0 || !digits) return std::nullopt;
    seconds += number * unit;
    number = 0;
    digits = false;
    any = true;
  }
  if (digits || !any) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace stratus::services::fis
