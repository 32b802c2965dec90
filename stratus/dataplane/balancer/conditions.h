// Conditions of listener rules as HAProxy ACLs.
#pragma once

#include <string>
#include <vector>

#include "stratus/core/result.h"
#include "stratus/dataplane/balancer/model.h"

namespace stratus::balancer {

/// Anonymous ACLs, all of which must hold: "{ path -m reg -- '^\/api\/.*$' } { … }". A Failure names what is wrong.
Result<std::string> acl(const std::vector<Condition>& conditions);

}  // namespace stratus::balancer
