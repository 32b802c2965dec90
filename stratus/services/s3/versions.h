// The SQL tables behind objects and uploads. Everything here joins the savepoint of the running call.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stratus/services/s3/files.h"
#include "stratus/services/s3/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::s3 {

class Versions {
 public:
  Versions(state::Store& store, const Files& files);

  std::optional<Version> latest(std::int64_t bucket, const std::string& key) const;
  std::optional<Version> find(std::int64_t bucket, const std::string& key, const std::string& version) const;
  /// The newest version; takes the place of an older "null" version where it is one itself.
  void put(Version version);
  /// Writes what may change of a version: its attributes.
  void update(const Version& version);
  /// Removes one version with its files; the one before it becomes the latest.
  void erase(const Version& version, bool keep_files = false);

  /// The current objects whose keys are not below `from` (or, where `after`, are above it), in order, until `visit`
  /// says false. Delete markers are left out.
  void each_current(std::int64_t bucket, const std::string& from, bool after,
                    const std::function<bool(const Version&)>& visit) const;
  /// All versions in the order of ListObjectVersions: by key, newest first, from (key, id below `before`) on.
  void each_version(std::int64_t bucket, const std::string& from, std::optional<std::int64_t> before,
                    const std::function<bool(const Version&)>& visit) const;
  bool empty(std::int64_t bucket) const;

  void put_upload(const Upload& upload);
  std::optional<Upload> find_upload(std::int64_t bucket, const std::string& key, const std::string& id) const;
  /// Removes an upload and the rows of its parts; the parts' files too, but for those that an object took over.
  void erase_upload(const Upload& upload, const std::vector<std::string>& kept);
  std::vector<Upload> uploads(std::int64_t bucket) const;
  void put_part(const Upload& upload, const Part& part);
  std::vector<Part> parts(const Upload& upload) const;

  void add_bucket(std::int64_t serial);
  /// Forgets everything of a bucket.
  void erase_bucket(std::int64_t serial);
  std::vector<std::int64_t> buckets() const;
  /// Removes files without a row.
  std::size_t sweep() const;

 private:
  void add_file(const std::string& name);
  void drop_file(const std::string& name);
  Version row(state::Query& query) const;

  state::Store& store_;
  const Files& files_;
};

}  // namespace stratus::services::s3
