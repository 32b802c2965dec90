// Event buses, who may put events on them, tags.
#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/events/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::events {
namespace json = boost::json;
namespace {

constexpr std::size_t kMaxBuses = 100;
constexpr std::size_t kMaxTags = 50;

[[noreturn]] void invalid(const std::string& message) { throw aws::Error("ValidationException", 400, message); }

/// What a bus may carry and Stratus does not do.
template <class Request>
void refuse_options(const char* operation, const Request& request) {
  const std::string name = operation;
  if (request.kms_key_identifier && !request.kms_key_identifier->empty())
    throw aws::not_implemented(name + ": KmsKeyIdentifier");
  if (request.dead_letter_config && request.dead_letter_config->arn)
    throw aws::not_implemented(name + ": DeadLetterConfig");
  if (request.log_config && request.log_config->level.value_or("OFF") != "OFF")
    throw aws::not_implemented(name + ": LogConfig");
}

json::array statements(const std::string& policy) {
  if (policy.empty()) return {};
  const json::value list = json::parse(policy).at("Statement");
  return list.is_array() ? list.get_array() : json::array{list};
}

void add_tags(std::map<std::string, std::string>& to, const std::vector<ev::Tag>& tags) {
  for (const auto& tag : tags) {
    if (tag.key->starts_with("aws:")) invalid("aws: prefixed tag key names are not allowed for external use.");
    to[*tag.key] = *tag.value;
  }
  if (to.size() > kMaxTags) throw ev::errors::LimitExceededException("The maximum number of tags is 50.");
}

}  // namespace

ev::CreateEventBusResponse Service::create_event_bus(aws::Context& context, const ev::CreateEventBusRequest& request) {
  const std::string& name = *request.name;
  refuse_options("CreateEventBus", request);
  if (find_bus(context.account, context.region, name))
    throw ev::errors::ResourceAlreadyExistsException("Event bus " + name + " already exists.");
  if (request.event_source_name)
    throw ev::errors::ResourceNotFoundException("Event source " + *request.event_source_name + " does not exist.");
  if (name.find('/') != std::string::npos) invalid("Event bus name must not contain '/'.");
  if (buses_.list(context.account, context.region).size() >= kMaxBuses)
    throw ev::errors::LimitExceededException("The requested resource exceeds the maximum number allowed.");
  Bus row;
  row.name = name;
  row.arn = make_arn("events", context.region, context.account, "event-bus/" + name);
  row.description = request.description;
  row.created = row.modified = context.now;
  if (request.tags) add_tags(row.tags, *request.tags);
  const std::string arn = row.arn;
  buses_.put({context.account, context.region, name}, std::move(row));
  return {.event_bus_arn = arn, .description = request.description};
}

ev::DeleteEventBusResponse Service::delete_event_bus(aws::Context& context, const ev::DeleteEventBusRequest& request) {
  std::string name = *request.name;
  if (const auto arn = Arn::parse(name); arn && arn->resource.starts_with("event-bus/"))
    name = arn->resource.substr(10);
  if (name == "default") invalid("Cannot delete event bus default.");
  for (const Rule* row : rules_.list(context.account, context.region))
    if (row->bus == name) invalid("Event bus can't be deleted since it has rules.");
  buses_.erase({context.account, context.region, name});
  return {};
}

ev::DescribeEventBusResponse Service::describe_event_bus(aws::Context& context,
                                                         const ev::DescribeEventBusRequest& request) {
  const Bus found = bus(context, request.name);
  ev::DescribeEventBusResponse out{.name = found.name, .arn = found.arn, .description = found.description};
  if (!found.policy.empty()) out.policy = found.policy;
  if (found.created.ms != 0) out.creation_time = found.created;
  if (found.modified.ms != 0) out.last_modified_time = found.modified;
  return out;
}

ev::ListEventBusesResponse Service::list_event_buses(aws::Context& context, const ev::ListEventBusesRequest& request) {
  std::vector<Bus> found;
  for (const Bus* row : buses_.list(context.account, context.region)) found.push_back(*row);
  if (buses_.find(context.account, context.region, "default") == nullptr)
    found.push_back(*find_bus(context.account, context.region, "default"));
  std::sort(found.begin(), found.end(), [](const Bus& a, const Bus& b) { return a.name < b.name; });
  std::vector<ev::EventBus> out;
  for (const Bus& row : found) {
    if (request.name_prefix && !row.name.starts_with(*request.name_prefix)) continue;
    ev::EventBus item{.name = row.name, .arn = row.arn, .description = row.description};
    if (!row.policy.empty()) item.policy = row.policy;
    if (row.created.ms != 0) item.creation_time = row.created;
    if (row.modified.ms != 0) item.last_modified_time = row.modified;
    out.push_back(std::move(item));
  }
  auto next = wire::page(out, "events:ListEventBuses", request.next_token,
                         static_cast<std::size_t>(request.limit.value_or(100)), "ValidationException",
                         [](const ev::EventBus& item) { return *item.name; });
  return {.event_buses = std::move(out), .next_token = std::move(next)};
}

