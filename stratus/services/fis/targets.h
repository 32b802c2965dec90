// Which resources a target of an experiment means, and which of them are chosen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/ids.h"
#include "stratus/models/fis.h"
#include "stratus/services/fis/ports.h"

namespace stratus::services::fis {

/// ARNs; empty where nothing matches. Types of resources that cannot exist here have none.
std::vector<std::string> resolve_target(const aws::fis::ExperimentTarget& target, const std::string& account,
                                        const std::string& region, Tasks& tasks, Network& network, Random& random);

/// ALL, COUNT(n), PERCENT(n)
bool valid_selection(std::string_view mode);

/// Whether the JSON of a description has one of `values` at `path` ("State.Name"): elements of lists each count, and
/// the case of a member's first letter does not.
bool matches_filter(std::string_view json, std::string_view path, const std::vector<std::string>& values);

}  // namespace stratus::services::fis
