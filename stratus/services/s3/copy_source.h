// What x-amz-copy-source names.
#pragma once

#include <optional>
#include <string>

namespace stratus::services::s3 {

struct SourceName {
  std::string bucket, key;
  std::optional<std::string> version_id;
};

/// Throws InvalidArgument where it names no object.
SourceName parse_copy_source(const std::string& header);

}  // namespace stratus::services::s3
