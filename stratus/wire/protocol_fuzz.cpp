// libFuzzer's entry, built with STRATUS_FUZZ: the first byte of the input chooses the protocol.
#ifdef STRATUS_FUZZ
#include "stratus/wire/protocol_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stratus::wire::vectors;
  if (size == 0) return 0;
  fuzz_one(kProtocols[data[0] % std::size(kProtocols)], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
#endif
