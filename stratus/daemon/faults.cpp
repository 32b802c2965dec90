#include "stratus/daemon/faults.h"

#include "stratus/core/arn.h"
#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"
#include "stratus/daemon/replies.h"
#include "stratus/models/fis.h"

namespace stratus::daemon {
namespace {

using services::fis::Fault;

aws::Context context_of(const std::string& account, const std::string& region) {
  aws::Context context;
  context.account = account;
  context.region = region;
  return context;
}

std::vector<std::pair<std::string, std::string>> fields_of(const std::string& target) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto at = target.find('?');
  if (at == std::string::npos) return out;
  for (const auto& field : text::split(std::string_view(target).substr(at + 1), '&')) {
    if (field.empty()) continue;
    const auto equals = field.find('=');
    out.emplace_back(text::uri_decode(field.substr(0, equals)),
                     equals == std::string::npos ? "" : text::uri_decode(field.substr(equals + 1)));
  }
  return out;
}

wire::HttpReply refusal(const aws::Error& error) {
  return json_reply(error.status, "{\"code\":" + text::json_quote(error.code) +
                                      ",\"message\":" + text::json_quote(error.message) + "}");
}

}  // namespace

std::vector<services::fis::TaskTarget> FaultTasks::running(const std::string& account, const std::string& region) {
  std::map<std::string, std::string> vpcs;
  for (const auto& one : ec2_.interfaces(account, region)) vpcs[one.id] = one.vpc_id;
  std::vector<services::fis::TaskTarget> out;
  for (const auto& task : ecs_.running_tasks())
    if (task.account == account && task.region == region)
      out.push_back({.account = task.account,
                     .region = task.region,
                     .arn = task.arn,
                     .cluster = task.cluster,
                     .service = task.service,
                     .family = task.family,
                     .launch_type = task.launch_type,
                     .zone = task.zone,
                     .subnet_id = task.subnet_id,
                     .vpc_id = vpcs[task.interface_id],
                     .interface_id = task.interface_id,
                     .tags = task.tags});
  return out;
}

std::vector<services::fis::InterfaceTarget> FaultNetwork::interfaces(const std::string& account,
                                                                     const std::string& region) {
  std::vector<services::fis::InterfaceTarget> out;
  for (const auto& one : ec2_.interfaces(account, region)) out.push_back({one.id, one.vpc_id, one.subnet_id, one.zone});
  return out;
}

std::vector<services::fis::NatGatewayTarget> FaultNetwork::nat_gateways(const std::string& account,
                                                                        const std::string& region) {
  std::vector<services::fis::NatGatewayTarget> out;
  for (const auto& gateway : ec2_.running_nat_gateways()) {
    if (gateway.account != account || gateway.region != region) continue;
    const auto interface = ec2_.interface(account, region, gateway.eni_id);
    out.push_back({gateway.id, interface.id, interface.vpc_id, interface.subnet_id, interface.zone});
  }
  return out;
}

std::string FaultTasks::describe(const services::fis::TaskTarget& task) {
  auto context = context_of(task.account, task.region);
  const auto found =
      ecs_.describe_tasks(context, {.cluster = task.cluster, .tasks = {{task.arn}}, .include = {{"TAGS"}}});
  return found.tasks->empty() ? "" : to_json(found.tasks->front());
}

std::vector<services::fis::SubnetTarget> FaultNetwork::subnets(const std::string& account, const std::string& region) {
  auto context = context_of(account, region);
  const auto found = ec2_.describe_subnets(context, {});
  std::vector<services::fis::SubnetTarget> out;
  for (const auto& subnet : *found.subnets) {
    services::fis::SubnetTarget target{.arn = make_arn("ec2", region, account, "subnet/" + *subnet.subnet_id),
                                       .id = *subnet.subnet_id,
                                       .vpc_id = *subnet.vpc_id,
                                       .zone = *subnet.availability_zone,
                                       .zone_id = subnet.availability_zone_id.value_or(""),
                                       .cidr = *subnet.cidr_block};
    if (subnet.tags)
      for (const auto& tag : *subnet.tags) target.tags[tag.key.value_or("")] = tag.value.value_or("");
    target.json = to_json(subnet);
    out.push_back(std::move(target));
  }
  return out;
}

std::optional<std::string> ExperimentAlarms::state(const std::string& text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "cloudwatch" || !arn->resource.starts_with("alarm:")) return std::nullopt;
  auto context = context_of(arn->account, arn->region);
  context.service = "cloudwatch";
  const auto found = cloudwatch_.describe_alarms(
      context, {.alarm_names = {{arn->resource.substr(6)}}, .alarm_types = {{"MetricAlarm", "CompositeAlarm"}}});
  if (found.metric_alarms && !found.metric_alarms->empty()) return found.metric_alarms->front().state_value;
  if (found.composite_alarms && !found.composite_alarms->empty()) return found.composite_alarms->front().state_value;
  return std::nullopt;
}

void ExperimentJournal::append(const std::string& account, const std::string& region, const std::string& group,
                               const std::string& stream, Timestamp time, const std::string& message) {
  logs_.create_stream_if_missing(account, region, group, stream);
  logs_.append(account, region, group, stream, {{time, message}});
}

bool FaultNetwork::subnet_exists(const std::string& account, const std::string& region, const std::string& id) {
  try {
    return !ec2_.subnet(account, region, id).id.empty();
  } catch (const aws::Error&) {
    return false;
  }
}

