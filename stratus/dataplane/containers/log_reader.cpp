#include "stratus/dataplane/containers/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stratus::containers {
namespace {

constexpr std::size_t piece = 256 * 1024;
constexpr std::uint64_t block = 4096;

std::uint64_t size_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

Result<LogReader> LogReader::open(const std::string& path, std::uint64_t offset, std::uint64_t reclaim_bytes) {
  LogReader out;
  out.fd_.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!out.fd_) return failure("open log " + path);
  out.path_ = path;
  out.reclaim_ = reclaim_bytes;
  const std::uint64_t size = size_of(out.fd_.get());
  out.at_ = std::min(offset, size);
  const off_t data = ::lseek(out.fd_.get(), static_cast<off_t>(out.at_), SEEK_DATA);
  if (data > static_cast<off_t>(out.at_)) {
    // The text at the offset was freed: behind the hole, up to the next line's beginning.
    std::string text(piece, '\0');
    const auto got = ::pread(out.fd_.get(), text.data(), text.size(), data);
    const auto newline = got > 0 ? text.find('\n') : std::string::npos;
    out.at_ = static_cast<std::uint64_t>(data) + (newline == std::string::npos ? 0 : newline + 1);
  }
  out.acknowledged_ = out.at_;
  out.assembler_.reset(out.at_);
  return out;
}

Result<std::vector<LogLine>> LogReader::read() {
  std::vector<LogLine> lines;
  if (waits_for_acknowledgement()) return lines;
  std::string text(piece, '\0');
  const auto got = ::pread(fd_.get(), text.data(), text.size(), static_cast<off_t>(at_));
  if (got < 0) return failure("read log " + path_);
  // conmon may be in the middle of an entry.
  const auto last = std::string_view(text).substr(0, static_cast<std::size_t>(got)).rfind('\n');
  if (last == std::string_view::npos) return lines;
  assembler_.take(std::string_view(text).substr(0, last + 1), at_, lines);
  at_ += last + 1;
  return lines;
}

std::vector<LogLine> LogReader::finish() {
  std::vector<LogLine> lines;
  assembler_.flush(lines);
  return lines;
}

bool LogReader::at_end() const {
  char text[1];
  return ::pread(fd_.get(), text, 1, static_cast<off_t>(at_)) <= 0;
}

Result<> LogReader::acknowledge(std::uint64_t offset) {
  acknowledged_ = std::max(acknowledged_, std::min(offset, at_));
  if (acknowledged_ - freed_ < reclaim_ || acknowledged_ < block) return {};
  return free_before(acknowledged_ / block * block);
}

Result<> LogReader::free_all() {
  acknowledged_ = at_;
  return at_ == 0 ? Result<>{} : free_before((at_ + block - 1) / block * block);
}

Result<> LogReader::free_before(std::uint64_t offset) {
  if (::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(offset)) != 0)
    return failure("free acknowledged part of log " + path_);
  freed_ = offset;
  return {};
}

}  // namespace stratus::containers
