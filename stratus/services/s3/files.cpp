#include "stratus/services/s3/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/fd.h"
#include "stratus/core/log.h"
#include "stratus/core/result.h"
#include "stratus/core/text.h"
#include "stratus/wire/checksum.h"

namespace stratus::services::s3 {
namespace {

constexpr std::size_t kChunk = 64 * 1024, kTag = 16;  // bytes

[[noreturn]] void failed(const std::string& what) {
  log::error("s3.file_failed", {{"cause", failure(what).message()}});
  throw aws::Error("InternalError", 500, "We encountered an internal error. Please try again.");
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// The chunk's number, and whether it is the last: a file cannot be cut at a chunk's end unnoticed.
std::array<unsigned char, 12> nonce_of(std::uint64_t number, bool last) {
  std::array<unsigned char, 12> out{};
  out[0] = last ? 1 : 0;
  for (std::size_t i = 0; i < 8; ++i) out[11 - i] = static_cast<unsigned char>(number >> (8 * i));
  return out;
}

std::string seal_chunk(const std::string& key, std::uint64_t number, bool last, std::string_view plain) {
  const auto nonce = nonce_of(number, last);
  CipherContext cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string out(plain.size() + kTag, '\0');
  int length = 0, rest = 0;
  STRATUS_ASSERT(
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(std::string_view(key)), nonce.data()) == 1);
  STRATUS_ASSERT(
      EVP_EncryptUpdate(cipher.get(), bytes_of(out), &length, bytes_of(plain), static_cast<int>(plain.size())) == 1);
  STRATUS_ASSERT(EVP_EncryptFinal_ex(cipher.get(), bytes_of(out) + length, &rest) == 1);
  STRATUS_ASSERT(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes_of(out) + plain.size()) == 1);
  return out;
}

bool open_chunk(const std::string& key, std::uint64_t number, bool last, std::string sealed, std::string& plain) {
  if (sealed.size() < kTag) return false;
  const auto nonce = nonce_of(number, last);
  const std::size_t size = sealed.size() - kTag;
  CipherContext cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  plain.assign(size, '\0');
  int length = 0, rest = 0;
  return EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(std::string_view(key)), nonce.data()) ==
             1 &&
         EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &length, bytes_of(std::string_view(sealed)),
                           static_cast<int>(size)) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes_of(sealed) + size) == 1 &&
         EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + length, &rest) == 1;
}

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) failed("write " + path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Reads until `out` holds `size` bytes or the file ends.
bool read_at(int fd, std::uint64_t offset, std::size_t size, std::string& out) {
  out.resize(size);
  std::size_t got = 0;
  while (got < size) {
    const auto n = ::pread(fd, out.data() + got, size - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  out.resize(got);
  return true;
}

/// Makes the names in a folder durable.
void sync_folder(const std::string& path) {
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) failed("sync " + path);
}

/// A file that goes unless its writing ends well.
struct Draft {
  std::string path;
  bool done = false;
  ~Draft() {
    if (!done) ::unlink(path.c_str());
  }
};

class FileSource final : public aws::BodySource {
 public:
  explicit FileSource(const aws::FileBody& file)
      : fd_(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC)), offset_(file.offset), left_(file.length) {
    if (!fd_) failed("open " + file.path);
  }
  bool read(std::string& out, std::size_t most) override {
    if (!read_at(fd_.get(), offset_, std::min<std::uint64_t>(most, left_), out)) return false;
    offset_ += out.size();
    left_ -= out.size();
    return true;
  }

 private:
  UniqueFd fd_;
  std::uint64_t offset_, left_;
};

class ObjectSource final : public aws::BodySource {
 public:
  struct Piece {
    std::string path, key;
    std::uint64_t size = 0;
  };
  ObjectSource(std::vector<Piece> pieces, std::uint64_t offset, std::uint64_t length)
      : pieces_(std::move(pieces)), offset_(offset), left_(length) {
    while (at_ < pieces_.size() && offset_ >= pieces_[at_].size) offset_ -= pieces_[at_++].size;
    open();  // an object that is deleted while it is sent is still sent
  }

  bool read(std::string& out, std::size_t most) override {
    out.clear();
    if (left_ == 0) return true;
    while (at_ < pieces_.size() && offset_ >= pieces_[at_].size) {
      offset_ = 0;
      ++at_;
      fd_.reset();
    }
    if (at_ >= pieces_.size() || !open()) return false;
    const Piece& piece = pieces_[at_];
    const std::uint64_t number = offset_ / kChunk, chunks = (piece.size + kChunk - 1) / kChunk;
    std::string sealed, plain;
    if (!read_at(fd_.get(), number * (kChunk + kTag), kChunk + kTag, sealed) ||
        !open_chunk(piece.key, number, number + 1 == chunks, std::move(sealed), plain)) {
      log::error("s3.object_damaged", {{"file", piece.path}, {"chunk", number}});
      return false;
    }
    const std::uint64_t skip = offset_ % kChunk;
    if (skip >= plain.size()) return false;
    out = plain.substr(skip, std::min<std::uint64_t>({most, left_, plain.size() - skip}));
    offset_ += out.size();
    left_ -= out.size();
    return true;
  }

 private:
  bool open() {
    if (!fd_ && at_ < pieces_.size()) fd_.reset(::open(pieces_[at_].path.c_str(), O_RDONLY | O_CLOEXEC));
    return static_cast<bool>(fd_);
  }

  const std::vector<Piece> pieces_;
  std::size_t at_ = 0;
  std::uint64_t offset_, left_;  ///< offset within pieces_[at_]
  UniqueFd fd_;
};

}  // namespace

