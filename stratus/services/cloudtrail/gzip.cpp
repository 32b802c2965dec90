#include "stratus/services/cloudtrail/gzip.h"

#include <archive.h>
#include <archive_entry.h>

#include "stratus/core/check.h"

namespace stratus::services::cloudtrail {

std::string gzip(std::string_view bytes) {
  std::string out;
  archive* writer = archive_write_new();
  STRATUS_ASSERT(writer != nullptr);
  archive_write_add_filter_gzip(writer);
  archive_write_set_format_raw(writer);
  // Without padding to whole blocks: a gzip file ends with its stream.
  archive_write_set_bytes_per_block(writer, 0);
  const auto append = [](archive*, void* to, const void* data, std::size_t size) -> la_ssize_t {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  };
  bool good = archive_write_open(writer, &out, nullptr, append, nullptr) == ARCHIVE_OK;
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  good = good && archive_write_header(writer, entry) == ARCHIVE_OK;
  archive_entry_free(entry);
  good = good && archive_write_data(writer, bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size());
  good = archive_write_close(writer) == ARCHIVE_OK && good;
  archive_write_free(writer);
  STRATUS_ASSERT(good);
  return out;
}

}  // namespace stratus::services::cloudtrail
