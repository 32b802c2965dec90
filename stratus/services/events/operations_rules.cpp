// Rules and their targets.
#include "stratus/core/arn.h"
#include "stratus/core/schedule.h"
#include "stratus/core/text.h"
#include "stratus/services/events/input.h"
#include "stratus/services/events/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::events {
namespace json = boost::json;
namespace {

constexpr std::size_t kMaxTargets = 5;  // of a rule
constexpr std::size_t kMaxRules = 300;  // of a bus

[[noreturn]] void invalid(const std::string& message) { throw aws::Error("ValidationException", 400, message); }

void check_pattern(const std::string& pattern) {
  boost::system::error_code error;
  const json::value value = json::parse(pattern, error);
  if (error || !value.is_object())
    throw ev::errors::InvalidEventPatternException("Event pattern is not valid. Reason: Filter is not an object");
  try {
    const sns::ContentFilter compiled(pattern);
  } catch (const sns::FilterError& wrong) {
    throw ev::errors::InvalidEventPatternException(std::string("Event pattern is not valid. Reason: ") + wrong.what());
  }
}

std::size_t limit_of(const std::optional<std::int32_t>& limit) { return static_cast<std::size_t>(limit.value_or(100)); }

}  // namespace

ev::PutRuleResponse Service::put_rule(aws::Context& context, const ev::PutRuleRequest& request) {
  const std::string& name = *request.name;
  const auto given = [](const std::optional<std::string>& text) {
    return text && !text->empty() ? text : std::optional<std::string>();
  };
  const auto pattern = given(request.event_pattern), schedule = given(request.schedule_expression);
  if (!pattern && !schedule) invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  const Bus owner = bus(context, request.event_bus_name);
  if (pattern) check_pattern(*pattern);
  if (schedule) {
    if (owner.name != "default") invalid("ScheduleExpression is supported only on the default event bus.");
    const auto parsed = parse_schedule(*schedule);
    if (!parsed || parsed->kind == Schedule::Kind::at) invalid("Parameter ScheduleExpression is not valid.");
  }
  if (request.role_arn && !request.role_arn->empty())
    iam_.authorize_pass_role(context, *request.role_arn, "events.amazonaws.com");
  const state::Key key{context.account, context.region, owner.name + "\n" + name};
  const Rule* before = rules_.find(key);
  if (before == nullptr) {
    std::size_t count = 0;
    for (const Rule* row : rules_.list(context.account, context.region)) count += row->bus == owner.name ? 1 : 0;
    if (count >= kMaxRules)
      throw ev::errors::LimitExceededException("The requested resource exceeds the maximum number allowed.");
  }
  Rule row = before == nullptr ? Rule{} : *before;
  if (before == nullptr) {
    row.name = name;
    row.bus = owner.name;
    row.arn = make_arn("events", context.region, context.account,
                       "rule/" + (owner.name == "default" ? "" : owner.name + "/") + name);
    row.created_by = context.account;
    // On a rule that exists, tags are left as they are.
    for (const auto& tag : request.tags.value_or(std::vector<ev::Tag>{})) row.tags[*tag.key] = *tag.value;
  }
  const std::string state = request.state.value_or("ENABLED");
  if (before == nullptr || row.schedule != schedule || (row.state == "DISABLED" && state != "DISABLED"))
    row.fired = context.now;
  row.pattern = pattern;
  row.schedule = schedule;
  row.description = given(request.description);
  row.role_arn = given(request.role_arn);
  row.state = state;
  const std::string arn = row.arn;
  rules_.put(key, std::move(row));
  store_.after_commit([this] { wake(); });
  return {.rule_arn = arn};
}

ev::DeleteRuleResponse Service::delete_rule(aws::Context& context, const ev::DeleteRuleRequest& request) {
  const Bus owner = bus(context, request.event_bus_name);
  const state::Key key{context.account, context.region, owner.name + "\n" + *request.name};
  const Rule* row = rules_.find(key);
  if (row == nullptr) return {};
  if (!row->targets.empty()) invalid("Rule can't be deleted since it has targets.");
  rules_.erase(key);
  return {};
}

