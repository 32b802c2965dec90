#include "stratus/dataplane/images/layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <locale.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "stratus/core/fd.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/images/digest.h"

namespace stratus::images {
namespace {

struct CloseArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, CloseArchive>;

/// libarchive converts names to the thread's charset: UTF-8, so that they come through as they are.
class Utf8Names {
 public:
  Utf8Names() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(uselocale(locale_)) {}
  ~Utf8Names() {
    uselocale(before_);
    if (locale_ != nullptr) freelocale(locale_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  locale_t locale_, before_;
};

/// The uncompressed bytes of a blob, hashed on their way to the tar reader.
class Uncompressed {
 public:
  Result<> open(const std::string& path) {
    raw_.reset(archive_read_new());
    archive_read_support_filter_gzip(raw_.get());
    archive_read_support_filter_zstd(raw_.get());
    archive_read_support_filter_bzip2(raw_.get());
    archive_read_support_filter_xz(raw_.get());
    archive_read_support_format_raw(raw_.get());
    archive_entry* entry = nullptr;
    if (archive_read_open_filename(raw_.get(), path.c_str(), 1U << 18U) != ARCHIVE_OK ||
        archive_read_next_header(raw_.get(), &entry) != ARCHIVE_OK)
      return broken();
    return {};
  }

  static la_ssize_t read(archive* reader, void* self, const void** data) {
    auto& stream = *static_cast<Uncompressed*>(self);
    const auto got = archive_read_data(stream.raw_.get(), stream.buffer_.data(), stream.buffer_.size());
    if (got < 0) {
      archive_set_error(reader, EINVAL, "%s", archive_error_string(stream.raw_.get()));
      return -1;
    }
    stream.hash_.update({stream.buffer_.data(), static_cast<std::size_t>(got)});
    *data = stream.buffer_.data();
    return got;
  }

  /// Hashes what the tar reader left (padding); `limit` bytes at most.
  Result<std::string> finish(std::uint64_t limit) {
    for (std::uint64_t total = 0;;) {
      const auto got = archive_read_data(raw_.get(), buffer_.data(), buffer_.size());
      if (got < 0) return broken();
      if (got == 0) return hash_.digest();
      total += static_cast<std::uint64_t>(got);
      if (total > limit) return Failure{"layer has more behind its end than a layer may have", EFBIG};
      hash_.update({buffer_.data(), static_cast<std::size_t>(got)});
    }
  }

 private:
  Failure broken() const {
    const char* text = archive_error_string(raw_.get());
    return Failure{std::string("layer cannot be read: ") + (text != nullptr ? text : "unknown compression"), EINVAL};
  }
  Archive raw_;
  Sha256 hash_;
  std::string buffer_ = std::string(1U << 18U, '\0');
};

struct Metadata {
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t mode = 0755;
  timespec time{};
};

/// Writes entries below one directory, whatever their names are.
class Tree {
 public:
  explicit Tree(UniqueFd root) : root_(std::move(root)) {}

  /// The directory `path` ("" is the root), made where it is missing. Symbolic links resolve inside the root only.
  Result<UniqueFd> directory(const std::string& path) {
    UniqueFd found = open_in_root(path, O_PATH | O_DIRECTORY);
    if (found) return found;
    if (errno != ENOENT) return hostile("directory " + path, errno);
    UniqueFd at = open_in_root("", O_PATH | O_DIRECTORY);
    std::string so_far;
    for (const auto& part : text::split(path, '/')) {
      so_far += (so_far.empty() ? "" : "/") + part;
      UniqueFd next = open_in_root(so_far, O_PATH | O_DIRECTORY);
      if (!next && errno == ENOENT && mkdirat(at.get(), part.c_str(), 0755) == 0)
        next = open_in_root(so_far, O_PATH | O_DIRECTORY);
      if (!next) return hostile("directory " + so_far, errno);
      at = std::move(next);
    }
    return at;
  }

  Result<UniqueFd> existing_directory(const std::string& path) {
    UniqueFd found = open_in_root(path, O_PATH | O_DIRECTORY);
    if (!found) return hostile("directory " + path, errno);
    return found;
  }

  /// Makes room for a new entry: what an earlier entry of the same layer left under the name goes.
  static Result<> clear(int parent, const std::string& name) {
    if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM) return failure("replace " + name);
    std::error_code error;
    std::filesystem::remove_all("/proc/self/fd/" + std::to_string(parent) + "/" + name, error);
    if (error) return Failure{"replace " + name, error.value()};
    return {};
  }

  static Failure hostile(const std::string& what, int error) {
    return Failure{
        "layer: " + what + " cannot be made inside the layer's directory (" + Failure{"", error}.message() + ")",
        EINVAL};
  }

  int root() const { return root_.get(); }

 private:
  UniqueFd open_in_root(const std::string& path, int flags) const {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    return UniqueFd(
        static_cast<int>(syscall(SYS_openat2, root_.get(), path.empty() ? "." : path.c_str(), &how, sizeof how)));
  }
  UniqueFd root_;
};

/// "./a//b/" and "/a/b" are "a/b"; false where a part is "..", or longer than the kernel takes.
bool clean_path(std::string_view raw, std::string& out) {
  out.clear();
  for (const auto& part : text::split(raw, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." || part.size() > 255) return false;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out.size() < 4096 && raw.find('\0') == std::string_view::npos;
}

Result<> apply(int fd, const std::string& path, const Metadata& meta) {
  // An O_PATH descriptor of a directory: through /proc, which follows to exactly this file.
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  const timespec times[2] = {meta.time, meta.time};
  if (::chown(self.c_str(), meta.uid, meta.gid) != 0 || ::chmod(self.c_str(), meta.mode) != 0 ||
      ::utimensat(AT_FDCWD, self.c_str(), times, 0) != 0)
    return failure("set owner and mode of " + path + " in layer");
  return {};
}

class Unpacking {
 public:
  Unpacking(UniqueFd root, const LayerLimits& limits) : tree_(std::move(root)), limits_(limits) {}

  Result<> entry(archive* reader, archive_entry* entry) {
    if (++result_.entries > limits_.entries)
      return Failure{"layer has more than " + std::to_string(limits_.entries) + " entries", EFBIG};
    const char* raw = archive_entry_pathname(entry);
    std::string path;
    if (raw == nullptr || !clean_path(raw, path))
      return Failure{
          "layer: an entry's name leads out of the layer: \"" + std::string(raw != nullptr ? raw : "") + "\"", EINVAL};
    Metadata meta{static_cast<uid_t>(archive_entry_uid(entry)),
                  static_cast<gid_t>(archive_entry_gid(entry)),
                  static_cast<mode_t>(archive_entry_perm(entry)) & 07777U,
                  {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)}};
    if (path.empty()) {
      if (archive_entry_filetype(entry) == AE_IFDIR) directories_.emplace_back("", meta);
      return {};
    }
    const auto slash = path.rfind('/');
    const std::string parent_path = slash == std::string::npos ? "" : path.substr(0, slash);
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    auto parent = tree_.directory(parent_path);
    if (!parent) return parent.error();
    if (name.starts_with(".wh.")) return whiteout(parent->get(), path, name.substr(4));
    if (const char* target = archive_entry_hardlink(entry)) return hard_link(parent->get(), path, name, target);
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR:
        return directory(parent->get(), path, name, meta);
      case AE_IFREG:
        return file(reader, entry, parent->get(), path, name, meta);
      case AE_IFLNK:
        return symbolic_link(entry, parent->get(), path, name, meta);
      case AE_IFIFO:
        return fifo(parent->get(), path, name, meta);
      default:
        ++result_.skipped;
        return {};
    }
  }

  /// Directories last: writing into them changes their time, and a link in the tar may have replaced one.
  Result<> finish() {
    for (auto it = directories_.rbegin(); it != directories_.rend(); ++it) {
      auto fd = tree_.existing_directory(it->first);
      if (!fd) continue;
      if (auto applied = apply(fd->get(), it->first, it->second); !applied) return applied;
    }
    return {};
  }

  UnpackedLayer result_;

 private:
  Result<> whiteout(int parent, const std::string& path, const std::string& name) {
    if (name == ".wh..opq") {
      const std::string self = "/proc/self/fd/" + std::to_string(parent);
      if (::setxattr(self.c_str(), "trusted.overlay.opaque", "y", 1, 0) != 0) return failure("make opaque: " + path);
      return {};
    }
    if (name.starts_with(".wh.")) return {};  // aufs's own books
    if (name.empty() || name == "." || name == "..") return Failure{"layer: a whiteout of nothing: " + path, EINVAL};
    // It speaks of the layers below: what this layer itself holds under the name stays, but merges with nothing.
    if (::mknodat(parent, name.c_str(), S_IFCHR, makedev(0, 0)) == 0) return {};
    if (errno != EEXIST) return failure("whiteout " + path);
    return opaque_if_directory(parent, path, name);
  }

  static Result<> opaque_if_directory(int parent, const std::string& path, const std::string& name) {
    const UniqueFd fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return errno == ENOTDIR || errno == ELOOP || errno == ENXIO ? Result<>() : failure("open " + path);
    if (::fsetxattr(fd.get(), "trusted.overlay.opaque", "y", 1, 0) != 0) return failure("make opaque: " + path);
    return {};
  }

  Result<> hard_link(int parent, const std::string& path, const std::string& name, const char* raw_target) {
    std::string target;
    if (!clean_path(raw_target, target) || target.empty())
      return Failure{"layer: hard link " + path + " leads out of the layer: \"" + raw_target + "\"", EINVAL};
    if (target == path) return {};
    const auto slash = target.rfind('/');
    auto from = tree_.existing_directory(slash == std::string::npos ? "" : target.substr(0, slash));
    if (!from) return from.error();
    if (auto cleared = Tree::clear(parent, name); !cleared) return cleared;
    const std::string base = slash == std::string::npos ? target : target.substr(slash + 1);
    if (::linkat(from->get(), base.c_str(), parent, name.c_str(), 0) != 0)
      return Failure{"layer: hard link " + path + " to " + target + ": " + Failure{"", errno}.message(), EINVAL};
    return {};
  }

  Result<> directory(int parent, const std::string& path, const std::string& name, const Metadata& meta) {
    struct stat before {};
    const bool taken = ::fstatat(parent, name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(before.st_mode);
    if (taken)
      if (auto cleared = Tree::clear(parent, name); !cleared) return cleared;
    if (::mkdirat(parent, name.c_str(), 0755) != 0 && errno != EEXIST)
      return failure("make directory " + path + " in layer");
    if (taken && S_ISCHR(before.st_mode))
      if (auto hidden = opaque_if_directory(parent, path, name); !hidden) return hidden;
    directories_.emplace_back(path, meta);
    return {};
  }

  Result<> file(archive* reader, archive_entry* entry, int parent, const std::string& path, const std::string& name,
                const Metadata& meta) {
    const auto size = archive_entry_size(entry);
    const auto too_large = [&] {
      return Failure{"layer unpacks to more than " + std::to_string(limits_.bytes) + " bytes", EFBIG};
    };
    if (size < 0 || static_cast<std::uint64_t>(size) > limits_.bytes - result_.bytes) return too_large();
    if (auto cleared = Tree::clear(parent, name); !cleared) return cleared;
    UniqueFd fd(::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return failure("create " + path + " in layer");
    const void* data = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    for (int status; (status = archive_read_data_block(reader, &data, &length, &offset)) != ARCHIVE_EOF;) {
      if (status < ARCHIVE_WARN) return Failure{"layer: " + path + ": " + archive_error_string(reader), EINVAL};
      if (length > limits_.bytes - result_.bytes || offset > size) return too_large();
      result_.bytes += length;
      const auto* bytes = static_cast<const char*>(data);
      while (length > 0) {
        const auto written = ::pwrite(fd.get(), bytes, length, offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failure("write " + path + " in layer");
        bytes += written;
        offset += written;
        length -= static_cast<std::size_t>(written);
      }
    }
    const timespec times[2] = {meta.time, meta.time};
    if (::ftruncate(fd.get(), size) != 0 || ::fchown(fd.get(), meta.uid, meta.gid) != 0 ||
        ::fchmod(fd.get(), meta.mode) != 0 || ::futimens(fd.get(), times) != 0)
      return failure("set owner and mode of " + path + " in layer");
    return {};
  }

  Result<> symbolic_link(archive_entry* entry, int parent, const std::string& path, const std::string& name,
                         const Metadata& meta) {
    const char* target = archive_entry_symlink(entry);
    if (target == nullptr || *target == '\0') return Failure{"layer: symbolic link " + path + " to nothing", EINVAL};
    if (auto cleared = Tree::clear(parent, name); !cleared) return cleared;
    const timespec times[2] = {meta.time, meta.time};
    if (::symlinkat(target, parent, name.c_str()) != 0 ||
        ::fchownat(parent, name.c_str(), meta.uid, meta.gid, AT_SYMLINK_NOFOLLOW) != 0 ||
        ::utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
      return failure("make symbolic link " + path + " in layer");
    return {};
  }

  Result<> fifo(int parent, const std::string& path, const std::string& name, const Metadata& meta) {
    if (auto cleared = Tree::clear(parent, name); !cleared) return cleared;
    if (::mkfifoat(parent, name.c_str(), 0600) != 0 ||
        ::fchownat(parent, name.c_str(), meta.uid, meta.gid, AT_SYMLINK_NOFOLLOW) != 0 ||
        ::fchmodat(parent, name.c_str(), meta.mode, 0) != 0)
      return failure("make fifo " + path + " in layer");
    return {};
  }

  Tree tree_;
  LayerLimits limits_;
  std::vector<std::pair<std::string, Metadata>> directories_;
};

}  // namespace

Result<UnpackedLayer> unpack_tar(const std::string& blob, const std::string& directory, const LayerLimits& limits) {
  const Utf8Names names;
  Uncompressed stream;
  if (auto opened = stream.open(blob); !opened) return opened.error();
  UniqueFd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return failure("open " + directory);
  Archive reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_empty(reader.get());
  const auto broken = [&] {
    const char* text = archive_error_string(reader.get());
    return Failure{std::string("layer is no tar: ") + (text != nullptr ? text : "unknown"), EINVAL};
  };
  if (archive_read_open(reader.get(), &stream, nullptr, &Uncompressed::read, nullptr) != ARCHIVE_OK) return broken();
  Unpacking unpacking(std::move(root), limits);
  for (archive_entry* entry = nullptr;;) {
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status < ARCHIVE_WARN) return broken();
    if (auto done = unpacking.entry(reader.get(), entry); !done) return done.error();
  }
  if (auto finished = unpacking.finish(); !finished) return finished.error();
  auto diff_id = stream.finish(64ULL << 20U);
  if (!diff_id) return diff_id.error();
  unpacking.result_.diff_id = std::move(*diff_id);
  return std::move(unpacking.result_);
}

}  // namespace stratus::images
