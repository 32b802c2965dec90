// Assertions that stay in release builds: a broken invariant stops the process with a clear line; state on disk is
// safe.
#pragma once

#include <string_view>

namespace stratus {

/// Writes `message` to standard error and aborts.
[[noreturn]] void fatal(std::string_view message);
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace stratus

#define STRATUS_ASSERT(expression) \
  (static_cast<bool>(expression) ? static_cast<void>(0) : ::stratus::assertion_failed(#expression, __FILE__, __LINE__))
