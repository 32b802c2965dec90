// Where trails are delivered; S3 fulfils it.
#pragma once

#include <map>
#include <string>

namespace stratus::services::cloudtrail {

class Buckets {
 public:
  virtual ~Buckets() = default;
  virtual bool exists(const std::string& bucket) = 0;
  /// Whether the bucket's policy lets CloudTrail read the bucket's ACL and write below `key` for `account`'s trail.
  virtual bool lets_trail_write(const std::string& account, const std::string& bucket, const std::string& key,
                                const std::string& trail_arn) = 0;
  /// Throws aws::Error.
  virtual void put(const std::string& account, const std::string& region, const std::string& bucket,
                   const std::string& key, std::string bytes, const std::string& trail_arn,
                   const std::map<std::string, std::string>& metadata) = 0;
};

}  // namespace stratus::services::cloudtrail
