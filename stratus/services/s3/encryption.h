// How objects are sealed.
#pragma once

#include <string>

#include "stratus/core/ids.h"
#include "stratus/services/s3/resources.h"

namespace stratus::services::s3 {

/// An object's ETag without quotes: the MD5 of its bytes, but for keys of KMS or the customer, where it tells nothing
/// of them.
std::string object_etag(const Sealing& sealing, const std::string& md5, Random& random);

}  // namespace stratus::services::s3
