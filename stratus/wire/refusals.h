// The same refusal in the words of each family of services: SDKs, the CLI and Terraform act on these codes.
#pragma once

#include "stratus/core/error.h"
#include "stratus/wire/router.h"

namespace stratus::wire {

/// Codes of this room, before a service's words are put on them.
inline constexpr const char* kUnknownKey = "UnknownKey";
inline constexpr const char* kMissingToken = "MissingToken";
inline constexpr const char* kUnknownOperation = "UnknownOperation";
inline constexpr const char* kNotAuthorized = "NotAuthorized";

/// An error about the request itself (its key, signature, operation, size, permission) as `route`'s service words it.
/// Errors of operations pass unchanged.
aws::Error worded(const aws::Error& error, const Route& route);

}  // namespace stratus::wire