ev::DescribeRuleResponse Service::describe_rule(aws::Context& context, const ev::DescribeRuleRequest& request) {
  const Rule& row = rule(context, bus(context, request.event_bus_name).name, *request.name);
  return {.name = row.name,
          .arn = row.arn,
          .event_pattern = row.pattern,
          .schedule_expression = row.schedule,
          .state = row.state,
          .description = row.description,
          .role_arn = row.role_arn,
          .event_bus_name = row.bus,
          .created_by = row.created_by};
}

void Service::set_state(const aws::Context& context, const std::optional<std::string>& bus_name,
                        const std::string& name, const std::string& state) {
  const std::string owner = bus(context, bus_name).name;
  rule(context, owner, name);
  rules_.update({context.account, context.region, owner + "\n" + name}, [&](Rule& row) {
    if (row.state == "DISABLED" && state != "DISABLED") row.fired = context.now;
    row.state = state;
  });
  store_.after_commit([this] { wake(); });
}

ev::EnableRuleResponse Service::enable_rule(aws::Context& context, const ev::EnableRuleRequest& request) {
  set_state(context, request.event_bus_name, *request.name, "ENABLED");
  return {};
}

ev::DisableRuleResponse Service::disable_rule(aws::Context& context, const ev::DisableRuleRequest& request) {
  set_state(context, request.event_bus_name, *request.name, "DISABLED");
  return {};
}

ev::ListRulesResponse Service::list_rules(aws::Context& context, const ev::ListRulesRequest& request) {
  const std::string owner = bus(context, request.event_bus_name).name;
  std::vector<ev::Rule> out;
  for (const Rule* row : rules_.list(context.account, context.region)) {
    if (row->bus != owner || (request.name_prefix && !row->name.starts_with(*request.name_prefix))) continue;
    out.push_back({.name = row->name,
                   .arn = row->arn,
                   .event_pattern = row->pattern,
                   .state = row->state,
                   .description = row->description,
                   .schedule_expression = row->schedule,
                   .role_arn = row->role_arn,
                   .event_bus_name = row->bus});
  }
  auto next = wire::page(out, "events:ListRules:" + owner, request.next_token, limit_of(request.limit),
                         "ValidationException", [](const ev::Rule& item) { return *item.name; });
  return {.rules = std::move(out), .next_token = std::move(next)};
}

ev::ListRuleNamesByTargetResponse Service::list_rule_names_by_target(aws::Context& context,
                                                                     const ev::ListRuleNamesByTargetRequest& request) {
  const std::string owner = bus(context, request.event_bus_name).name;
  std::vector<std::string> out;
  for (const Rule* row : rules_.list(context.account, context.region))
    if (row->bus == owner && std::any_of(row->targets.begin(), row->targets.end(),
                                         [&](const ev::Target& target) { return *target.arn == *request.target_arn; }))
      out.push_back(row->name);
  auto next = wire::page(out, "events:" + *request.target_arn, request.next_token, limit_of(request.limit),
                         "ValidationException", [](const std::string& item) { return item; });
  return {.rule_names = std::move(out), .next_token = std::move(next)};
}

