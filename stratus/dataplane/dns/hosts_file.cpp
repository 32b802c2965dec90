#include "stratus/dataplane/dns/hosts_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "stratus/core/fd.h"
#include "stratus/core/process.h"

namespace stratus::dns {
namespace {

/// The first line at or after `from` that is exactly `line`: [start, end) with its newline; npos where there is none.
std::pair<std::size_t, std::size_t> find_line(std::string_view content, std::string_view line, std::size_t from) {
  for (std::size_t start = from; start < content.size();) {
    const auto newline = content.find('\n', start);
    const auto end = newline == std::string_view::npos ? content.size() : newline;
    if (content.substr(start, end - start) == line) return {start, newline == std::string_view::npos ? end : end + 1};
    if (newline == std::string_view::npos) break;
    start = newline + 1;
  }
  return {std::string_view::npos, std::string_view::npos};
}

/// An address or name that would break its line out of the block is left out.
bool plain(std::string_view word) {
  if (word.empty() || word.front() == '#') return false;
  for (const char c : word)
    if (static_cast<unsigned char>(c) <= ' ' || c == '#' || c == 0x7f) return false;
  return true;
}

Result<> write_in_place(const std::string& path, std::string_view content) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return failure("open " + path);
  const auto size = static_cast<off_t>(content.size());
  off_t at = 0;
  while (at < size) {
    const auto written = ::pwrite(fd.get(), content.data() + at, static_cast<std::size_t>(size - at), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("write " + path);
    at += written;
  }
  // Only now shorter: a reader meanwhile sees the new lines and perhaps a rest of the old ones, never a file without
  // them.
  if (::ftruncate(fd.get(), size) != 0) return failure("truncate " + path);
  if (::fsync(fd.get()) != 0) return failure("fsync " + path);
  return {};
}

}  // namespace

std::string with_hosts_block(std::string_view content, std::string_view tag, const HostsEntries& entries) {
  const std::string begin = "# stratus " + std::string(tag) + " begin", end = "# stratus " + std::string(tag) + " end";
  std::string block;
  for (const auto& [address, host] : entries)
    if (plain(address) && plain(host)) block += address + " " + host + "\n";
  if (!block.empty()) block = begin + "\n" + block + end + "\n";

  const auto [start, after_begin] = find_line(content, begin, 0);
  if (start == std::string_view::npos) {
    if (block.empty()) return std::string(content);
    std::string out(content);
    if (!out.empty() && out.back() != '\n') out += '\n';
    return out + block;
  }
  auto [end_start, stop] = find_line(content, end, after_begin);
  // Somebody cut the end marker away: our block is the begin marker alone. Better to leave stale lines than eat foreign
  // ones.
  if (end_start == std::string_view::npos) stop = after_begin;
  return std::string(content.substr(0, start)) + block + std::string(content.substr(stop));
}

Result<> HostsFile::update(const HostsEntries& entries) const {
  // Several daemons may share the file: their read-change-write cycles take turns. The lock is on the directory, since
  // the file itself is replaced.
  const auto slash = path_.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
  const UniqueFd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return failure("open " + directory);
  if (::flock(lock.get(), LOCK_EX) != 0) return failure("lock " + directory);

  auto content = read_file(path_);
  if (!content && content.error().error != ENOENT) return content.error();
  const std::string before = content ? *content : "";
  const std::string after = with_hosts_block(before, tag_, entries);
  if (after == before) return {};

  struct stat status {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  const auto mode = exists ? status.st_mode & 07777U : 0644U;
  if (const auto replaced = write_file(path_, after, mode); replaced) {
    if (exists && (::chmod(path_.c_str(), mode) != 0 || ::chown(path_.c_str(), status.st_uid, status.st_gid) != 0))
      return failure("keep owner and mode of " + path_);
    return {};
  }
  ::unlink((path_ + ".new").c_str());
  return write_in_place(path_, after);
}

}  // namespace stratus::dns
