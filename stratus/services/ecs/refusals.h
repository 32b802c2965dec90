// How a role's refusal reads in the reason why a task stopped.
#pragma once

#include <string>

#include "stratus/state/store.h"

namespace stratus::services::ecs {

/// Who speaks in a refusal: the session that ECS has of a role.
inline std::string session_of(const std::string& role_arn, const state::Key& task) {
  return "arn:aws:sts::" + task.account + ":assumed-role/" + role_arn.substr(role_arn.rfind('/') + 1) + "/" + task.id;
}

inline std::string denied(const std::string& caller, const std::string& action, const std::string& resource) {
  return "User: " + caller + " is not authorized to perform: " + action + " on resource: " + resource +
         " because no identity-based policy allows the " + action + " action";
}

}  // namespace stratus::services::ecs
