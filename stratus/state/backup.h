// A consistent copy of a state directory while the daemon runs, and the way back.
//
// A backup is one file: a zstd-compressed tar of `stratus-backup.json` (what it is), the state directory's content, and
// last `checksums.json` (SHA-256 of every file, so that a damaged or cut backup is known before anything is touched).
// It holds the master key: whoever can read it can read every secret, so it is written with mode 0600.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/result.h"
#include "stratus/state/store.h"

namespace stratus::state {

struct BackupInfo {
  int format = 0;                      ///< of the file; this program reads `kBackupFormat`
  int schema = 0;                      ///< of the database (Store)
  std::string version;                 ///< of the daemon that wrote it
  Timestamp created;                   ///< what was acknowledged before this instant is in it
  std::uint64_t files = 0, bytes = 0;  ///< of the content
};

inline constexpr int kBackupFormat = 1;

/// What the directory held at one instant. Taking it is quick and belongs to the loop's thread; writing it blocks and
/// belongs to the pool. Files are hard links: every room replaces files by renaming and never changes one that stands
/// under its final name.
class Snapshot {
 public:
  /// Commits, pins the database and links the files. `leave_out` names paths below the directory that are not state
  /// (what is being written, what can be made again).
  static Result<std::unique_ptr<Snapshot>> take(Store& store, const std::vector<std::string>& leave_out, Timestamp now);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// Writes beside `file`, fsyncs, renames. The target's directory must exist.
  Result<BackupInfo> write(const std::string& file, const std::string& version);

 private:
  Snapshot(std::string directory, Timestamp created) : directory_(std::move(directory)), created_(created) {}
  std::string directory_;  ///< the links, below the state directory
  Timestamp created_;
  std::unique_ptr<Database> pinned_;
};

/// Reads the whole file and checks every digest. Failures: EBADMSG damaged or no backup at all, EPROTONOSUPPORT of a
/// newer version; anything else is the disk's.
Result<BackupInfo> verify_backup(const std::string& file);

/// Verifies, unpacks beside `directory`, and only then puts it in the directory's place. What was there is kept as
/// `directory`.before-restore (an older one of that name goes). No daemon may use the directory.
Result<BackupInfo> restore_backup(const std::string& file, const std::string& directory);

}  // namespace stratus::state
