// Time-based one-time passwords (RFC 6238) as virtual MFA devices show them: six digits, thirty seconds, HMAC-SHA-1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stratus/core/clock.h"

namespace stratus::services::iam::totp {

/// RFC 4648 base32, without padding.
std::string base32(const std::string& bytes);
/// The code of one step of thirty seconds since 1970.
std::string code(const std::string& seed, std::int64_t step);
/// The step of a moment.
std::int64_t step_at(Timestamp now);
/// The step whose code this is, at most `reach` steps from `current` and later than `after`; nothing where there is
/// none.
std::optional<std::int64_t> step_of(const std::string& seed, const std::string& code, std::int64_t current,
                                    std::int64_t after, std::int64_t reach = 1);

}  // namespace stratus::services::iam::totp
