// What this machine lacks, each with what mends it.
#pragma once

#include <string>
#include <vector>

namespace stratus::cli {

/// What keeps Stratus from starting.
std::vector<std::string> missing_requirements();
/// What works less well here than it should.
std::vector<std::string> limitations();

}  // namespace stratus::cli
