#include "stratus/core/result.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace stratus {

std::string Failure::message() const {
  if (error == 0) return what;
  const char* name = strerrorname_np(error);
  return what + ": " + strerrordesc_np(error) + " (" + (name != nullptr ? name : std::to_string(error)) + ")";
}

Failure failure(std::string what) { return Failure{std::move(what), errno}; }
Failure failure(std::string what, int error) { return Failure{std::move(what), error}; }

void fatal(std::string_view message) {
  std::fprintf(stderr, "stratus: fatal: %.*s\n", static_cast<int>(message.size()), message.data());
  std::abort();
}

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "stratus: fatal: assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace stratus
