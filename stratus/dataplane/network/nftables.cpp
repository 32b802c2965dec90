#include "stratus/dataplane/network/nftables.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>

#include <memory>
#include <sstream>

#include "stratus/core/text.h"
#include "stratus/dataplane/network/namespaces.h"
#include "stratus/dataplane/network/netlink_socket.h"

namespace stratus::network {
namespace {

Result<std::string> run(const std::string& script, unsigned flags) {
  const std::unique_ptr<nft_ctx, void (*)(nft_ctx*)> context(nft_ctx_new(NFT_CTX_DEFAULT), nft_ctx_free);
  if (!context) return failure("open nftables", ENOMEM);
  nft_ctx_buffer_error(context.get());
  nft_ctx_buffer_output(context.get());
  nft_ctx_output_set_flags(context.get(), flags);
  if (nft_run_cmd_from_buffer(context.get(), script.c_str()) != 0)
    return failure("nftables: " + std::string(text::trim(nft_ctx_get_error_buffer(context.get()))).substr(0, 600), 0);
  return std::string(nft_ctx_get_output_buffer(context.get()));
}

/// The same ruleset as the kernel would show it: written into a namespace that nobody else sees.
Result<std::map<std::string, std::string>> as_listed(const Ruleset& ruleset) {
  std::map<std::string, std::string> out;
  const auto done = in_scratch_netns([&]() -> Result<> {
    if (auto written = run_nftables(replacement(ruleset)); !written) return written;
    out = list_table(ruleset.table);
    return {};
  });
  if (!done) return done.error();
  return out;
}

}  // namespace

Result<> run_nftables(const std::string& script) {
  const auto done = run(script, 0);
  if (!done) return done.error();
  return {};
}

Result<std::uint32_t> nft_generation() {
  auto socket = NetlinkSocket::open(NETLINK_NETFILTER);
  if (!socket) return socket.error();
  Message request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, NLM_F_ACK);
  request.extra<nfgenmsg>();
  std::uint32_t generation = 0;
  const auto done = socket->dump(request, "read nftables' generation", [&](const nlmsghdr* header) {
    const auto attributes = attributes_of(header, sizeof(nfgenmsg));
    if (const auto id = attributes.find(NFTA_GEN_ID); id != attributes.end())
      generation = ntohl(mnl_attr_get_u32(id->second));
  });
  if (!done) return done.error();
  return generation;
}

std::map<std::string, std::string> list_table(const std::string& table) {
  std::map<std::string, std::string> out;
  const auto listing = run("list table " + table + "\n", NFT_CTX_OUTPUT_STATELESS);
  if (!listing) return out;
  std::string* block = nullptr;
  for (const auto& line : text::split(*listing, '\n')) {
    // Objects begin at one tab; what they hold stands at two.
    if (line.size() > 1 && line[0] == '\t' && line[1] != '\t' && line[1] != '}') {
      block = &out[std::string(text::trim(line.substr(0, line.find('{'))))];
    } else if (block != nullptr && line.starts_with("\t\t")) {
      *block += line + "\n";
    }
  }
  return out;
}

Result<std::map<std::string, Counted>> read_counters(const std::string& table) {
  const auto listing = run("list counters table " + table + "\n", 0);
  if (!listing) return listing.error();
  std::map<std::string, Counted> out;
  std::string name;
  for (const auto& line : text::split(*listing, '\n')) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "counter") {
      words >> name;
    } else if (word == "packets") {
      Counted& counted = out[name];
      words >> counted.packets >> word >> counted.bytes;
    }
  }
  return out;
}

Result<WrittenTable> write_table(const Ruleset& desired, const std::optional<WrittenTable>& last) {
  const auto before = nft_generation();
  if (!before) return before.error();
  const auto write = [&](const std::string& script) -> Result<WrittenTable> {
    if (auto written = run_nftables(script); !written) return written.error();
    const auto after = nft_generation();
    if (!after) return after.error();
    // Somebody else's transaction between the two readings: look closely next time.
    return WrittenTable{desired, *after == *before + 1 ? std::optional(*after) : std::nullopt};
  };
  if (last && last->generation == *before) {
    const std::string script = update(last->ruleset, desired);
    if (script.empty()) return *last;
    if (auto written = write(script)) return written;
    return write(replacement(desired));
  }
  const auto present = list_table(desired.table);
  if (!present.empty()) {
    const auto wanted = as_listed(desired);
    if (!wanted) return wanted.error();
    if (present == *wanted) return WrittenTable{desired, *before};
  }
  return write(replacement(desired));
}

}  // namespace stratus::network
