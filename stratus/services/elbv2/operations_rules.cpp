#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {
namespace {

/// The older way to write path-pattern and host-header (Values) and the newer (…Config) hold the same; both are
/// answered.
void check_conditions(std::vector<elb::RuleCondition>& conditions) {
  if (conditions.empty()) throw validation_error("A condition must be specified");
  std::size_t total = 0;
  std::set<std::string> once;
  const auto look_at = [&](const std::string& field, const std::vector<std::string>& values, std::size_t longest) {
    total += values.size();
    for (const auto& value : values)
      if (value.size() > longest)
        throw validation_error("The '" + field + "' value is too long; the limit is '" + std::to_string(longest) + "'");
  };
  for (auto& condition : conditions) {
    const std::string field = condition.field.value_or("");
    if (condition.regex_values && !condition.regex_values->empty())
      throw aws::not_implemented("RuleCondition: RegexValues");
    static const std::set<std::string> configured = {"http-header", "http-request-method", "query-string", "source-ip"};
    if (condition.values && !condition.values->empty() && configured.count(field) != 0)
      throw validation_error("The 'Values' field is not compatible with '" + field + "'");
    const auto both = [&](auto& config, const char* member) {
      if (config && condition.values && !condition.values->empty() && condition.values != config->values)
        throw validation_error(std::string("You cannot provide both Values and '") + member +
                               "' for a condition of type '" + field + "'");
      if (config && config->regex_values && !config->regex_values->empty())
        throw aws::not_implemented("RuleCondition: RegexValues");
      if (!config && condition.values) {
        if (condition.values->size() > 1)
          throw validation_error("The '" + field + "' field contains too many values; the limit is '1'");
        config.emplace().values = condition.values;
      }
      if (!config || !config->values || config->values->empty())
        throw validation_error("A condition value must be specified");
      condition.values = config->values;
      look_at(field, *config->values, 128);
    };
    const auto wants = [&](const auto& config, const char* member) {
      if (!config) throw validation_error(std::string("A '") + member + "' must be specified with '" + field + "'");
      if (!config->values || config->values->empty())
        throw validation_error("A '" + field + "' value must be specified");
    };
    if (field != "http-header" && field != "query-string" && !once.insert(field).second)
      throw validation_error("Only one '" + field + "' condition can be specified");
    if (field == "path-pattern")
      both(condition.path_pattern_config, "PathPatternConfig");
    else if (field == "host-header")
      both(condition.host_header_config, "HostHeaderConfig");
    else if (field == "http-header") {
      wants(condition.http_header_config, "HttpHeaderConfig");
      if (condition.http_header_config->http_header_name.value_or("").empty())
        throw validation_error("A 'HttpHeaderName' must be specified in 'HttpHeaderConfig'");
      if (condition.http_header_config->regex_values && !condition.http_header_config->regex_values->empty())
        throw aws::not_implemented("RuleCondition: RegexValues");
      if (condition.http_header_config->http_header_name->size() > 40)
        throw validation_error("The 'HttpHeaderName' value is too long; the limit is '40'");
      look_at(field, *condition.http_header_config->values, 128);
    } else if (field == "http-request-method") {
      wants(condition.http_request_method_config, "HttpRequestMethodConfig");
      look_at(field, *condition.http_request_method_config->values, 40);
      for (const auto& method : *condition.http_request_method_config->values)
        if (method.empty() || method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != std::string::npos)
          throw validation_error(
              "The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore");
    } else if (field == "query-string") {
      wants(condition.query_string_config, "QueryStringConfig");
      total += condition.query_string_config->values->size();
      for (const auto& pair : *condition.query_string_config->values) {
        if (!pair.value) throw validation_error("A 'Value' must be specified in 'QueryStringKeyValuePair'");
        if (pair.key.value_or("").size() > 128)
          throw validation_error("The 'Key' value is too long; the limit is '128'");
        if (pair.value->size() > 128) throw validation_error("The 'Value' value is too long; the limit is '128'");
      }
    } else if (field == "source-ip") {
      wants(condition.source_ip_config, "SourceIpConfig");
      look_at(field, *condition.source_ip_config->values, 64);
    } else
      throw validation_error(
          "Condition field '" + field +
          "' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'");
  }
  if (total > 5) throw validation_error("A rule can have no more than '5' condition values");
}

void check_transforms(const std::optional<std::vector<elb::RuleTransform>>& transforms) {
  if (transforms && !transforms->empty()) throw aws::not_implemented("Rule: Transforms");
}

void check_priority(std::int32_t priority) {
  if (priority < 1 || priority > 50'000)
    throw validation_error("Priority '" + std::to_string(priority) + "' must be between 1 and 50000");
}

}  // namespace

elb::Rule Service::default_rule(const ListenerRow& row) const {
  return {.rule_arn = row.default_rule_arn,
          .priority = "default",
          .conditions = std::vector<elb::RuleCondition>{},
          .actions = row.value.default_actions,
          .is_default = true};
}

elb::CreateRuleOutput Service::create_rule(aws::Context& context, const elb::CreateRuleInput& request) {
  const std::string& owner = *request.listener_arn;
  const std::string load_balancer_arn = *listener(owner).value.load_balancer_arn;
  check_transforms(request.transforms);
  check_priority(*request.priority);
  const auto existing = rules_of(owner);
  for (const auto& [key, row] : existing)
    if (row->value.priority == std::to_string(*request.priority))
      throw elb::errors::PriorityInUseException("Priority '" + std::to_string(*request.priority) +
                                                "' is currently in use");
  if (existing.size() >= 100) throw elb::errors::TooManyRulesException("A listener can have at most 100 rules");
  RuleRow row{.listener_arn = owner};
  auto& value = row.value;
  const auto at = owner.find(":listener/");
  value.rule_arn = owner.substr(0, at) + ":listener-rule/" + owner.substr(at + 10) + "/" + random_.hex(16);
  value.priority = std::to_string(*request.priority);
  value.conditions = request.conditions;
  check_conditions(*value.conditions);
  value.actions = request.actions;
  check_actions(context, load_balancer_arn, *value.actions);
  value.is_default = false;
  for (const auto& tag : request.tags.value_or(std::vector<elb::Tag>{}))
    row.tags[tag.key.value_or("")] = tag.value.value_or("");
  elb::CreateRuleOutput out{.rules = {{value}}};
  rules_.put(key_of(*value.rule_arn), row);
  touch(load_balancer_arn);
  return out;
}

elb::DescribeRulesOutput Service::describe_rules(aws::Context&, const elb::DescribeRulesInput& request) {
  std::vector<elb::Rule> found;
  const bool by_arn = request.rule_arns && !request.rule_arns->empty();
  if (by_arn && request.listener_arn)
    throw validation_error("Listener rule ARNs and a listener ARN cannot be specified at the same time");
  if (by_arn) {
    for (const auto& arn : *request.rule_arns) {
      const auto listeners = listeners_.all();
      const auto owner = std::find_if(listeners.begin(), listeners.end(),
                                      [&](const auto& entry) { return entry.second->default_rule_arn == arn; });
      found.push_back(owner == listeners.end() ? rule(arn).value : default_rule(*owner->second));
    }
  } else {
    if (!request.listener_arn) throw validation_error("You must specify either listener rule ARNs or a listener ARN");
    const ListenerRow& owner = listener(*request.listener_arn);
    for (const auto& [key, row] : rules_of(*request.listener_arn)) found.push_back(row->value);
    found.push_back(default_rule(owner));
  }
  elb::DescribeRulesOutput out;
  out.rules = page(std::move(found), request.marker, request.page_size, out.next_marker);
  return out;
}

elb::ModifyRuleOutput Service::modify_rule(aws::Context& context, const elb::ModifyRuleInput& request) {
  const std::string& arn = *request.rule_arn;
  for (const auto& [key, owner] : listeners_.all())
    if (owner->default_rule_arn == arn)
      throw elb::errors::OperationNotPermittedException("Default rule '" + arn + "' cannot be modified");
  RuleRow row = rule(arn);
  check_transforms(request.transforms);
  if ((!request.conditions || request.conditions->empty()) && (!request.actions || request.actions->empty()))
    throw validation_error("Either conditions or actions must be specified");
  const std::string load_balancer_arn = *listener(row.listener_arn).value.load_balancer_arn;
  if (request.conditions && !request.conditions->empty()) {
    row.value.conditions = request.conditions;
    check_conditions(*row.value.conditions);
  }
  if (request.actions && !request.actions->empty()) {
    row.value.actions = request.actions;
    check_actions(context, load_balancer_arn, *row.value.actions);
  }
  elb::ModifyRuleOutput out{.rules = {{row.value}}};
  rules_.put(key_of(arn), std::move(row));
  touch(load_balancer_arn);
  return out;
}

elb::DeleteRuleOutput Service::delete_rule(aws::Context&, const elb::DeleteRuleInput& request) {
  const std::string& arn = *request.rule_arn;
  for (const auto& [key, owner] : listeners_.all())
    if (owner->default_rule_arn == arn)
      throw elb::errors::OperationNotPermittedException("Default rule '" + arn + "' cannot be deleted");
  const std::string owner = *listener(rule(arn).listener_arn).value.load_balancer_arn;
  rules_.erase(key_of(arn));
  touch(owner);
  return {};
}

elb::SetRulePrioritiesOutput Service::set_rule_priorities(aws::Context&, const elb::SetRulePrioritiesInput& request) {
  std::map<std::string, std::string> wanted;
  std::set<std::string> owners;
  for (const auto& pair : *request.rule_priorities) {
    const std::string arn = pair.rule_arn.value_or("");
    owners.insert(rule(arn).listener_arn);
    check_priority(pair.priority.value_or(0));
    for (const auto& [other, priority] : wanted)
      if (priority == std::to_string(*pair.priority))
        throw validation_error("Priority '" + priority + "' was provided multiple times");
    wanted[arn] = std::to_string(*pair.priority);
  }
  for (const auto& owner : owners) {
    std::set<std::string> used;
    for (const auto& [key, row] : rules_of(owner)) {
      const auto change = wanted.find(key.id);
      const std::string priority = change == wanted.end() ? *row->value.priority : change->second;
      if (!used.insert(priority).second)
        throw elb::errors::PriorityInUseException("Priority '" + priority + "' is currently in use");
    }
  }
  elb::SetRulePrioritiesOutput out{.rules = std::vector<elb::Rule>{}};
  for (const auto& [arn, priority] : wanted)
    out.rules->push_back(
        rules_.update(key_of(arn), [&, to = priority](RuleRow& row) { row.value.priority = to; }).value);
  for (const auto& owner : owners) touch(*listener(owner).value.load_balancer_arn);
  return out;
}

}  // namespace stratus::services::elbv2
