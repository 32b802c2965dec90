// Scripts for nftables out of rulesets.
#include <fmt/format.h>

#include <algorithm>

#include "stratus/dataplane/network/ruleset.h"

namespace stratus::network {
namespace {

const char* kind(const NftSet& set) { return set.map ? "map" : "set"; }

void put_elements(std::string& out, const char* verb, const std::string& table, const std::string& name,
                  const std::vector<std::string>& elements) {
  if (!elements.empty())
    out += fmt::format("{} element {} {} {{ {} }}\n", verb, table, name, fmt::join(elements, ", "));
}

std::vector<std::string> difference(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

void put_rules(std::string& out, const std::string& table, const std::string& name, const NftChain& chain) {
  for (const auto& rule : chain.rules) out += fmt::format("add rule {} {} {}\n", table, name, rule);
}

/// The kernel cannot change a set's type or a base chain's hook.
bool same_frame(const Ruleset& from, const Ruleset& to) {
  if (from.table != to.table || from.counters != to.counters) return false;
  for (const auto& [name, set] : to.sets)
    if (const auto old = from.sets.find(name); old != from.sets.end())
      if (old->second.type != set.type || old->second.map != set.map) return false;
  for (const auto& [name, chain] : to.chains)
    if (const auto old = from.chains.find(name); old != from.chains.end())
      if (old->second.hook != chain.hook) return false;
  return true;
}

/// Nothing is named before it is declared, and nothing is deleted while something names it.
std::string difference(const Ruleset& from, const Ruleset& to) {
  static const NftSet kNoSet;
  const std::string& table = to.table;
  std::string out;
  for (const auto& counter : to.counters)
    if (from.counters.count(counter) == 0) out += fmt::format("add counter {} {}\n", table, counter);
  for (const auto& [name, set] : to.sets)
    if (from.sets.count(name) == 0)
      out += fmt::format("add {} {} {} {{ type {}; }}\n", kind(set), table, name, set.type);
  for (const auto& [name, chain] : to.chains)
    if (from.chains.count(name) == 0)
      out += fmt::format("add chain {} {}{}\n", table, name, chain.hook.empty() ? "" : " { " + chain.hook + " }");
  for (const auto& [name, set] : from.sets) {
    const auto wanted = to.sets.find(name);
    put_elements(out, "delete", table, name,
                 difference(set.elements, wanted == to.sets.end() ? kNoSet.elements : wanted->second.elements));
  }
  for (const auto& [name, chain] : from.chains) {
    const auto wanted = to.chains.find(name);
    if (wanted == to.chains.end() || wanted->second.rules != chain.rules)
      out += fmt::format("flush chain {} {}\n", table, name);
  }
  for (const auto& [name, chain] : to.chains) {
    const auto old = from.chains.find(name);
    if (old == from.chains.end() || old->second.rules != chain.rules) put_rules(out, table, name, chain);
  }
  for (const auto& [name, set] : to.sets) {
    const auto old = from.sets.find(name);
    put_elements(out, "add", table, name,
                 difference(set.elements, old == from.sets.end() ? kNoSet.elements : old->second.elements));
  }
  for (const auto& [name, chain] : from.chains)
    if (to.chains.count(name) == 0) out += fmt::format("delete chain {} {}\n", table, name);
  for (const auto& [name, set] : from.sets)
    if (to.sets.count(name) == 0) out += fmt::format("delete {} {} {}\n", kind(set), table, name);
  return out;
}

}  // namespace

std::string replacement(const Ruleset& ruleset) {
  const Ruleset nothing{ruleset.table, {}, {}, {}};
  return fmt::format("add table {0}\ndelete table {0}\nadd table {0}\n", ruleset.table) + difference(nothing, ruleset);
}

std::string update(const Ruleset& from, const Ruleset& to) {
  return same_frame(from, to) ? difference(from, to) : replacement(to);
}

}  // namespace stratus::network
