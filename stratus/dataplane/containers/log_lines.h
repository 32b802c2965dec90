// conmon's k8s-file log: "<RFC 3339 nanoseconds> <stdout|stderr> <F|P> <text>\n"; P is a piece of a line that goes on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/dataplane/containers/containers.h"

namespace stratus::containers {

/// Puts the pieces together again. Pieces of the two streams may alternate.
class LogAssembler {
 public:
  static constexpr std::size_t longest_line = 256 * 1024;

  /// Takes whole log entries only ("…\n"), of which the first begins at `offset` in the file; appends finished lines.
  void take(std::string_view entries, std::uint64_t offset, std::vector<LogLine>& lines);
  /// What is left of unfinished lines, when nothing will follow.
  void flush(std::vector<LogLine>& lines);
  /// Where one must resume to miss nothing: before the oldest unfinished line, or at the end of what was taken.
  std::uint64_t resume_offset() const;
  /// Forgets everything; the next entry is at `offset`.
  void reset(std::uint64_t offset);

 private:
  struct Pending {
    std::string text;
    Timestamp time;
    std::uint64_t offset = 0;
    bool open = false;
  };
  void finish(Pending& pending, LogLine::Stream stream, std::vector<LogLine>& lines);
  Pending pending_[2];
  std::uint64_t end_ = 0;
};

}  // namespace stratus::containers
