#include "stratus/dataplane/images/image_store.h"

#include <sys/random.h>
#include <sys/stat.h>

#include <filesystem>

#include "stratus/core/process.h"
#include "stratus/dataplane/images/digest.h"
#include "stratus/dataplane/images/store_state.h"

namespace stratus::images {
namespace {

namespace fs = std::filesystem;

Failure bad_digest(const std::string& digest) { return Failure{"not a sha256 digest: \"" + digest + "\"", EINVAL}; }

bool valid_upload(const std::string& id) {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<UniqueFd> open_upload(const std::string& path, const std::string& id, int flags) {
  if (!valid_upload(id)) return Failure{"upload " + id, ENOENT};
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return failure("upload " + id);
  return fd;
}

Result<std::uint64_t> size_of(int fd, const std::string& what) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failure("stat " + what);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<> check_digest(int fd, const std::string& what, const std::string& digest) {
  auto actual = digest_of_file(fd, what);
  if (!actual) return actual.error();
  if (*actual != digest) return Failure{what + " has digest " + *actual + ", not " + digest, EBADMSG};
  return {};
}

}  // namespace

std::string random_name() {
  unsigned char bytes[16];
  STRATUS_ASSERT(::getrandom(bytes, sizeof bytes, 0) == sizeof bytes);
  std::string out;
  for (const auto byte : bytes) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

ImageStore::ImageStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageStore::~ImageStore() = default;

Result<std::unique_ptr<ImageStore>> ImageStore::open(const std::string& directory, const Limits& limits) {
  auto state = std::make_unique<State>();
  state->directory = directory;
  state->limits = limits;
  std::error_code error;
  fs::remove_all(directory + "/scratch", error);
  if (error) return Failure{"empty " + directory + "/scratch", error.value()};
  for (const char* part : {"/blobs/sha256", "/manifests", "/uploads", "/layers", "/scratch"}) {
    fs::create_directories(directory + part, error);
    if (error) return Failure{"make directory " + directory + part, error.value()};
  }
  // Image content is nobody's business on the host; overlayfs reads layers with root's eyes.
  if (::chmod(directory.c_str(), 0700) != 0) return failure("chmod " + directory);
  return std::unique_ptr<ImageStore>(new ImageStore(std::move(state)));
}

Result<std::string> ImageStore::begin_upload() {
  const std::string id = random_name();
  const UniqueFd fd(::open(state_->upload(id).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return failure("create upload " + id);
  return id;
}

Result<std::uint64_t> ImageStore::append_upload(const std::string& upload, std::string_view data,
                                                std::int64_t expected_offset) {
  auto fd = open_upload(state_->upload(upload), upload, O_WRONLY);
  if (!fd) return fd.error();
  const auto size = size_of(fd->get(), "upload " + upload);
  if (!size) return size.error();
  if (expected_offset >= 0 && static_cast<std::uint64_t>(expected_offset) != *size)
    return Failure{
        "upload " + upload + " is at " + std::to_string(*size) + ", not at " + std::to_string(expected_offset), ERANGE};
  if (data.size() > state_->limits.blob_bytes || *size > state_->limits.blob_bytes - data.size())
    return Failure{"upload " + upload + " is larger than " + std::to_string(state_->limits.blob_bytes) + " bytes",
                   EFBIG};
  std::uint64_t at = *size;
  while (!data.empty()) {
    const auto written = ::pwrite(fd->get(), data.data(), data.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const auto failed = failure("write upload " + upload);
      // All of an append or nothing: the client sends the same piece again.
      if (::ftruncate(fd->get(), static_cast<off_t>(*size)) != 0) return failure("truncate upload " + upload);
      return failed;
    }
    at += static_cast<std::uint64_t>(written);
    data.remove_prefix(static_cast<std::size_t>(written));
  }
  return at;
}

Result<std::uint64_t> ImageStore::upload_size(const std::string& upload) const {
  auto fd = open_upload(state_->upload(upload), upload, O_RDONLY);
  if (!fd) return fd.error();
  return size_of(fd->get(), "upload " + upload);
}

Result<BlobFile> ImageStore::finish_upload(const std::string& upload, const std::string& digest) {
  if (!valid_digest(digest)) return bad_digest(digest);
  auto fd = open_upload(state_->upload(upload), upload, O_RDWR);
  if (!fd) return fd.error();
  if (auto checked = check_digest(fd->get(), "upload " + upload, digest); !checked) return checked.error();
  const auto size = size_of(fd->get(), "upload " + upload);
  if (!size) return size.error();
  if (::fsync(fd->get()) != 0) return failure("fsync upload " + upload);
  const std::lock_guard lock(state_->collecting);
  // Its age counts from now: a collection leaves young blobs alone.
  if (::futimens(fd->get(), nullptr) != 0) return failure("touch upload " + upload);
  if (::rename(state_->upload(upload).c_str(), state_->blob(digest).c_str()) != 0)
    return failure("rename upload " + upload + " to " + state_->blob(digest));
  if (auto synced = sync_directory(state_->directory + "/blobs/sha256"); !synced) return synced.error();
  return BlobFile{state_->blob(digest), *size};
}

Result<> ImageStore::cancel_upload(const std::string& upload) {
  if (!valid_upload(upload)) return Failure{"upload " + upload, ENOENT};
  if (::unlink(state_->upload(upload).c_str()) != 0) return failure("upload " + upload);
  return {};
}

Result<BlobFile> ImageStore::find_blob(const std::string& digest) const {
  if (!valid_digest(digest)) return bad_digest(digest);
  struct stat status {};
  if (::stat(state_->blob(digest).c_str(), &status) != 0) return failure("blob " + digest);
  return BlobFile{state_->blob(digest), static_cast<std::uint64_t>(status.st_size)};
}

Result<std::string> ImageStore::read_blob(const std::string& digest, std::uint64_t limit) const {
  const auto found = find_blob(digest);
  if (!found) return found.error();
  if (found->size > limit)
    return Failure{"blob " + digest + " is larger than " + std::to_string(limit) + " bytes", EFBIG};
  return read_file(found->path);
}

Result<BlobFile> ImageStore::put_blob(std::string_view content, const std::string& digest) {
  auto upload = begin_upload();
  if (!upload) return upload.error();
  auto appended = append_upload(*upload, content);
  if (!appended) return appended.error();
  auto finished = finish_upload(*upload, digest);
  if (!finished) {
    if (auto cancelled = cancel_upload(*upload); !cancelled) return cancelled.error();
  }
  return finished;
}

Result<BlobFile> ImageStore::link_blob(const std::string& file, const std::string& digest) {
  if (!valid_digest(digest)) return bad_digest(digest);
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failure("open " + file);
  if (auto checked = check_digest(fd.get(), file, digest); !checked) return checked.error();
  const std::string scratch = state_->directory + "/scratch/" + random_name();
  if (::link(file.c_str(), scratch.c_str()) != 0) {
    if (errno != EXDEV && errno != EPERM && errno != EMLINK) return failure("link " + file);
    std::error_code error;
    fs::copy_file(file, scratch, error);
    if (error) return Failure{"copy " + file + " to " + scratch, error.value()};
  }
  const UniqueFd made(::open(scratch.c_str(), O_RDONLY | O_CLOEXEC));
  if (!made || ::fsync(made.get()) != 0) return failure("fsync " + scratch);
  const std::lock_guard lock(state_->collecting);
  if (::futimens(made.get(), nullptr) != 0) return failure("touch " + scratch);
  // rename does nothing where both names are links to one file already.
  if (::rename(scratch.c_str(), state_->blob(digest).c_str()) != 0) return failure("rename " + scratch);
  ::unlink(scratch.c_str());
  if (auto synced = sync_directory(state_->directory + "/blobs/sha256"); !synced) return synced.error();
  return find_blob(digest);
}

}  // namespace stratus::images
