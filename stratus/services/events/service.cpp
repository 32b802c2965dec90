#include "stratus/services/events/service.h"

#include "stratus/core/arn.h"
#include "stratus/core/text.h"

namespace stratus::services::events {

Service::Service(Loop& loop, state::Store& store, Random& random, iam::Service& iam, logs::Service& logs,
                 sns::Service& sns, Tasks& tasks)
    : Reconciler(loop, "events", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      iam_(iam),
      logs_(logs),
      sns_(sns),
      tasks_(tasks),
      buses_(store, "events_buses"),
      rules_(store, "events_rules"),
      deliveries_(store, "events_deliveries") {}

void Service::start() {
  for (const auto& [key, row] : deliveries_.all()) due_[{row->next, key.id}] = key;
  Reconciler::start();
}

std::optional<Bus> Service::find_bus(const std::string& account, const std::string& region,
                                     const std::string& name) const {
  if (const Bus* row = buses_.find(account, region, name)) return *row;
  if (name != "default") return std::nullopt;
  // Every account has it from its first day.
  Bus out;
  out.name = name;
  out.arn = make_arn("events", region, account, "event-bus/default");
  return out;
}

Bus Service::bus(const aws::Context& context, const std::optional<std::string>& given) const {
  std::string account = context.account, region = context.region, name = given.value_or("default");
  if (const auto arn = Arn::parse(name)) {
    if (!arn->resource.starts_with("event-bus/"))
      throw aws::Error("ValidationException", 400,
                       "Parameter EventBusName is not valid. Reason: Provided Arn is not an event bus.");
    name = arn->resource.substr(10);
    if (arn->account != account || arn->region != region)
      throw ev::errors::ResourceNotFoundException("Event bus " + name + " does not exist.");
  }
  auto found = find_bus(account, region, name);
  if (!found) throw ev::errors::ResourceNotFoundException("Event bus " + name + " does not exist.");
  return *std::move(found);
}

const Rule& Service::rule(const aws::Context& context, const std::string& bus_name, const std::string& name) const {
  const Rule* found = rules_.find(context.account, context.region, bus_name + "\n" + name);
  if (found == nullptr)
    throw ev::errors::ResourceNotFoundException("Rule " + name + " does not exist on EventBus " + bus_name + ".");
  return *found;
}

std::map<std::string, std::string> Service::tags(
    const aws::Context& context, const std::string& text,
    const std::function<void(std::map<std::string, std::string>&)>& change) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "events")
    throw aws::Error("ValidationException", 400,
                     "Parameter " + text + " is not valid. Reason: Provided Arn is not in correct format.");
  if (arn->resource.starts_with("rule/")) {
    const auto parts = text::split(arn->resource.substr(5), '/');
    const std::string bus_name = parts.size() > 1 ? parts[0] : "default";
    const Rule& found = rule(context, bus_name, parts.back());
    if (!change) return found.tags;
    return rules_
        .update({context.account, context.region, bus_name + "\n" + parts.back()}, [&](Rule& row) { change(row.tags); })
        .tags;
  }
  Bus found = bus(context, text);
  if (change) {
    change(found.tags);
    buses_.put({context.account, context.region, std::string(found.name)}, found);
  }
  return found.tags;
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  std::string bus_name, rule_name;
  const auto bus_arn = [&](const std::string& name) {
    return name.starts_with("arn:") ? name : make_arn("events", context.region, context.account, "event-bus/" + name);
  };
  const std::string_view op = operation.name;
  if (op == "PutEvents") {
    std::set<std::string> out;
    for (const auto& entry : *static_cast<const ev::PutEventsRequest*>(request)->entries)
      out.insert(bus_arn(entry.event_bus_name.value_or("default")));
    return {out.begin(), out.end()};
  }
  for (const Member& member : operation.input().members) {
    if (member.shape().kind != Kind::string) continue;
    const auto* value = static_cast<const std::string*>(member_value(member, request));
    if (value == nullptr) continue;
    const std::string_view name = member.name;
    if (name == "ResourceARN") return {*value};
    if (name == "EventBusName") bus_name = *value;
    if (name == "Rule") rule_name = *value;
    if (name == "Name") (op.find("Rule") != std::string_view::npos ? rule_name : bus_name) = *value;
  }
  if (rule_name.empty()) return {bus_name.empty() ? "*" : bus_arn(bus_name)};
  if (const auto arn = Arn::parse(bus_name))
    bus_name = arn->resource.substr(std::min<std::size_t>(10, arn->resource.size()));
  const std::string path = bus_name.empty() || bus_name == "default" ? "" : bus_name + "/";
  return {make_arn("events", context.region, context.account, "rule/" + path + rule_name)};
}

}  // namespace stratus::services::events
