// A namespace's nftables table, kept equal to a ruleset. Everything here acts on the namespace of the calling thread.
#pragma once

#include <optional>

#include "stratus/dataplane/network/ruleset.h"

namespace stratus::network {

/// What we wrote, and the kernel's generation number behind it: while that stands, nobody has touched the tables since.
struct WrittenTable {
  Ruleset ruleset;
  std::optional<std::uint32_t> generation;
};

/// Runs a script as one transaction.
Result<> run_nftables(const std::string& script);
/// Grows by one with every transaction on this namespace's tables.
Result<std::uint32_t> nft_generation();
/// The objects of a table in the kernel's own words, without counts: "chain input" → its text. Empty where there is
/// none.
std::map<std::string, std::string> list_table(const std::string& table);

struct Counted {
  std::uint64_t packets = 0, bytes = 0;
};
/// The named counters of a table.
Result<std::map<std::string, Counted>> read_counters(const std::string& table);

/// Makes the kernel's table equal to `desired`. Where `last` still stands, only the difference is written; else what is
/// there is read back, and replaced where it differs.
Result<WrittenTable> write_table(const Ruleset& desired, const std::optional<WrittenTable>& last);

}  // namespace stratus::network
