#include "stratus/state/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <array>

#include "stratus/core/crypto.h"

namespace stratus::state {
namespace {

constexpr std::size_t kChunk = 128 * 1024;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256() { EVP_MD_CTX_free(context_); }
  void add(const void* data, std::size_t size) { EVP_DigestUpdate(context_, data, size); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_, digest.data(), &size);
    return crypto::to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
  }

 private:
  EVP_MD_CTX* context_;
};

Failure failed(archive* handle, const std::string& what, int fallback) {
  const int error = archive_errno(handle);
  const char* text = archive_error_string(handle);
  return Failure{what + ": " + (text == nullptr ? "unknown" : text), error > 0 ? error : fallback};
}

struct EntryDeleter {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

void ArchiveWriter::Free::operator()(archive* handle) const { archive_write_free(handle); }
void ArchiveReader::Free::operator()(archive* handle) const { archive_read_free(handle); }

Result<ArchiveWriter> ArchiveWriter::create(const std::string& path) {
  ArchiveWriter out;
  out.path_ = path;
  out.file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out.file_) return failure("create " + path);
  out.handle_.reset(archive_write_new());
  if (archive_write_add_filter_zstd(out.handle_.get()) != ARCHIVE_OK ||
      archive_write_set_format_pax_restricted(out.handle_.get()) != ARCHIVE_OK ||
      archive_write_open_fd(out.handle_.get(), out.file_.get()) != ARCHIVE_OK)
    return failed(out.handle_.get(), "write " + path, EIO);
  return out;
}

Result<> ArchiveWriter::header(const std::string& name, std::uint64_t size, mode_t mode, bool directory) {
  const std::unique_ptr<archive_entry, EntryDeleter> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), directory ? AE_IFDIR : AE_IFREG);
  archive_entry_set_perm(entry.get(), mode);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  if (archive_write_header(handle_.get(), entry.get()) != ARCHIVE_OK)
    return failed(handle_.get(), "write " + path_, EIO);
  return {};
}

Result<> ArchiveWriter::add_text(const std::string& name, std::string_view content) {
  if (auto written = header(name, content.size(), 0600, false); !written) return written;
  if (archive_write_data(handle_.get(), content.data(), content.size()) != static_cast<la_ssize_t>(content.size()))
    return failed(handle_.get(), "write " + path_, EIO);
  return {};
}

Result<> ArchiveWriter::add_directory(const std::string& name) { return header(name, 0, 0700, true); }

Result<ArchiveWriter::Added> ArchiveWriter::add_file(const std::string& name, const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return failure("open " + path);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return failure("stat " + path);
  Added out{.sha256 = "", .size = static_cast<std::uint64_t>(about.st_size)};
  if (auto written = header(name, out.size, about.st_mode & 07777U, false); !written) return written.error();
  Sha256 digest;
  std::string chunk(kChunk, '\0');
  for (std::uint64_t left = out.size; left > 0;) {
    const auto got = ::read(file.get(), chunk.data(), std::min<std::uint64_t>(left, chunk.size()));
    if (got < 0) return failure("read " + path);
    if (got == 0) return Failure{"read " + path + ": it became shorter meanwhile", EIO};
    digest.add(chunk.data(), static_cast<std::size_t>(got));
    if (archive_write_data(handle_.get(), chunk.data(), static_cast<std::size_t>(got)) != got)
      return failed(handle_.get(), "write " + path_, EIO);
    left -= static_cast<std::uint64_t>(got);
  }
  out.sha256 = digest.hex();
  return out;
}

Result<> ArchiveWriter::close() {
  if (archive_write_close(handle_.get()) != ARCHIVE_OK) return failed(handle_.get(), "write " + path_, EIO);
  if (::fsync(file_.get()) != 0) return failure("fsync " + path_);
  return {};
}

Result<ArchiveReader> ArchiveReader::open(const std::string& path) {
  ArchiveReader out;
  out.path_ = path;
  if (::access(path.c_str(), R_OK) != 0) return failure("read " + path);
  out.handle_.reset(archive_read_new());
  archive_read_support_filter_zstd(out.handle_.get());
  archive_read_support_format_tar(out.handle_.get());
  if (archive_read_open_filename(out.handle_.get(), path.c_str(), kChunk) != ARCHIVE_OK)
    return Failure{path + " is no whole backup of Stratus: it is not a zstd-compressed tar", EBADMSG};
  return out;
}

Result<std::optional<ArchiveReader::Entry>> ArchiveReader::next() {
  archive_entry* entry = nullptr;
  const int code = archive_read_next_header(handle_.get(), &entry);
  if (code == ARCHIVE_EOF) return std::optional<Entry>();
  if (code != ARCHIVE_OK) return failed(handle_.get(), "read", EBADMSG);
  Entry out{.name = archive_entry_pathname(entry),
            .directory = archive_entry_filetype(entry) == AE_IFDIR,
            .mode = archive_entry_perm(entry),
            .size = static_cast<std::uint64_t>(archive_entry_size(entry))};
  if (!out.directory && archive_entry_filetype(entry) != AE_IFREG)
    return Failure{out.name + " is neither file nor directory", EBADMSG};
  while (out.name.ends_with('/')) out.name.pop_back();
  return std::optional<Entry>(std::move(out));
}

Result<std::string> ArchiveReader::read_text(std::uint64_t limit) {
  std::string out, chunk(kChunk, '\0');
  for (;;) {
    const auto got = archive_read_data(handle_.get(), chunk.data(), chunk.size());
    if (got < 0) return failed(handle_.get(), "read", EBADMSG);
    if (got == 0) return out;
    if (out.size() + static_cast<std::uint64_t>(got) > limit) return Failure{"an entry is too long", EFBIG};
    out.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

Result<std::string> ArchiveReader::copy_to(const std::string& path, mode_t mode) {
  UniqueFd file;
  if (!path.empty()) {
    file.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file) return failure("create " + path);
  }
  Sha256 digest;
  std::string chunk(kChunk, '\0');
  for (;;) {
    const auto got = archive_read_data(handle_.get(), chunk.data(), chunk.size());
    if (got < 0) return Failure{failed(handle_.get(), "read", EBADMSG).what, EBADMSG};
    if (got == 0) break;
    digest.add(chunk.data(), static_cast<std::size_t>(got));
    for (la_ssize_t done = 0; file && done < got;) {
      const auto written = ::write(file.get(), chunk.data() + done, static_cast<std::size_t>(got - done));
      if (written < 0) return failure("write " + path);
      done += written;
    }
  }
  if (file && ::fsync(file.get()) != 0) return failure("fsync " + path);
  return digest.hex();
}

}  // namespace stratus::state
