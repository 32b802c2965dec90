// A message as it lies in `log_events`: its first byte tells whether it is sealed.
#pragma once

#include <optional>
#include <string>

namespace stratus::services::logs {

/// `key` is the group's data key, where it has one.
std::string open_message(const std::string& stored, const std::optional<std::string>& key);

}  // namespace stratus::services::logs
