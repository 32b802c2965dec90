#include "stratus/state/master_key.h"

#include "stratus/core/check.h"
#include "stratus/core/crypto.h"
#include "stratus/core/process.h"

namespace stratus::state {

std::string master_key(const std::string& directory) {
  if (directory.empty()) return crypto::random_bytes(32);
  const std::string path = directory + "/master.key";
  const auto existing = read_file(path);
  if (existing && existing->size() == 32) return *existing;
  // A key that exists but cannot be read must not be replaced: what it sealed would be lost.
  if (existing || existing.error().error != ENOENT) fatal(path + " is not a master key of 32 bytes that can be read");
  const std::string fresh = crypto::random_bytes(32);
  const auto written = write_file(path, fresh, 0600);
  if (!written) fatal(written.error().message());
  return fresh;
}

}  // namespace stratus::state
