// Events on their way in, and which rules want them.
#include <fmt/format.h>

#include "stratus/core/arn.h"
#include "stratus/services/events/service.h"

namespace stratus::services::events {
namespace json = boost::json;
namespace {

constexpr std::size_t kMaxRequest = 256 * 1024;  // bytes of all entries of one call
constexpr std::size_t kMostFilters = 5000;
constexpr const char* kAllManagementEvents = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

ev::PutEventsResultEntry refused(const char* code, std::string message) {
  return {.error_code = code, .error_message = std::move(message)};
}

ev::PutEventsResultEntry missing(const std::string& name) {
  return refused("InvalidArgument",
                 "Parameter " + name + " is not valid. Reason: " + name + " is a required argument.");
}

/// As https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html counts.
std::size_t size_of(const ev::PutEventsRequestEntry& entry) {
  std::size_t out = entry.time ? 14 : 0;
  for (const auto* text : {&entry.source, &entry.detail_type, &entry.detail}) out += text->value_or("").size();
  for (const auto& resource : entry.resources.value_or(std::vector<std::string>{})) out += resource.size();
  return out;
}

/// Calls that only read are heard by rules that ask for them.
/// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
bool read_only_call(const json::value& event) {
  const auto& object = event.get_object();
  if (object.at("detail-type") != "AWS API Call via CloudTrail") return false;
  const auto* detail = object.at("detail").if_object();
  const auto* flag = detail == nullptr ? nullptr : detail->if_contains("readOnly");
  return flag != nullptr && *flag == true;
}

}  // namespace

json::object Service::envelope(const std::string& account, const std::string& region, const std::string& source,
                               const std::string& detail_type, const std::vector<std::string>& names,
                               json::value detail, Timestamp time) {
  json::array list;
  for (const auto& name : names) list.emplace_back(name);
  return {{"version", "0"},   {"id", random_.uuid()},         {"detail-type", detail_type},
          {"source", source}, {"account", account},           {"time", to_rfc3339(Timestamp{time.ms - time.ms % 1000})},
          {"region", region}, {"resources", std::move(list)}, {"detail", std::move(detail)}};
}

bool Service::listens(const std::string& account, const std::string& region) const {
  const auto rules = rules_.list(account, region);
  return std::any_of(rules.begin(), rules.end(), [](const Rule* row) {
    return row->bus == "default" && row->pattern && row->state != "DISABLED" && !row->targets.empty();
  });
}

void Service::publish(const std::string& account, const std::string& region, const std::string& source,
                      const std::string& detail_type, std::vector<std::string> names, const std::string& detail_json) {
  if (!listens(account, region)) return;
  boost::system::error_code error;
  json::value detail = json::parse(detail_json, error);
  if (error) return;
  store_.call([&] {
    route(account, region, "default",
          envelope(account, region, source, detail_type, names, std::move(detail), loop_.clock().now()));
  });
}

const sns::ContentFilter& Service::filter(const std::string& pattern) {
  if (const auto found = filters_.find(pattern); found != filters_.end()) return *found->second;
  if (filters_.size() >= kMostFilters) filters_.clear();
  return *filters_.emplace(pattern, std::make_unique<sns::ContentFilter>(pattern)).first->second;
}

void Service::route(const std::string& account, const std::string& region, const std::string& bus_name,
                    const json::value& event, bool forwarded) {
  std::optional<bool> quiet;
  for (const Rule* row : rules_.list(account, region)) {
    if (row->bus != bus_name || !row->pattern || row->state == "DISABLED" || row->targets.empty()) continue;
    if (!quiet) quiet = read_only_call(event);
    if (*quiet && row->state != kAllManagementEvents) continue;
    if (filter(*row->pattern).matches(event))
      queue({account, region, row->bus + "\n" + row->name}, *row, event, forwarded);
  }
}

void Service::queue(const state::Key& rule_key, const Rule& owner, const json::value& event, bool forwarded) {
  const Timestamp now = loop_.clock().now();
  const std::string text = json::serialize(event);
  for (const char* name : {"MatchedEvents", "TriggeredRules"}) measure(rule_key, owner.bus, owner.name, name);
  for (const auto& target : owner.targets) {
    const state::Key key{rule_key.account, rule_key.region,
                         fmt::format("{:013}-{:08}-{}", now.ms, ++counter_, random_.hex(8))};
    deliveries_.put(key, {.rule_name = owner.name,
                          .rule_arn = owner.arn,
                          .bus = owner.bus,
                          .target = target,
                          .event = text,
                          .forwarded = forwarded,
                          .ingested = now,
                          .next = now});
    store_.after_commit([this, key, now] {
      due_[{now, key.id}] = key;
      wake();
    });
  }
}

ev::PutEventsResponse Service::put_events(aws::Context& context, const ev::PutEventsRequest& request) {
  if (request.endpoint_id) throw aws::not_implemented("PutEvents: EndpointId");
  std::size_t size = 0;
  for (const auto& entry : *request.entries) size += size_of(entry);
  if (size > kMaxRequest)
    throw aws::Error("ValidationException", 400, "Total size of the entries in the request is over the limit.");
  ev::PutEventsResponse out{.failed_entry_count = 0, .entries = std::vector<ev::PutEventsResultEntry>{}};
  for (const auto& entry : *request.entries) {
    const auto answer = [&]() -> ev::PutEventsResultEntry {
      if (entry.source.value_or("").empty()) return missing("Source");
      if (entry.detail_type.value_or("").empty()) return missing("DetailType");
      if (entry.detail.value_or("").empty()) return missing("Detail");
      boost::system::error_code error;
      json::value detail = json::parse(*entry.detail, error);
      if (error || !detail.is_object()) return refused("MalformedDetail", "Detail is malformed.");
      if (entry.source->starts_with("aws."))
        return refused("NotAuthorizedForSourceException", "Not authorized for the source.");
      std::string account = context.account, region = context.region, name = entry.event_bus_name.value_or("default");
      if (const auto arn = Arn::parse(name); arn && arn->resource.starts_with("event-bus/")) {
        account = arn->account;
        region = arn->region;
        name = arn->resource.substr(10);
      }
      const auto found = find_bus(account, region, name);
      const iam::Request asked{"events:PutEvents",
                               make_arn("events", region, account, "event-bus/" + name),
                               context.identity.arn,
                               {{"aws:principalaccount", {context.account}},
                                {"aws:principalarn", {context.identity.arn}},
                                {"events:source", {*entry.source}},
                                {"events:detail-type", {*entry.detail_type}}}};
      const auto decision = !found || found->policy.empty() ? iam::Decision::implicit_deny
                                                            : iam::parsed(found->policy, true).decide(asked);
      if (decision == iam::Decision::explicit_deny || (account != context.account && decision != iam::Decision::allow))
        return refused("AccessDeniedException",
                       "User: " + context.identity.arn +
                           " is not authorized to perform: events:PutEvents on resource: " + asked.resource +
                           " because no resource-based policy allows the events:PutEvents action");
      const json::value event = envelope(context.account, context.region, *entry.source, *entry.detail_type,
                                         entry.resources.value_or(std::vector<std::string>{}), std::move(detail),
                                         entry.time.value_or(context.now));
      // An event for a bus that is not there is taken and lost, as on AWS.
      if (found) route(account, region, name, event);
      return {.event_id = std::string(event.at("id").as_string())};
    }();
    if (answer.error_code) ++*out.failed_entry_count;
    out.entries->push_back(answer);
  }
  return out;
}

ev::TestEventPatternResponse Service::test_event_pattern(aws::Context&, const ev::TestEventPatternRequest& request) {
  boost::system::error_code error;
  const json::value event = json::parse(*request.event, error);
  if (error || !event.is_object())
    throw aws::Error("ValidationException", 400, "Parameter Event is not valid. Reason: Invalid JSON");
  for (const char* name : {"id", "account", "source", "time", "region", "resources", "detail-type"})
    if (!event.get_object().contains(name))
      throw aws::Error("ValidationException", 400,
                       std::string("Parameter Event is not valid. Reason: \"") + name + "\" is missing");
  try {
    return {.result = sns::ContentFilter(*request.event_pattern).matches(event)};
  } catch (const sns::FilterError& wrong) {
    throw ev::errors::InvalidEventPatternException(std::string("Event pattern is not valid. Reason: ") + wrong.what());
  }
}

}  // namespace stratus::services::events
