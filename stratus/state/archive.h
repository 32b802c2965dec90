// Tar files compressed with zstd, over libarchive: just what a backup needs. Blocking.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "stratus/core/fd.h"
#include "stratus/core/result.h"

struct archive;

namespace stratus::state {

class ArchiveWriter {
 public:
  struct Added {
    std::string sha256;  ///< lower-case hexadecimal
    std::uint64_t size = 0;
  };
  /// The file is made with mode 0600.
  static Result<ArchiveWriter> create(const std::string& path);

  Result<> add_text(const std::string& name, std::string_view content);
  Result<> add_directory(const std::string& name);
  Result<Added> add_file(const std::string& name, const std::string& path);
  /// Writes the end and fsyncs; without it the file is worthless.
  Result<> close();

 private:
  struct Free {
    void operator()(archive* handle) const;
  };
  Result<> header(const std::string& name, std::uint64_t size, mode_t mode, bool directory);
  std::string path_;
  UniqueFd file_;
  std::unique_ptr<archive, Free> handle_;
};

class ArchiveReader {
 public:
  struct Entry {
    std::string name;
    bool directory = false;
    mode_t mode = 0600;
    std::uint64_t size = 0;
  };
  static Result<ArchiveReader> open(const std::string& path);

  /// Nothing at the end. Only directories and regular files are known: others are EBADMSG.
  Result<std::optional<Entry>> next();
  /// The content of the entry that `next` gave; EFBIG beyond `limit` bytes.
  Result<std::string> read_text(std::uint64_t limit);
  /// Its SHA-256 in lower-case hexadecimal. Nothing is written where `path` is empty. EBADMSG where the archive is
  /// damaged.
  Result<std::string> copy_to(const std::string& path, mode_t mode);

 private:
  struct Free {
    void operator()(archive* handle) const;
  };
  std::string path_;
  std::unique_ptr<archive, Free> handle_;
};

}  // namespace stratus::state
