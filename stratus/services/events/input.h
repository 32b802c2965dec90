// What a target is given of an event: all of it, a part, a constant, or a template filled in.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "stratus/models/events.h"

namespace stratus::services::events {

/// The value at a path ("$.detail.items[0].name"); null where there is none. Throws std::invalid_argument where the
/// text is no path.
const boost::json::value* at_path(const boost::json::value& event, const std::string& path);

struct RuleName {
  std::string name, arn;
  Timestamp ingested;
};

std::string input_of(const aws::events::Target& target, const boost::json::value& event, const RuleName& rule);

}  // namespace stratus::services::events
