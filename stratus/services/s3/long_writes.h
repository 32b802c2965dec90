// Bytes that are encrypted, hashed and synced on the pool, so that no other call waits for them.
#pragma once

#include <exception>

#include "stratus/core/later.h"
#include "stratus/services/s3/files.h"

namespace stratus::services::s3 {

/// What an operation wants written.
struct Incoming {
  std::shared_ptr<aws::BodySource> source;
  std::set<std::string> checksums{};
  bool large = false;                        ///< too much for the loop
  std::int64_t origin = 0;                   ///< of a copy: the version that it copies
  std::optional<std::string> content_md5{};  ///< what the sender says that it sent, base64
};

class LongWrite final : public aws::LongWork {
 public:
  LongWrite(const Files& files, Incoming bytes, std::string name, std::string data_key, Sealing sealing);
  /// What nobody took goes.
  ~LongWrite() override;
  LongWrite(const LongWrite&) = delete;
  LongWrite& operator=(const LongWrite&) = delete;

  void run() noexcept override;
  std::int64_t origin() const { return bytes_.origin; }
  const Sealing& sealing() const { return sealing_; }
  /// What was written, from now on the caller's. Throws what went wrong; BadDigest where the sender sent other bytes.
  Written take();

 private:
  const Files files_;  ///< a copy: the work may outlive the service at the daemon's end
  Incoming bytes_;
  const std::string name_, data_key_;
  const Sealing sealing_;
  Written written_;
  std::exception_ptr failed_;
  bool taken_ = false;
};

}  // namespace stratus::services::s3
