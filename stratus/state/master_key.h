// The key that seals what must not lie readable beside the state: KMS material, secret access keys.
#pragma once

#include <string>

namespace stratus::state {

/// 32 bytes from `directory`/master.key (0600), made at the first start; random and forgotten where `directory` is
/// empty.
std::string master_key(const std::string& directory);

}  // namespace stratus::state
