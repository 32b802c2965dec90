// The checksums with which S3's clients guard a payload: CRC-32, CRC-32C, CRC-64/NVME, SHA-1, SHA-256.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stratus::wire {

class Checksum {
 public:
  virtual ~Checksum() = default;
  virtual void add(std::string_view bytes) = 0;
  /// The digest's bytes, most significant first. Once only.
  virtual std::string finish() = 0;

  /// `name` is the end of the header's name: "crc32", "crc32c", "crc64nvme", "sha1", "sha256"; null where it is
  /// another.
  static std::unique_ptr<Checksum> create(std::string_view name);
};

}  // namespace stratus::wire
