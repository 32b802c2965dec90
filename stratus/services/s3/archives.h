// Objects in archives: they cannot be read until a copy is restored, and that copy lasts for some days.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
#pragma once

#include <string_view>

#include "stratus/services/s3/resources.h"

namespace stratus::services::s3 {

inline bool archive(std::string_view storage_class) {
  return storage_class == "GLACIER" || storage_class == "DEEP_ARCHIVE";
}

/// Whether a copy is there to be read.
inline bool restored(const Attributes& about, Timestamp now) {
  return about.restore_ready && *about.restore_ready <= now && now < *about.restore_until;
}
/// Whether a copy is on its way.
inline bool restoring(const Attributes& about, Timestamp now) {
  return about.restore_ready && now < *about.restore_ready;
}
inline bool readable_now(const Attributes& about, Timestamp now) {
  return !archive(about.storage_class) || restored(about, now);
}

/// How long a restore takes; nothing where the class does not know the tier.
std::optional<Duration> restore_time(std::string_view storage_class, std::string_view tier);

}  // namespace stratus::services::s3
