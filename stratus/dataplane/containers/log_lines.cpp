#include "stratus/dataplane/containers/log_lines.h"

namespace stratus::containers {

void LogAssembler::finish(Pending& pending, LogLine::Stream stream, std::vector<LogLine>& lines) {
  lines.push_back(LogLine{stream, pending.time, std::move(pending.text)});
  pending = Pending();
}

void LogAssembler::take(std::string_view entries, std::uint64_t offset, std::vector<LogLine>& lines) {
  end_ = offset + entries.size();
  for (std::size_t at = 0; at < entries.size();) {
    const auto newline = entries.find('\n', at);
    if (newline == std::string_view::npos) break;
    const std::string_view entry = entries.substr(at, newline - at);
    const std::uint64_t begin = offset + at;
    at = newline + 1;
    const auto first = entry.find(' ');
    const auto second = first == std::string_view::npos ? first : entry.find(' ', first + 1);
    Timestamp time;
    // A torn entry (the machine lost power in the middle of a write) is no reason to stop.
    if (second == std::string_view::npos || entry.size() < second + 2 ||
        !parse_rfc3339(std::string(entry.substr(0, first)), time))
      continue;
    const auto stream =
        entry.substr(first + 1, second - first - 1) == "stderr" ? LogLine::Stream::err : LogLine::Stream::out;
    const bool whole = entry[second + 1] == 'F';
    const std::string_view rest = entry.size() > second + 3 ? entry.substr(second + 3) : std::string_view();
    auto& pending = pending_[stream == LogLine::Stream::err ? 1 : 0];
    if (!pending.open) {
      pending.open = true;
      pending.time = time;
      pending.offset = begin;
    }
    pending.text.append(rest);
    if (whole || pending.text.size() >= longest_line) finish(pending, stream, lines);
  }
}

void LogAssembler::flush(std::vector<LogLine>& lines) {
  for (const auto stream : {LogLine::Stream::out, LogLine::Stream::err})
    if (auto& pending = pending_[stream == LogLine::Stream::err ? 1 : 0]; pending.open) finish(pending, stream, lines);
}

std::uint64_t LogAssembler::resume_offset() const {
  std::uint64_t out = end_;
  for (const auto& pending : pending_)
    if (pending.open) out = std::min(out, pending.offset);
  return out;
}

void LogAssembler::reset(std::uint64_t offset) {
  pending_[0] = pending_[1] = Pending();
  end_ = offset;
}

}  // namespace stratus::containers
