// The actions that are really done here, what they act on and what they take; and those of AWS that are not.
// https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/clock.h"

namespace stratus::services::fis {

struct ParameterKind {
  std::string name, description;
  bool required = true;
};

struct ActionKind {
  std::string id, description;
  std::string target, resource_type;  ///< "Tasks", "aws:ecs:task"; "" for an action without targets
  std::vector<ParameterKind> parameters;
};

struct ResourceKind {
  std::string type, description;
  std::vector<ParameterKind> parameters;
};

const std::vector<ActionKind>& actions_done();
const std::vector<ResourceKind>& resource_types();
const ActionKind* find_action(std::string_view id);
const ResourceKind* find_resource_type(std::string_view type);
/// An action of AWS on resources that cannot exist here (instances, databases, …): a template may hold it, and its
/// targets resolve to nothing, as they would on AWS where nothing is there.
bool acts_on_nothing_here(std::string_view action_id);

/// "PT1H30M", "P1DT2S"; nothing where the text is no ISO 8601 duration of days, hours, minutes and seconds.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace stratus::services::fis
