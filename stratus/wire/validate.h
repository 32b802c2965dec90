// A request's values against what the model demands.
#pragma once

#include "stratus/core/operation.h"

namespace stratus::wire {

/// Throws aws::Error as the service words it: required members, lengths, ranges, enums, patterns; nested values by
/// their path.
void validate(const aws::ServiceModel& service, const aws::Operation& operation, const void* request);

}  // namespace stratus::wire
