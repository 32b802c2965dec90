// Tars for tests, hostile ones among them: entries are written as they are given.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace stratus::images {

struct TarEntry {
  std::string name;
  mode_t type = AE_IFREG;
  std::string content;    ///< of a file; the target of a symbolic link
  std::string hard_link;  ///< set: a hard link to it
  unsigned mode = 0644;
  unsigned uid = 0, gid = 0;
};

/// A pax tar of `entries`, through libarchive filter `filter` (ARCHIVE_FILTER_NONE, _GZIP, _ZSTD).
inline std::string make_tar(const std::vector<TarEntry>& entries, int filter = ARCHIVE_FILTER_NONE) {
  const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr), before = uselocale(utf8);
  std::string out(8U << 20U, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_add_filter(writer, filter);
  archive_write_set_format_pax_restricted(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const auto& given : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, given.name.c_str());
    archive_entry_set_filetype(entry, given.type);
    archive_entry_set_perm(entry, given.mode);
    archive_entry_set_uid(entry, given.uid);
    archive_entry_set_gid(entry, given.gid);
    archive_entry_set_mtime(entry, 1'700'000'000, 0);
    const bool file = given.type == AE_IFREG && given.hard_link.empty();
    archive_entry_set_size(entry, file ? static_cast<la_int64_t>(given.content.size()) : 0);
    if (given.type == AE_IFLNK) archive_entry_set_symlink(entry, given.content.c_str());
    if (given.type == AE_IFCHR || given.type == AE_IFBLK) {
      archive_entry_set_rdevmajor(entry, 1);
      archive_entry_set_rdevminor(entry, 3);
    }
    if (!given.hard_link.empty()) archive_entry_set_hardlink(entry, given.hard_link.c_str());
    if (archive_write_header(writer, entry) != ARCHIVE_OK) std::abort();
    if (file) archive_write_data(writer, given.content.data(), given.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  uselocale(before);
  freelocale(utf8);
  out.resize(used);
  return out;
}

/// A directory that goes with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = "/tmp/stratus-images-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    const std::string command = "rm -rf '" + path_ + "'";
    if (std::system(command.c_str()) != 0) std::abort();
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace stratus::images
