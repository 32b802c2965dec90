#include "stratus/services/s3/long_writes.h"

#include "stratus/services/s3/service.h"

namespace stratus::services::s3 {

LongWrite::LongWrite(const Files& files, Incoming bytes, std::string name, std::string data_key, Sealing sealing)
    : files_(files),
      bytes_(std::move(bytes)),
      name_(std::move(name)),
      data_key_(std::move(data_key)),
      sealing_(std::move(sealing)) {}

LongWrite::~LongWrite() {
  if (!taken_ && !written_.file.empty()) files_.remove(written_.file);
}

void LongWrite::run() noexcept {
  try {
    written_ = files_.write_as(name_, *bytes_.source, data_key_, bytes_.checksums);
  } catch (...) {
    failed_ = std::current_exception();
  }
}

Written LongWrite::take() {
  if (failed_) std::rethrow_exception(failed_);
  check_content_md5(bytes_.content_md5, written_.md5);
  taken_ = true;
  return written_;
}

Written Service::write(const aws::Context& context, Sealing& sealing, const std::function<std::string()>& data_key,
                       Incoming bytes) {
  if (const auto found = long_writes_.find(context.request_id); found != long_writes_.end()) {
    const auto done = found->second.lock();
    long_writes_.erase(found);
    // A copy whose source was replaced meanwhile begins anew.
    if (done && done->origin() == bytes.origin) {
      sealing = done->sealing();
      return done->take();
    }
  }
  const std::string key = data_key();
  if (!bytes.large) return files_.write(*bytes.source, key, bytes.checksums);
  std::erase_if(long_writes_, [](const auto& entry) { return entry.second.expired(); });
  const auto work = std::make_shared<LongWrite>(files_, std::move(bytes), random_.hex(32), key, sealing);
  long_writes_[context.request_id] = work;
  throw aws::Later{work};
}

}  // namespace stratus::services::s3
