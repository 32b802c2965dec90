// The bytes of objects: one file each below the state directory, encrypted, made durable before a row names it.
//
// A file is a row of chunks of 64 KiB, each sealed with AES-256-GCM under a key that only this file has (derived from
// the object's data key and the file's name), with the chunk's number as nonce: any range can be read without what
// stands before it, and a chunk that was changed, moved or cut off is noticed.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "stratus/core/context.h"
#include "stratus/core/ids.h"
#include "stratus/services/s3/resources.h"

namespace stratus::services::s3 {

/// Bytes that are in memory.
class MemorySource final : public aws::BodySource {
 public:
  explicit MemorySource(std::string_view bytes) : rest_(bytes) {}
  bool read(std::string& out, std::size_t most) override;

 private:
  std::string_view rest_;
};

/// What was written, and what was learnt of it on the way.
struct Written {
  std::string file;
  std::int64_t size = 0;
  std::string md5;  ///< 16 bytes
  std::map<std::string, std::string> checksums;
};

class Files {
 public:
  /// Makes `directory` where it is missing.
  Files(std::string directory, Random& random);

  /// Encrypts `source` (read until it gives nothing) into a new file and syncs it. Checksums are named as S3 names
  /// them: "CRC32". Throws aws::Error where the disk refuses.
  Written write(aws::BodySource& source, const std::string& data_key, const std::set<std::string>& checksums) const;
  /// The same into a file of this name, on any thread.
  Written write_as(const std::string& file, aws::BodySource& source, const std::string& data_key,
                   const std::set<std::string>& checksums) const;
  /// Reads `length` bytes from `offset` on, over the segments of an object.
  std::shared_ptr<aws::BodySource> read(const std::vector<Segment>& segments, const std::string& data_key,
                                        std::uint64_t offset, std::uint64_t length) const;
  void remove(const std::string& file) const;
  /// Removes every file that `known` does not know: what a killed daemon left behind. Returns how many.
  std::size_t sweep(const std::function<bool(const std::string&)>& known) const;

 private:
  std::string path_of(const std::string& file) const;
  const std::string directory_;
  Random& random_;
};

/// A body that lies in a file of the front door, or in memory.
std::unique_ptr<aws::BodySource> source_of(const aws::FileBody& file, std::string_view bytes);

}  // namespace stratus::services::s3
