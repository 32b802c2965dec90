// What a model must satisfy before any of it is written into the kernel.
#pragma once

#include "stratus/dataplane/network/network.h"

namespace stratus::network {

/// Names the first thing that is malformed or claimed twice. Everything that the rulesets quote has passed here.
Result<> validate(const Vpc& vpc);
Result<> validate(const Settings& settings);

}  // namespace stratus::network
