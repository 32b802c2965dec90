#include "stratus/wire/gzip.h"

#include <gtest/gtest.h>

namespace stratus::wire {
namespace {

// `printf hello | gzip -n`
constexpr std::string_view kHello(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);

TEST(Gzip, gives_back_what_was_packed) { EXPECT_EQ(gunzip(kHello, 5), "hello"); }

TEST(Gzip, refuses_what_is_larger_than_allowed) { EXPECT_EQ(gunzip(kHello, 4), std::nullopt); }

TEST(Gzip, refuses_every_damaged_byte_that_matters) {
  for (std::size_t i = 0; i < kHello.size(); ++i) {
    if (i >= 4 && i <= 9) continue;  // time, level and system say nothing about the content
    if (i == 16) continue;           // the stream ends within this byte; the bit that is changed is padding
    std::string bad(kHello);
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    EXPECT_EQ(gunzip(bad, 1000), std::nullopt) << i;
  }
}

TEST(Gzip, refuses_what_is_cut_short) {
  for (std::size_t size = 0; size < kHello.size(); ++size)
    EXPECT_EQ(gunzip(kHello.substr(0, size), 1000), std::nullopt) << size;
}

}  // namespace
}  // namespace stratus::wire
