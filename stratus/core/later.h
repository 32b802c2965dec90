// What an operation throws that has come to work which is too long for the loop.
#pragma once

#include <memory>

namespace stratus::aws {

/// Work for the pool. It touches nothing that the loop owns; what it made goes with it, unless the operation took it.
class LongWork {
 public:
  virtual ~LongWork() = default;
  /// Must not throw: what went wrong is told when the operation comes for the outcome.
  virtual void run() noexcept = 0;
};

/// The call is undone, `work` runs on the pool, and the operation is called once more, from its first check on: the
/// world may have changed meanwhile. It finds the work's outcome by the request's id.
struct Later {
  std::shared_ptr<LongWork> work;
};

}  // namespace stratus::aws
