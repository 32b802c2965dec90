#include "stratus/dataplane/network/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace stratus::network {
namespace {

/// FNV-1a.
std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace

std::string short_hash(std::string_view text) { return fmt::format("{:012x}", stable_hash(text) & 0xFFFFFFFFFFFFULL); }
std::string link_name(std::string_view eni_id) { return "e" + short_hash(eni_id); }
std::string internet_link_name(std::string_view vpc_id) { return "v" + short_hash(vpc_id); }
std::string peering_link_name(std::string_view peering_id) { return "p" + short_hash(peering_id); }

bool is_our_link(std::string_view name) {
  if (name == "igw") return true;
  return name.size() == 13 && (name[0] == 'e' || name[0] == 'p') &&
         name.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

std::uint32_t table_number(std::string_view route_table_id) {
  return 1000U + static_cast<std::uint32_t>(stable_hash(route_table_id) % 1'000'000'000ULL);
}

std::uint32_t subnet_mark(std::string_view subnet_id) {
  return 1U + static_cast<std::uint32_t>(stable_hash(subnet_id) % 4'000'000'000ULL);
}

std::string nft_name(std::string_view prefix, std::string_view id) {
  std::string out = fmt::format("{}{}", prefix, id);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

}  // namespace stratus::network
