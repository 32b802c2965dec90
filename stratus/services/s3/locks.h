// Object Lock: what holds a version.
#pragma once

#include "stratus/services/s3/resources.h"

namespace stratus::services::s3 {

/// Whether a version may not be removed now. `bypass`: the caller may and wants to pass by governance mode.
inline bool locked(const Attributes& about, Timestamp now, bool bypass) {
  if (about.legal_hold) return true;
  if (!about.retain_until || *about.retain_until <= now) return false;
  return about.lock_mode == "COMPLIANCE" || !bypass;
}

}  // namespace stratus::services::s3
