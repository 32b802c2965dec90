// This machine's mail transport: each address has a Maildir that any mail reader opens.
// https://cr.yp.to/proto/maildir.html
#pragma once

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/services/sns/ports.h"

namespace stratus::services::sns {

class Maildir final : public Mail {
 public:
  /// Mail for an address lies in `root`/<address>/new.
  Maildir(Loop& loop, Random& random, std::string root);
  void deliver(const std::string& address, std::string message, std::function<void(Result<>)> done) override;

 private:
  Loop& loop_;
  Random& random_;
  const std::string root_;
};

/// The folder's name: the address in lower case, without anything that means something in a path.
std::string mailbox_name(const std::string& address);

}  // namespace stratus::services::sns
