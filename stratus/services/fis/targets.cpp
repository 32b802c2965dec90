#include "stratus/services/fis/targets.h"

#include <algorithm>
#include <boost/json.hpp>

#include "stratus/core/text.h"
#include "stratus/services/fis/fault_request.h"

namespace stratus::services::fis {
namespace {

namespace json = boost::json;
using Target = aws::fis::ExperimentTarget;

std::string last_part(const std::string& text) { return text.substr(text.rfind('/') + 1); }

std::string parameter(const Target& target, const std::string& name) {
  if (!target.parameters) return "";
  const auto found = target.parameters->find(name);
  return found == target.parameters->end() ? "" : found->second;
}

bool named(const Target& target, const std::string& arn) {
  return !target.resource_arns || target.resource_arns->empty() ||
         std::find(target.resource_arns->begin(), target.resource_arns->end(), arn) != target.resource_arns->end();
}

bool tagged(const Target& target, const std::map<std::string, std::string>& tags) {
  if (!target.resource_tags) return true;
  return std::all_of(target.resource_tags->begin(), target.resource_tags->end(), [&](const auto& wanted) {
    const auto found = tags.find(wanted.first);
    return found != tags.end() && found->second == wanted.second;
  });
}

bool filtered(const Target& target, const std::string& description) {
  if (!target.filters) return true;
  return std::all_of(target.filters->begin(), target.filters->end(), [&](const auto& filter) {
    return matches_filter(description, filter.path.value_or(""), filter.values.value_or(std::vector<std::string>{}));
  });
}

const json::value* member_of(const json::object& object, std::string name) {
  if (const auto* found = object.if_contains(name)) return found;
  if (name.empty()) return nullptr;
  const char c = name[0];
  name[0] = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return object.if_contains(name);
}

bool matches(const json::value& value, const std::vector<std::string>& path, std::size_t at,
             const std::vector<std::string>& values) {
  if (value.is_array())
    return std::any_of(value.as_array().begin(), value.as_array().end(),
                       [&](const json::value& one) { return matches(one, path, at, values); });
  if (at < path.size()) {
    const auto* next = value.is_object() ? member_of(value.as_object(), path[at]) : nullptr;
    return next != nullptr && matches(*next, path, at + 1, values);
  }
  if (value.is_object() || value.is_null()) return false;
  const std::string text = value.is_string() ? std::string(value.as_string()) : json::serialize(value);
  return std::find(values.begin(), values.end(), text) != values.end();
}

/// The number in "COUNT(2)"; -1 where it is none of 1 to 9 digits.
int number_in(std::string_view mode) {
  const auto open = mode.find('(');
  if (open == std::string_view::npos || !mode.ends_with(")")) return -1;
  const std::string digits(mode.substr(open + 1, mode.size() - open - 2));
  if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos) return -1;
  return std::stoi(digits);
}

}  // namespace

bool matches_filter(std::string_view description, std::string_view path, const std::vector<std::string>& values) {
  boost::system::error_code error;
  const auto parsed = json::parse(json::string_view(description.data(), description.size()), error);
  return !error && matches(parsed, text::split(path, '.'), 0, values);
}

bool valid_selection(std::string_view mode) {
  if (mode == "ALL") return true;
  const int number = number_in(mode);
  if (mode.starts_with("COUNT(")) return number >= 1;
  return mode.starts_with("PERCENT(") && number >= 1 && number <= 100;
}

std::vector<std::string> resolve_target(const Target& target, const std::string& account, const std::string& region,
                                        Tasks& tasks, Network& network, Random& random) {
  std::vector<std::string> out;
  if (target.resource_type == "aws:ecs:task") {
    const std::string cluster = last_part(parameter(target, "cluster")),
                      service = last_part(parameter(target, "service"));
    for (const auto& task : tasks.running(account, region))
      if (named(target, task.arn) && tagged(target, task.tags) && (cluster.empty() || task.cluster == cluster) &&
          (service.empty() || task.service == service) && (!target.filters || filtered(target, tasks.describe(task))))
        out.push_back(task.arn);
  } else if (target.resource_type == "aws:ec2:subnet") {
    const std::string zone = parameter(target, "availabilityZoneIdentifier"), vpc = last_part(parameter(target, "vpc"));
    for (const auto& subnet : network.subnets(account, region))
      if (named(target, subnet.arn) && tagged(target, subnet.tags) && filtered(target, subnet.json) &&
          (zone.empty() || zone == subnet.zone || zone == subnet.zone_id) && (vpc.empty() || vpc == subnet.vpc_id))
        out.push_back(subnet.arn);
  }
  const std::string mode = target.selection_mode.value_or("ALL");
  const int number = number_in(mode);
  if (mode.starts_with("COUNT(") && number >= 0) choose(out, static_cast<std::size_t>(number), random);
  if (mode.starts_with("PERCENT(") && number >= 0) choose(out, share_of(out.size(), number), random);
  return out;
}

}  // namespace stratus::services::fis
