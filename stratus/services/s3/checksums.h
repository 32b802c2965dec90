// Checksums of whole objects from those of their parts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stratus::services::s3 {

struct PartChecksum {
  std::string value;       ///< base64
  std::uint64_t size = 0;  ///< of the part, bytes
};

/// "base64-N": the checksum of the parts' checksums one after another.
std::string composite_checksum(const std::string& algorithm, const std::vector<PartChecksum>& parts);
/// The checksum that the whole object has, without reading it: for CRCs only.
std::string full_checksum(const std::string& algorithm, const std::vector<PartChecksum>& parts);

}  // namespace stratus::services::s3