void Service::check_target(const aws::Context& context, const ev::Target& target) const {
  const std::string& text = *target.arn;
  const auto arn = Arn::parse(text);
  if (!arn || arn->service.empty() || arn->resource.empty())
    invalid("Parameter " + text + " is not valid. Reason: Provided Arn is not in correct format.");
  const int inputs = (target.input && !target.input->empty() ? 1 : 0) +
                     (target.input_path && !target.input_path->empty() ? 1 : 0) + (target.input_transformer ? 1 : 0);
  if (inputs > 1)
    invalid("Only one of Input, InputPath, or InputTransformer must be provided for target " + *target.id + ".");
  const bool bus_target = arn->service == "events" && arn->resource.starts_with("event-bus/");
  const bool task = arn->service == "ecs" && arn->resource.starts_with("cluster/");
  const bool group = arn->service == "logs" && arn->resource.starts_with("log-group:");
  if (arn->service != "sns" && !bus_target && !task && !group)
    throw aws::not_implemented("PutTargets: a target of " + arn->service);
  if (target.dead_letter_config && target.dead_letter_config->arn)
    throw aws::not_implemented("PutTargets: DeadLetterConfig");
  if (target.kinesis_parameters || target.run_command_parameters || target.batch_parameters || target.sqs_parameters ||
      target.http_parameters || target.redshift_data_parameters || target.sage_maker_pipeline_parameters ||
      target.app_sync_parameters)
    invalid("Parameters of target " + *target.id + " do not belong to a target of " + arn->service + ".");
  boost::system::error_code error;
  if (target.input && !target.input->empty()) {
    (void)json::parse(*target.input, error);
    if (error) invalid("JSON syntax error in input for target " + *target.id + ".");
  }
  const auto check_path = [&](const std::string& path, const std::string& what) {
    try {
      at_path(json::value(), path);
    } catch (const std::invalid_argument&) {
      invalid("Invalid " + what + " for target " + *target.id + ".");
    }
  };
  if (target.input_path && !target.input_path->empty()) check_path(*target.input_path, "InputPath");
  if (target.input_transformer) {
    const auto paths = target.input_transformer->input_paths_map.value_or(std::map<std::string, std::string>{});
    for (const auto& [name, path] : paths) {
      if (name.starts_with("AWS")) invalid("Invalid InputPathsMap for target " + *target.id + ": AWS is reserved.");
      check_path(path, "InputTransformer");
    }
  }
  const std::string role = target.role_arn.value_or("");
  if (task) {
    if (!target.ecs_parameters) invalid("Parameter(s) EcsParameters must be specified for target: " + *target.id + ".");
    if (role.empty()) invalid("RoleArn is required for target " + text + ".");
  } else if (target.ecs_parameters) {
    invalid("Parameter EcsParameters is not supported for target " + *target.id + ".");
  }
  if (role.empty()) return;
  iam_.authorize_pass_role(context, role, "events.amazonaws.com");
  if (!iam_.role_trusts(role, "events.amazonaws.com"))
    invalid("Provided role '" + role + "' cannot be assumed by principal 'events.amazonaws.com'.");
}

ev::PutTargetsResponse Service::put_targets(aws::Context& context, const ev::PutTargetsRequest& request) {
  for (const auto& target : *request.targets) check_target(context, target);
  const std::string owner = bus(context, request.event_bus_name).name;
  auto targets = rule(context, owner, *request.rule).targets;
  for (const auto& target : *request.targets) {
    std::erase_if(targets, [&](const ev::Target& item) { return *item.id == *target.id; });
    targets.push_back(target);
  }
  if (targets.size() > kMaxTargets)
    throw ev::errors::LimitExceededException("The requested resource exceeds the maximum number allowed.");
  rules_.update({context.account, context.region, owner + "\n" + *request.rule},
                [&](Rule& row) { row.targets = std::move(targets); });
  return {.failed_entry_count = 0, .failed_entries = std::vector<ev::PutTargetsResultEntry>{}};
}

ev::RemoveTargetsResponse Service::remove_targets(aws::Context& context, const ev::RemoveTargetsRequest& request) {
  const std::string owner = bus(context, request.event_bus_name).name;
  rule(context, owner, *request.rule);
  rules_.update({context.account, context.region, owner + "\n" + *request.rule}, [&](Rule& row) {
    for (const auto& id : *request.ids)
      std::erase_if(row.targets, [&](const ev::Target& item) { return *item.id == id; });
  });
  return {.failed_entry_count = 0, .failed_entries = std::vector<ev::RemoveTargetsResultEntry>{}};
}

ev::ListTargetsByRuleResponse Service::list_targets_by_rule(aws::Context& context,
                                                            const ev::ListTargetsByRuleRequest& request) {
  const std::string owner = bus(context, request.event_bus_name).name;
  auto out = rule(context, owner, *request.rule).targets;
  std::sort(out.begin(), out.end(), [](const ev::Target& a, const ev::Target& b) { return *a.id < *b.id; });
  auto next = wire::page(out, "events:" + owner + ":" + *request.rule, request.next_token, limit_of(request.limit),
                         "ValidationException", [](const ev::Target& item) { return *item.id; });
  return {.targets = std::move(out), .next_token = std::move(next)};
}

}  // namespace stratus::services::events
