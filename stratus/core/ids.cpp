#include "stratus/core/ids.h"

#include <sys/random.h>

#include <array>
#include <utility>

#include "stratus/core/check.h"

namespace stratus {

std::uint64_t SystemRandom::next() {
  // Every call has ids, and a system call for each eight bytes of them costs more than recording the call. 256 bytes
  // are what getrandom gives whole; what is taken does not stay behind, since secrets are made of it.
  thread_local std::array<std::uint64_t, 32> drawn{};
  thread_local std::size_t left = 0;
  if (left == 0) {
    STRATUS_ASSERT(getrandom(drawn.data(), sizeof drawn, 0) == sizeof drawn);
    left = drawn.size();
  }
  return std::exchange(drawn[--left], 0);
}

std::uint64_t Random::below(std::uint64_t bound) {
  STRATUS_ASSERT(bound > 0);
  return next() % bound;
}

std::string Random::from(std::string_view alphabet, std::size_t length) {
  std::string out;
  out.reserve(length);
  for (std::size_t i = 0; i < length; ++i) out += alphabet[below(alphabet.size())];
  return out;
}

std::string Random::hex(std::size_t digits) { return from("0123456789abcdef", digits); }

std::string Random::ec2_id(std::string_view prefix) { return std::string(prefix) + "-0" + hex(16); }

std::string Random::uuid() {
  std::string id = hex(32);
  id[12] = '4';
  id[16] = "89ab"[below(4)];
  id.insert(20, "-").insert(16, "-").insert(12, "-").insert(8, "-");
  return id;
}

}  // namespace stratus
