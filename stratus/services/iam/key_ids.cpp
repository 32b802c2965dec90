#include "stratus/services/iam/key_ids.h"

#include <fmt/format.h>

#include <cstdint>

namespace stratus::services::iam {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kLetters = 16;                           // after the kind: 80 bits
constexpr std::size_t kHead = 10;                              // letters that hold the first 50 bits
constexpr std::uint64_t kAccountMask = 0x7fffffffff80ULL;      // of the first 48 bits
constexpr std::uint64_t kMostAccounts = 1'000'000'000'000ULL;  // twelve digits

}  // namespace

std::string new_access_key_id(const std::string& kind, const std::string& account, Random& random) {
  const std::uint64_t first =
      (random.next() & 0xffffffffffffULL & ~kAccountMask) | std::stoull(account) << 7U | (1ULL << 47U);
  const std::uint64_t head = first << 2U | random.below(4);  // 50 bits
  std::string out = kind;
  for (std::size_t i = 0; i < kHead; ++i) out += kBase32[head >> (5 * (kHead - 1 - i)) & 31U];
  return out + random.from(kBase32, kLetters - kHead);
}

std::optional<std::string> account_of_access_key_id(const std::string& id) {
  if (id.size() != 4 + kLetters || (!id.starts_with("AKIA") && !id.starts_with("ASIA"))) return std::nullopt;
  std::uint64_t head = 0;
  for (std::size_t i = 4; i < id.size(); ++i) {
    const auto at = kBase32.find(id[i]);
    if (at == std::string_view::npos) return std::nullopt;
    if (i < 4 + kHead) head = head << 5U | at;
  }
  const std::uint64_t account = (head >> 2U & kAccountMask) >> 7U;
  if (account >= kMostAccounts) return std::nullopt;
  return fmt::format("{:012}", account);
}

}  // namespace stratus::services::iam
