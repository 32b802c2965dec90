// Which names a bucket may have.
#pragma once

#include <string_view>

namespace stratus::services::s3 {

/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
bool valid_bucket_name(std::string_view name);

}  // namespace stratus::services::s3
