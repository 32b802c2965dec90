// What the rules of a bucket's lifecycle demand of one key's versions: pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stratus/services/s3/resources.h"

namespace stratus::services::s3 {

struct LifecycleAction {
  enum class Kind {
    expire,      ///< the current version: removed, or hidden by a delete marker where the bucket is versioned
    erase,       ///< one version for good
    transition,  ///< to `storage_class`
  };
  Kind kind;
  std::size_t index;  ///< into the versions that were given
  std::string storage_class;

  bool operator==(const LifecycleAction&) const = default;
};

/// `versions` are all of one key, newest first.
std::vector<LifecycleAction> plan_lifecycle(const std::vector<api::LifecycleRule>& rules,
                                            const std::vector<Version>& versions, Timestamp now);
/// When `rules` end the current version, and by which rule; nothing where none does.
std::optional<std::pair<Timestamp, std::string>> expiration(const std::vector<api::LifecycleRule>& rules,
                                                            const Version& version);
/// Whether an upload that was begun then is to be given up.
bool abandons(const std::vector<api::LifecycleRule>& rules, const Upload& upload, Timestamp now);
/// Throws MalformedXML, InvalidArgument, or NotImplemented for what is not done here.
void check_lifecycle(const std::vector<api::LifecycleRule>& rules);

}  // namespace stratus::services::s3