bool FaultNetwork::vpc_exists(const std::string& account, const std::string& region, const std::string& id) {
  try {
    return !ec2_.vpc(account, region, id).id.empty();
  } catch (const aws::Error&) {
    return false;
  }
}

std::vector<std::string> FaultNetwork::cidrs(const std::string& account, const std::string& region,
                                             const std::string& vpc_id) {
  const auto& vpc = ec2_.vpc(account, region, vpc_id);
  std::vector<std::string> out{vpc.cidr};
  for (const auto& block : vpc.secondary_cidrs) out.push_back(block.cidr);
  return out;
}

std::vector<std::string> FaultNetwork::zones(const std::string& account, const std::string& region) {
  auto context = context_of(account, region);
  std::vector<std::string> out;
  const auto found = ec2_.describe_availability_zones(context, {});
  for (const auto& zone : *found.availability_zones) out.push_back(*zone.zone_name);
  return out;
}

void FaultPages::add_to(wire::FrontDoor& door) {
  door.add_internal("GET", "fault", [this](const wire::HttpRequest&, const Reply& reply) { list(reply); });
  door.add_internal("POST", "fault", [this](const wire::HttpRequest& request, const Reply& reply) {
    begin(fields_of(request.target), reply);
  });
  door.add_internal("DELETE", "fault", [this](const wire::HttpRequest& request, const Reply& reply) {
    end(fields_of(request.target), reply);
  });
}

void FaultPages::list(const Reply& reply) const {
  std::string out;
  for (const auto& fault : faults_.list()) out += (out.empty() ? "" : ",") + to_json(fault);
  reply(json_reply(200, "{\"faults\":[" + out + "]}"));
}

void FaultPages::begin(const Fields& fields, const Reply& reply) {
  services::fis::FaultRequest request;
  try {
    request = services::fis::parse_fault_request(fields);
    const std::string id = faults_.begin(request);
    record("StratusStartFault", request.account, request.region, fields, "{\"id\":" + text::json_quote(id) + "}",
           nullptr);
    faults_.when_settled(id, [this, id, reply] {
      const Fault* fault = faults_.find(id);
      if (fault == nullptr) return reply(json_reply(404, R"({"message":"the fault is gone"})"));
      const bool failed = fault->state == "failed";
      std::string body = to_json(*fault);
      if (failed) body.insert(1, "\"message\":" + text::json_quote(fault->reason) + ",");
      reply(json_reply(failed ? 409 : 200, body));
    });
  } catch (const aws::Error& error) {
    record("StratusStartFault", request.account, request.region, fields, "", &error);
    reply(refusal(error));
  }
}

void FaultPages::end(const Fields& fields, const Reply& reply) {
  std::string wanted;
  for (const auto& [name, value] : fields)
    if (name == "id") wanted = value;
  std::vector<Fault> ending;
  for (const auto& fault : faults_.list())
    if (fault.state == "running" && (wanted == "all" || fault.id == wanted)) ending.push_back(fault);
  if (ending.empty() && wanted != "all") {
    if (faults_.find(wanted) == nullptr)
      return reply(json_reply(404, "{\"message\":" + text::json_quote("there is no fault " + wanted) + "}"));
    // It is over: nothing is ended. It may be on its way to being undone.
    return faults_.when_settled(wanted, [reply] { reply(json_reply(200, R"({"ended":[]})")); });
  }
  // Answered when the last is undone: what comes next finds the machine whole.
  const auto left = std::make_shared<std::size_t>(ending.size() + 1);
  const auto step = [left, ending, reply] {
    if (--*left > 0) return;
    std::string ids;
    for (const auto& fault : ending) ids += (ids.empty() ? "" : ",") + text::json_quote(fault.id);
    reply(json_reply(200, "{\"ended\":[" + ids + "]}"));
  };
  for (const auto& fault : ending) {
    faults_.end(fault.id, "stopped");
    record("StratusStopFault", fault.account, fault.region, {{"id", fault.id}}, "", nullptr);
    faults_.when_settled(fault.id, step);
  }
  step();
}

void FaultPages::record(const std::string& operation, const std::string& account, const std::string& region,
                        const Fields& fields, const std::string& response, const aws::Error* error) {
  aws::Context context = context_of(account, region);
  context.request_id = random_.uuid();
  context.service = "fis";
  context.operation = operation;
  context.identity = {.account = account, .arn = make_arn("iam", "", account, "root"), .user_id = account};
  context.source_ip = "127.0.0.1";
  context.user_agent = "stratus";
  context.now = loop_.clock().now();
  std::map<std::string, std::vector<std::string>> values;
  for (const auto& [name, value] : fields) values[name].push_back(value);
  wire::CallRecord call;
  call.context = &context;
  call.service = &aws::fis::model();
  call.operation = operation;
  call.response_json = response;
  for (const auto& [name, list] : values) {
    std::string quoted;
    for (const auto& value : list) quoted += (quoted.empty() ? "" : ",") + text::json_quote(value);
    call.request_json += (call.request_json.empty() ? "" : ",") + text::json_quote(name) + ":" +
                         (list.size() == 1 ? quoted : "[" + quoted + "]");
  }
  call.request_json = "{" + call.request_json + "}";
  if (error != nullptr) {
    call.error_code = error->code;
    call.error_message = error->message;
  }
  audit_.record(call);
}

}  // namespace stratus::daemon
