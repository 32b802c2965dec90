#include "stratus/services/sns/maildir.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "stratus/core/fd.h"
#include "stratus/core/text.h"

namespace stratus::services::sns {
namespace {

Result<> write_new(const std::string& box, const std::string& name, const std::string& message) {
  std::error_code error;
  for (const char* part : {"/tmp", "/new", "/cur"}) {
    std::filesystem::create_directories(box + part, error);
    if (error) return failure("make " + box + part, error.value());
  }
  const std::string draft = box + "/tmp/" + name, arrived = box + "/new/" + name;
  UniqueFd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return failure("open " + draft);
  std::size_t at = 0;
  while (at < message.size()) {
    const ssize_t written = ::write(file.get(), message.data() + at, message.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const auto problem = failure("write " + draft);
      ::unlink(draft.c_str());
      return problem;
    }
    at += static_cast<std::size_t>(written);
  }
  if (::fsync(file.get()) != 0) return failure("fsync " + draft);
  if (::rename(draft.c_str(), arrived.c_str()) != 0) return failure("rename " + draft);
  const UniqueFd folder(::open((box + "/new").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) ::fsync(folder.get());
  return {};
}

}  // namespace

std::string mailbox_name(const std::string& address) {
  std::string out = text::lower(address);
  for (char& c : out)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x21) c = '_';
  if (out.starts_with(".")) out[0] = '_';
  return out;
}

Maildir::Maildir(Loop& loop, Random& random, std::string root) : loop_(loop), random_(random), root_(std::move(root)) {}

void Maildir::deliver(const std::string& address, std::string message, std::function<void(Result<>)> done) {
  const Timestamp now = loop_.clock().now();
  const std::string name =
      std::to_string(now.ms / 1000) + ".M" + std::to_string(now.ms % 1000) + "R" + random_.hex(16) + ".stratus";
  const auto result = std::make_shared<Result<>>();
  loop_.run_blocking([box = root_ + "/" + mailbox_name(address), name, message = std::move(message),
                      result] { *result = write_new(box, name, message); },
                     [result, done = std::move(done)] { done(*result); });
}

}  // namespace stratus::services::sns