bool MemorySource::read(std::string& out, std::size_t most) {
  out = rest_.substr(0, most);
  rest_.remove_prefix(out.size());
  return true;
}

std::unique_ptr<aws::BodySource> source_of(const aws::FileBody& file, std::string_view bytes) {
  if (!file.path.empty()) return std::make_unique<FileSource>(file);
  return std::make_unique<MemorySource>(bytes);
}

Files::Files(std::string directory, Random& random) : directory_(std::move(directory)), random_(random) {
  std::filesystem::create_directories(directory_);
}

std::string Files::path_of(const std::string& file) const { return directory_ + "/" + file.substr(0, 2) + "/" + file; }

Written Files::write(aws::BodySource& source, const std::string& data_key,
                     const std::set<std::string>& checksums) const {
  return write_as(random_.hex(32), source, data_key, checksums);
}

Written Files::write_as(const std::string& file, aws::BodySource& source, const std::string& data_key,
                        const std::set<std::string>& checksums) const {
  Written out;
  out.file = file;
  Draft draft{path_of(out.file)};
  const std::string folder_path = std::filesystem::path(draft.path).parent_path();
  if (::mkdir(folder_path.c_str(), 0700) == 0) {
    sync_folder(directory_);
  } else if (errno != EEXIST) {
    failed("make " + folder_path);
  }
  const UniqueFd fd(::open(draft.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) failed("create " + draft.path);
  const std::string key = crypto::hmac_sha256(data_key, out.file);
  std::vector<std::pair<std::string, std::unique_ptr<wire::Checksum>>> sums;
  for (const auto& name : checksums) sums.emplace_back(name, wire::Checksum::create(text::lower(name)));
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> md5(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(md5.get(), EVP_md5(), nullptr);
  std::string chunk, piece;
  // A chunk is sealed when it is known whether another follows.
  const auto fill = [&](std::string& into) {
    into.clear();
    while (into.size() < kChunk) {
      if (!source.read(piece, kChunk - into.size())) failed("read the bytes of " + draft.path);
      if (piece.empty()) return;
      into += piece;
    }
  };
  fill(chunk);
  std::string next;
  for (std::uint64_t number = 0; !chunk.empty(); ++number) {
    fill(next);
    EVP_DigestUpdate(md5.get(), chunk.data(), chunk.size());
    for (auto& [name, sum] : sums) sum->add(chunk);
    out.size += static_cast<std::int64_t>(chunk.size());
    write_all(fd.get(), seal_chunk(key, number, next.empty(), chunk), draft.path);
    chunk.swap(next);
  }
  if (::fsync(fd.get()) != 0) failed("sync " + draft.path);
  sync_folder(folder_path);
  out.md5.resize(16);
  EVP_DigestFinal_ex(md5.get(), bytes_of(out.md5), nullptr);
  for (auto& [name, sum] : sums) out.checksums[name] = base64::encode(sum->finish());
  draft.done = true;
  return out;
}

std::shared_ptr<aws::BodySource> Files::read(const std::vector<Segment>& segments, const std::string& data_key,
                                             std::uint64_t offset, std::uint64_t length) const {
  std::vector<ObjectSource::Piece> pieces;
  for (const Segment& segment : segments)
    pieces.push_back(
        {path_of(segment.file), crypto::hmac_sha256(data_key, segment.file), static_cast<std::uint64_t>(segment.size)});
  return std::make_shared<ObjectSource>(std::move(pieces), offset, length);
}

void Files::remove(const std::string& file) const {
  if (::unlink(path_of(file).c_str()) != 0 && errno != ENOENT)
    log::warning("s3.file_not_removed", {{"cause", failure("unlink " + path_of(file)).message()}});
}

std::size_t Files::sweep(const std::function<bool(const std::string&)>& known) const {
  std::size_t removed = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_))
    if (entry.is_regular_file() && !known(entry.path().filename().string())) {
      std::error_code ignored;
      if (std::filesystem::remove(entry.path(), ignored)) ++removed;
    }
  return removed;
}

}  // namespace stratus::services::s3
