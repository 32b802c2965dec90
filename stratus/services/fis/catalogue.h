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

struct ActionNotDone {
  std::string_view id, target, resource_type;
};

struct ResourceKind {
  std::string type, description;
  std::vector<ParameterKind> parameters;
};

const std::vector<ActionKind>& actions_done();
const std::vector<ResourceKind>& resource_types();
const ActionKind* find_action(std::string_view id);
const ResourceKind* find_resource_type(std::string_view type);
/// Of AWS, and not done here.
const ActionNotDone* find_action_not_done(std::string_view id);

/// What a resource type of AWS is here.
enum class Presence {
  target,   ///< there are such resources, and actions on them
  here,     ///< there are such resources, and no action on them is done
  absent,   ///< there can be none (instances, databases, …): a template may name them and finds nothing, as on AWS
            ///< where nothing is
  unknown,  ///< no type of AWS
};
Presence presence_of(std::string_view resource_type);

/// "PT1H30M", "P1DT2S"; nothing where the text is no ISO 8601 duration of days, hours, minutes and seconds.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace stratus::services::fis
