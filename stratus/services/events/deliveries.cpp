// Schedules that fire, and events on their way to targets.
#include <stdexcept>

#include "stratus/core/arn.h"
#include "stratus/core/log.h"
#include "stratus/core/schedule.h"
#include "stratus/services/events/input.h"
#include "stratus/services/events/service.h"

namespace stratus::services::events {
namespace json = boost::json;
namespace {

constexpr int kMostAttempts = 185;  // AWS's defaults: 24 hours, 185 retries
constexpr Duration kMostAge = std::chrono::hours(24);

/// Each retry waits twice as long as the one before it, from a second to ten minutes.
Duration pause_before(int attempt) {
  constexpr Duration most = std::chrono::minutes(10);
  return attempt > 10 ? most : std::min(most, Duration(1000) * (1 << std::max(0, attempt - 1)));
}

/// A target that is gone, or that refuses, is not asked again; what may pass is.
bool worth_retrying(const aws::Error& error) {
  return (error.status >= 500 && error.code != "NotImplemented") || error.code.find("Throttl") != std::string::npos ||
         error.code.find("LimitExceeded") != std::string::npos || error.code.starts_with("KMS");
}

}  // namespace

void Service::reconcile() {
  fire_schedules();
  const Timestamp now = loop_.clock().now();
  while (!due_.empty() && due_.begin()->first.first <= now) {
    const state::Key key = due_.begin()->second;
    due_.erase(due_.begin());
    deliver(key);
  }
  if (!due_.empty()) wake_in(std::max(Duration(1), due_.begin()->first.first - now));
}

void Service::fire_schedules() {
  const Timestamp now = loop_.clock().now();
  std::optional<Timestamp> soonest;
  const auto rules = rules_.all();
  for (const auto& [key, row] : rules) {
    if (!row->schedule || row->state == "DISABLED") continue;
    const auto schedule = parse_schedule(*row->schedule);
    if (!schedule) continue;
    auto next = next_after(*schedule, row->fired);
    if (next && *next <= now) {
      // What was missed while nothing ran is made up for once, in step with the schedule.
      Timestamp last = *next;
      if (schedule->kind == Schedule::Kind::rate) {
        last =
            Timestamp{row->fired.ms + (now - row->fired).count() / schedule->period.count() * schedule->period.count()};
      } else {
        last = now;
      }
      const Rule copy = *row;
      store_.call([&, key = key] {
        rules_.update(key, [&](Rule& changed) { changed.fired = last; });
        queue(key, copy,
              envelope(key.account, key.region, "aws.events", "Scheduled Event", {copy.arn}, json::object{}, *next));
      });
      next = next_after(*schedule, last);
    }
    if (next && (!soonest || *next < *soonest)) soonest = next;
  }
  if (soonest) wake_in(std::max(Duration(1), *soonest - now));
}

void Service::deliver(const state::Key& key) {
  const Delivery* row = deliveries_.find(key);
  if (row == nullptr) return;
  const Delivery delivery = *row;
  try {
    store_.call([&] {
      invoke(key, delivery);
      deliveries_.erase(key);
    });
    measure(key, delivery.bus, delivery.rule_name, "Invocations");
  } catch (const aws::Error& error) {
    const Timestamp now = loop_.clock().now();
    const auto policy = delivery.target.retry_policy.value_or(ev::RetryPolicy{});
    const Duration age =
        policy.maximum_event_age_in_seconds ? Duration(1000LL * *policy.maximum_event_age_in_seconds) : kMostAge;
    const int attempts = delivery.attempts + 1;
    const Timestamp next = now + pause_before(attempts);
    const bool again = worth_retrying(error) && attempts <= policy.maximum_retry_attempts.value_or(kMostAttempts) &&
                       next <= delivery.ingested + age;
    // AWS counts an invocation that is tried again once: when it succeeded or was given up.
    if (!again)
      for (const char* name : {"Invocations", "FailedInvocations"})
        measure(key, delivery.bus, delivery.rule_name, name);
    if (!again)
      log::warning("events.not_delivered", {{"rule", delivery.rule_arn},
                                            {"target", *delivery.target.arn},
                                            {"attempts", attempts},
                                            {"error", error.code + ": " + error.message}});
    store_.call([&] {
      if (again) {
        deliveries_.update(key, [&](Delivery& changed) {
          changed.attempts = attempts;
          changed.next = next;
        });
        due_[{next, key.id}] = key;
      } else {
        deliveries_.erase(key);
      }
    });
  }
}

void Service::measure(const state::Key& key, const std::string& bus, const std::string& rule, const char* name) {
  if (!measured_) return;
  std::map<std::string, std::string> dimensions{{"RuleName", rule}};
  if (bus != "default") dimensions["EventBusName"] = bus;
  measured_({key.account, key.region, name, std::move(dimensions), loop_.clock().now()});
}

void Service::invoke(const state::Key& key, const Delivery& delivery) {
  const json::value event = json::parse(delivery.event);
  const std::string input =
      input_of(delivery.target, event, {delivery.rule_name, delivery.rule_arn, delivery.ingested});
  const std::string& text = *delivery.target.arn;
  const Arn arn = *Arn::parse(text);
  if (arn.service == "sns") {
    sns_.publish_from_service(key.account, arn.region, text, "", input, "events.amazonaws.com", delivery.rule_arn);
  } else if (arn.service == "logs") {
    to_logs(key, delivery, input);
  } else if (arn.service == "events") {
    to_bus(key, delivery, text);
  } else {
    const std::string role = delivery.target.role_arn.value_or("");
    const auto& parameters = *delivery.target.ecs_parameters;
    if (!iam_.role_trusts(role, "events.amazonaws.com") ||
        !iam_.role_allows(role, "ecs:RunTask", *parameters.task_definition_arn, {{"ecs:cluster", {text}}}))
      throw aws::Error(
          "AccessDeniedException", 400,
          role + " is not authorized to perform: ecs:RunTask on resource: " + *parameters.task_definition_arn);
    // Only an input that was chosen for the target names overrides; a bare event does not.
    const bool chosen = (delivery.target.input && !delivery.target.input->empty()) || delivery.target.input_path ||
                        delivery.target.input_transformer;
    tasks_.run(
        {key.account, arn.region, text, parameters, chosen ? input : "", role, "events-rule/" + delivery.rule_name});
  }
}

void Service::to_logs(const state::Key& key, const Delivery& delivery, const std::string& input) {
  const Arn arn = *Arn::parse(*delivery.target.arn);
  std::string group = arn.resource.substr(std::string_view("log-group:").size());
  group = group.substr(0, group.find(':'));
  if (arn.account != key.account)
    throw aws::Error("AccessDeniedException", 400, "The log group belongs to another account");
  logs::Event entry{loop_.clock().now(), input};
  // A transformed input may say time and text. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
  boost::system::error_code error;
  const json::value parsed = json::parse(input, error);
  if (!error && parsed.is_object() && parsed.get_object().size() == 2) {
    const auto* time = parsed.get_object().if_contains("timestamp");
    const auto* message = parsed.get_object().if_contains("message");
    if (time != nullptr && message != nullptr) {
      if (time->is_int64()) entry.time = Timestamp{time->get_int64()};
      entry.message = message->is_string() ? std::string(message->get_string()) : json::serialize(*message);
    }
  }
  logs_.append(key.account, arn.region, group, random_.uuid(), {entry});
}

void Service::to_bus(const state::Key& key, const Delivery& delivery, const std::string& text) {
  const Arn arn = *Arn::parse(text);
  const std::string name = arn.resource.substr(std::string_view("event-bus/").size());
  const auto found = find_bus(arn.account, arn.region, name);
  if (!found) throw ev::errors::ResourceNotFoundException("Event bus " + name + " does not exist.");
  const std::string role = delivery.target.role_arn.value_or("");
  if (!role.empty() && !iam_.role_allows(role, "events:PutEvents", text))
    throw aws::Error("AccessDeniedException", 400,
                     role + " is not authorized to perform: events:PutEvents on resource: " + text);
  if (arn.account != key.account) {
    const std::string principal = role.empty() ? "arn:aws:iam::" + key.account + ":root" : role;
    const iam::Request asked{"events:PutEvents",
                             text,
                             principal,
                             {{"aws:principalaccount", {key.account}},
                              {"aws:sourcearn", {delivery.rule_arn}},
                              {"aws:sourceaccount", {key.account}}}};
    if (found->policy.empty() || iam::parsed(found->policy, true).decide(asked) != iam::Decision::allow)
      throw aws::Error("AccessDeniedException", 400,
                       "The policy of " + text + " does not let " + principal + " put events");
  }
  // What came from another bus goes no further, as on AWS: two buses cannot play ping-pong for ever.
  if (delivery.forwarded) return;
  // The event as it was: a bus takes no transformed input.
  route(arn.account, arn.region, name, json::parse(delivery.event), true);
}

}  // namespace stratus::services::events
