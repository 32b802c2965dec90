// Reads one container's log file as it grows, and frees what is acknowledged.
#pragma once

#include <cstdint>
#include <string>

#include "stratus/core/fd.h"
#include "stratus/core/result.h"
#include "stratus/dataplane/containers/log_lines.h"

namespace stratus::containers {

class LogReader {
 public:
  static constexpr std::uint64_t furthest_ahead = 4ULL << 20U;

  /// Begins at `offset`, or at the first line behind it whose text is still there.
  static Result<LogReader> open(const std::string& path, std::uint64_t offset, std::uint64_t reclaim_bytes);

  /// Reads at most 256 KiB of whole entries. Empty: nothing new, or too far ahead of what is acknowledged.
  Result<std::vector<LogLine>> read();
  /// After the container's end, when `read` gives nothing any more: the rest of unfinished lines.
  std::vector<LogLine> finish();
  bool at_end() const;
  bool waits_for_acknowledgement() const { return assembler_.resume_offset() >= acknowledged_ + furthest_ahead; }
  std::uint64_t resume_offset() const { return assembler_.resume_offset(); }
  Result<> acknowledge(std::uint64_t offset);
  /// The log is at its end, and all of it is acknowledged.
  Result<> free_all();

 private:
  Result<> free_before(std::uint64_t offset);

  UniqueFd fd_;
  std::string path_;
  std::uint64_t at_ = 0, acknowledged_ = 0, freed_ = 0, reclaim_ = 0;
  LogAssembler assembler_;
};

}  // namespace stratus::containers
