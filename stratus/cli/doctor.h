// What this machine lacks, each with what mends it.
#pragma once

#include <string>
#include <vector>

namespace stratus::cli {

std::vector<std::string> missing_requirements();

}  // namespace stratus::cli
