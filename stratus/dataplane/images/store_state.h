// Where the store keeps what; shared by its source files.
//
//   blobs/sha256/<hex>     content
//   manifests/<hex>        media type, newline, body
//   uploads/<id>           being received
//   layers/<hex>           an unpacked layer, by its diff id
//   scratch/               half-made things; emptied at start
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "stratus/core/fd.h"
#include "stratus/dataplane/images/image_store.h"

namespace stratus::images {

struct ImageStore::State {
  std::string directory;
  Limits limits;
  std::mutex mutex;
  std::condition_variable unpacked;
  std::set<std::string> unpacking;  ///< diff ids; guarded by mutex
  std::mutex collecting;            ///< held by a collection, and by whoever moves content into place

  std::string blob(const std::string& digest) const { return directory + "/blobs/sha256/" + digest.substr(7); }
  std::string manifest(const std::string& digest) const { return directory + "/manifests/" + digest.substr(7); }
  std::string layer(const std::string& diff_id) const { return directory + "/layers/" + diff_id.substr(7); }
  std::string upload(const std::string& id) const { return directory + "/uploads/" + id; }
};

/// Makes a rename or a link in `directory` durable.
inline Result<> sync_directory(const std::string& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return failure("fsync " + directory);
  return {};
}

/// 32 random hexadecimal digits.
std::string random_name();

}  // namespace stratus::images