ev::UpdateEventBusResponse Service::update_event_bus(aws::Context& context, const ev::UpdateEventBusRequest& request) {
  refuse_options("UpdateEventBus", request);
  Bus row = bus(context, request.name);
  if (request.description) row.description = request.description;
  row.modified = context.now;
  ev::UpdateEventBusResponse out{.arn = row.arn, .name = row.name, .description = row.description};
  const state::Key key{context.account, context.region, row.name};
  buses_.put(key, std::move(row));
  return out;
}

ev::PutPermissionResponse Service::put_permission(aws::Context& context, const ev::PutPermissionRequest& request) {
  Bus row = bus(context, request.event_bus_name);
  if (request.policy) {
    try {
      iam::parsed(*request.policy, true);
    } catch (const std::invalid_argument& error) {
      boost::system::error_code broken;
      (void)json::parse(*request.policy, broken);
      invalid(broken ? "This policy contains invalid Json" : error.what());
    }
    row.policy = *request.policy;
  } else {
    if (!request.principal) invalid("Parameter Principal must be specified.");
    const std::string& principal = *request.principal;
    if (request.condition && principal != "*")
      throw aws::Error("InvalidParameterValue", 400,
                       "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set.");
    if (principal != "*" && (principal.size() != 12 || principal.find_first_not_of("0123456789") != std::string::npos))
      throw aws::Error("InvalidParameterValue", 400,
                       "Value " + principal +
                           " at 'principal' failed to satisfy constraint: Member must satisfy regular expression "
                           "pattern: (\\d{12}|\\*)");
    if (!request.action || *request.action != "events:PutEvents")
      invalid("Provided value in parameter 'action' is not supported.");
    if (!request.statement_id) invalid("Parameter StatementId must be specified.");
    json::array list;
    for (auto& item : statements(row.policy))
      if (const auto* sid = item.get_object().if_contains("Sid");
          sid == nullptr || *sid != json::value(*request.statement_id))
        list.push_back(std::move(item));
    json::object statement = {
        {"Sid", *request.statement_id},
        {"Effect", "Allow"},
        {"Principal", principal == "*" ? json::value("*")
                                       : json::value(json::object{{"AWS", "arn:aws:iam::" + principal + ":root"}})},
        {"Action", "events:PutEvents"},
        {"Resource", row.arn}};
    if (request.condition)
      statement["Condition"] =
          json::object{{*request.condition->type, json::object{{*request.condition->key, *request.condition->value}}}};
    list.push_back(statement);
    row.policy = json::serialize(json::object{{"Version", "2012-10-17"}, {"Statement", list}});
  }
  if (row.policy.size() > 10'240)
    throw aws::Error("PolicyLengthExceededException", 400,
                     "The event bus policy is too long. For more information, see the limits.");
  const state::Key key{context.account, context.region, row.name};
  buses_.put(key, std::move(row));
  return {};
}

ev::RemovePermissionResponse Service::remove_permission(aws::Context& context,
                                                        const ev::RemovePermissionRequest& request) {
  Bus row = bus(context, request.event_bus_name);
  if (request.remove_all_permissions.value_or(false)) {
    row.policy.clear();
  } else {
    if (row.policy.empty()) throw ev::errors::ResourceNotFoundException("EventBus does not have a policy.");
    json::array before = statements(row.policy), kept;
    for (const auto& item : before)
      if (const auto* sid = item.get_object().if_contains("Sid");
          sid == nullptr || *sid != json::value(request.statement_id.value_or("")))
        kept.push_back(item);
    if (kept.size() == before.size())
      throw ev::errors::ResourceNotFoundException("Statement with the provided id does not exist.");
    row.policy = kept.empty() ? "" : json::serialize(json::object{{"Version", "2012-10-17"}, {"Statement", kept}});
  }
  const state::Key key{context.account, context.region, row.name};
  buses_.put(key, std::move(row));
  return {};
}

ev::TagResourceResponse Service::tag_resource(aws::Context& context, const ev::TagResourceRequest& request) {
  tags(context, *request.resource_arn, [&](auto& to) { add_tags(to, *request.tags); });
  return {};
}

ev::UntagResourceResponse Service::untag_resource(aws::Context& context, const ev::UntagResourceRequest& request) {
  tags(context, *request.resource_arn, [&](auto& from) {
    for (const auto& key : *request.tag_keys) from.erase(key);
  });
  return {};
}

ev::ListTagsForResourceResponse Service::list_tags_for_resource(aws::Context& context,
                                                                const ev::ListTagsForResourceRequest& request) {
  std::vector<ev::Tag> out;
  const auto found = tags(context, *request.resource_arn, nullptr);
  for (const auto& [key, value] : found) out.push_back({.key = key, .value = value});
  return {.tags = std::move(out)};
}

}  // namespace stratus::services::events
