// Backups of the daemon's own state: on request (`stratus backup FILE`) and, where asked for, at an interval into a
// directory.
#pragma once

#include <functional>
#include <string>

#include "stratus/core/loop.h"
#include "stratus/state/backup.h"
#include "stratus/wire/server.h"

namespace stratus::daemon {

struct BackupSettings {
  std::string directory;  ///< where regular backups go; "" for none
  Duration interval{60'000};
  std::size_t keep = 10;  ///< of the regular ones; older ones are removed
  std::string version;
};

class Backups final : private Reconciler {
 public:
  Backups(Loop& loop, state::Store& store, BackupSettings settings);
  void start();
  /// `POST /_stratus/backup?file=<absolute path, percent-encoded>`: answers once the file is durable.
  void serve(const wire::HttpRequest& request, const std::function<void(wire::HttpReply)>& reply);
  /// For the health page: a JSON object of the last one written.
  std::string last() const;

 private:
  void reconcile() override;
  void back_up(const std::string& file, std::function<void(Result<state::BackupInfo>)> done);
  void thin_out() const;

  Loop& loop_;
  state::Store& store_;
  const BackupSettings settings_;
  bool running_ = false;  ///< one at a time: two would only slow each other
  std::string last_;
};

}  // namespace stratus::daemon
