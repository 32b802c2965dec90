// Access key ids as AWS shapes them: four letters for the kind, sixteen of base32 that carry the account's number.
#pragma once

#include <optional>
#include <string>

#include "stratus/core/ids.h"

namespace stratus::services::iam {

/// `kind` is "AKIA" (long-term) or "ASIA" (temporary).
std::string new_access_key_id(const std::string& kind, const std::string& account, Random& random);
/// Nothing where the text is no such id.
std::optional<std::string> account_of_access_key_id(const std::string& id);

}  // namespace stratus::services::iam
