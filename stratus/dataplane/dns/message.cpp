#include "stratus/dataplane/dns/message.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>

#include "stratus/core/deleter.h"
#include "stratus/core/text.h"

namespace stratus::dns {
namespace {

using Packet = std::unique_ptr<ldns_pkt, Deleter<ldns_pkt_free>>;
using Rr = std::unique_ptr<ldns_rr, Deleter<ldns_rr_free>>;
using Rdf = std::unique_ptr<ldns_rdf, Deleter<ldns_rdf_deep_free>>;
using Text = std::unique_ptr<char, Deleter<std::free>>;

constexpr std::size_t header_size = 12;
constexpr std::size_t our_payload = 1232;  ///< dnsflagday.net/2020: fits into every path's MTU

std::uint16_t word(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

/// "Example.COM." → "example.com"; "." → "".
std::string plain_name(const ldns_rdf* name) {
  const Text text(ldns_rdf2str(name));
  if (!text) return "";
  auto out = text::lower(text.get());
  if (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

std::string with_dot(std::string_view name) {
  return name.ends_with('.') ? std::string(name) : std::string(name) + ".";
}

/// Where the first question ends; 0 where it does not. Names in questions are not compressed.
std::size_t question_end(std::span<const std::uint8_t> bytes) {
  std::size_t at = header_size;
  while (at < bytes.size() && bytes[at] != 0) {
    if (bytes[at] > 63) return 0;
    at += 1U + bytes[at];
  }
  return at + 5 <= bytes.size() && at - header_size < 255 ? at + 5 : 0;
}

Rr to_rr(const Record& record) {
  Rr out(ldns_rr_new());
  if (!out) return nullptr;
  // ldns's own parser of zone file lines would take ours apart at blanks and comments; build the record from its parts.
  const auto line = with_dot(record.name) + " " + std::to_string(record.ttl) + " IN " + std::string(name(record.type)) +
                    " " + record.data;
  if (line.find_first_of("\n\r") != std::string::npos || line.find('\0') != std::string::npos) return nullptr;
  ldns_rr* parsed = nullptr;
  const Rdf root(ldns_dname_new_frm_str("."));
  if (ldns_rr_new_frm_str(&parsed, line.c_str(), record.ttl, root.get(), nullptr) != LDNS_STATUS_OK) return nullptr;
  return Rr(parsed);
}

Record from_rr(const ldns_rr* rr) {
  Record out;
  out.name = plain_name(ldns_rr_owner(rr));
  out.type = static_cast<Type>(ldns_rr_get_type(rr));
  out.ttl = ldns_rr_ttl(rr);
  for (std::size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    const Text field(ldns_rdf2str(ldns_rr_rdf(rr, i)));
    if (!out.data.empty()) out.data += ' ';
    if (field) out.data += field.get();
  }
  return out;
}

/// Header, question and records as wire bytes; the question is the client's own.
class Encoder {
 public:
  Encoder(const Query& query, Rcode rcode, bool authoritative, bool recursion_available) {
    const auto flags =
        static_cast<std::uint16_t>(0x8000U | (authoritative ? 0x0400U : 0U) | (query.recursion_desired ? 0x0100U : 0U) |
                                   (recursion_available ? 0x0080U : 0U) | static_cast<unsigned>(rcode));
    put(query.id);
    put(flags);
    put(static_cast<std::uint16_t>(query.question.empty() ? 0 : 1));
    for (int i = 0; i < 3; ++i) put(0);
    bytes_.insert(bytes_.end(), query.question.begin(), query.question.end());
  }
  void put(std::uint16_t value) {
    bytes_.push_back(static_cast<std::uint8_t>(value >> 8U));
    bytes_.push_back(static_cast<std::uint8_t>(value));
  }
  void set(std::size_t at, std::uint16_t value) {
    bytes_[at] = static_cast<std::uint8_t>(value >> 8U);
    bytes_[at + 1] = static_cast<std::uint8_t>(value);
  }
  /// A pointer to the question stands for its name, which most records have.
  bool add(const Record& record, const std::string& qname) {
    const auto rr = to_rr(record);
    if (!rr) return false;
    std::uint8_t* wire = nullptr;
    std::size_t size = 0;
    if (ldns_rr2wire(&wire, rr.get(), LDNS_SECTION_ANSWER, &size) != LDNS_STATUS_OK) return false;
    const std::unique_ptr<std::uint8_t, Deleter<std::free>> owned(wire);
    std::size_t skip = 0;
    if (plain_name(ldns_rr_owner(rr.get())) == qname) {
      put(static_cast<std::uint16_t>(0xc000U | header_size));
      skip = ldns_rdf_size(ldns_rr_owner(rr.get()));
    }
    bytes_.insert(bytes_.end(), wire + skip, wire + size);
    return true;
  }
  void add_edns(unsigned extended_rcode) {
    bytes_.push_back(0);
    put(41);
    put(our_payload);
    bytes_.push_back(static_cast<std::uint8_t>(extended_rcode));
    bytes_.push_back(0);
    put(0);
    put(0);
  }
  std::size_t size() const { return bytes_.size(); }
  void resize(std::size_t size) { bytes_.resize(size); }
  void truncated() { bytes_[2] |= 0x02U; }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

constexpr std::size_t edns_size = 11;

}  // namespace

bool encodable(const Record& record) {
  const auto rr = to_rr(record);
  if (!rr) return false;
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (ldns_rr2wire(&wire, rr.get(), LDNS_SECTION_ANSWER, &size) != LDNS_STATUS_OK) return false;
  const std::unique_ptr<std::uint8_t, Deleter<std::free>> owned(wire);
  return true;
}

std::optional<Query> parse_query(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < header_size) return std::nullopt;
  const auto flags = word(bytes, 2);
  if ((flags & 0x8000U) != 0) return std::nullopt;  // an answer: answering it could go back and forth for ever
  Query out;
  out.id = word(bytes, 0);
  out.recursion_desired = (flags & 0x0100U) != 0;
  if ((flags & 0x7800U) != 0) {
    out.refusal = Rcode::notimp;
    return out;
  }
  ldns_pkt* parsed = nullptr;
  const auto status = ldns_wire2pkt(&parsed, bytes.data(), bytes.size());
  const Packet packet(parsed);
  const auto end = question_end(bytes);
  if (status != LDNS_STATUS_OK || !packet || word(bytes, 4) != 1 || end == 0 ||
      ldns_rr_list_rr_count(ldns_pkt_question(packet.get())) != 1) {
    out.refusal = Rcode::formerr;
    return out;
  }
  const auto* question = ldns_rr_list_rr(ldns_pkt_question(packet.get()), 0);
  out.question.assign(bytes.begin() + header_size, bytes.begin() + static_cast<std::ptrdiff_t>(end));
  out.qname = plain_name(ldns_rr_owner(question));
  out.qtype = word(bytes, end - 4);
  if (word(bytes, end - 2) != 1) out.refusal = Rcode::refused;  // not class IN
  if (ldns_pkt_edns(packet.get())) {
    out.edns = true;
    out.edns_version = ldns_pkt_edns_version(packet.get());
    out.payload = std::clamp<std::size_t>(ldns_pkt_edns_udp_size(packet.get()), 512, 4096);
  }
  // Zone transfers and what RFC 6895 reserves for queries about queries.
  if (!out.refusal && (out.qtype == 251 || out.qtype == 252 || out.qtype == 41 || out.qtype == 250 || out.qtype == 249))
    out.refusal = Rcode::refused;
  return out;
}

std::vector<std::uint8_t> encode_answer(const Query& query, const Answer& answer, bool recursion_available,
                                        std::size_t limit) {
  const bool bad_version =
      query.edns && query.edns_version != 0;  // BADVERS is 16: 1 in the OPT record, 0 in the header
  const auto rcode = bad_version ? Rcode::noerror : answer.rcode;
  Encoder out(query, rcode, answer.authoritative && !query.refusal, recursion_available);
  const auto room = limit == 0 ? 65535U : std::min(limit, query.payload);
  const auto reserved = query.edns ? edns_size : 0U;
  std::uint16_t answers = 0, authorities = 0, additionals = 0;
  bool cut = false;
  if (!bad_version) {
    const auto fill = [&](const std::vector<Record>& records, std::uint16_t& count) {
      for (const auto& record : records) {
        const auto before = out.size();
        if (!out.add(record, query.qname)) return false;
        if (out.size() + reserved > room) {
          out.resize(before);
          cut = true;
          return true;
        }
        ++count;
      }
      return true;
    };
    if (!fill(answer.records, answers) || (!cut && !fill(answer.authority, authorities)) ||
        (!cut && !fill(answer.additional, additionals))) {
      Answer broken;
      broken.rcode = Rcode::servfail;
      return encode_answer(query, broken, recursion_available, limit);
    }
  }
  out.set(6, answers);
  out.set(8, authorities);
  out.set(10, static_cast<std::uint16_t>(additionals + (query.edns ? 1 : 0)));
  if (query.edns) {
    out.add_edns(bad_version ? 1 : 0);
  }
  if (cut) out.truncated();
  return out.take();
}

std::vector<std::uint8_t> encode_query(std::uint16_t id, const std::string& qname, Type qtype) {
  const Rdf name(ldns_dname_new_frm_str(with_dot(qname).c_str()));
  if (!name) return {};
  Packet packet(
      ldns_pkt_query_new(ldns_rdf_clone(name.get()), static_cast<ldns_rr_type>(qtype), LDNS_RR_CLASS_IN, LDNS_RD));
  if (!packet) return {};
  ldns_pkt_set_id(packet.get(), id);
  ldns_pkt_set_edns_udp_size(packet.get(), our_payload);
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&wire, packet.get(), &size) != LDNS_STATUS_OK) return {};
  const std::unique_ptr<std::uint8_t, Deleter<std::free>> owned(wire);
  return {wire, wire + size};
}

std::optional<Response> parse_response(std::span<const std::uint8_t> bytes, std::uint16_t id,
                                       const std::string& qname) {
  if (bytes.size() < header_size || word(bytes, 0) != id || (word(bytes, 2) & 0x8000U) == 0) return std::nullopt;
  ldns_pkt* parsed = nullptr;
  const auto status = ldns_wire2pkt(&parsed, bytes.data(), bytes.size());
  const Packet packet(parsed);
  if (status != LDNS_STATUS_OK || !packet) return std::nullopt;
  const auto* questions = ldns_pkt_question(packet.get());
  if (ldns_rr_list_rr_count(questions) != 1 || plain_name(ldns_rr_owner(ldns_rr_list_rr(questions, 0))) != qname)
    return std::nullopt;
  Response out;
  out.truncated = ldns_pkt_tc(packet.get());
  const auto rcode = static_cast<unsigned>(ldns_pkt_get_rcode(packet.get()));
  out.answer.rcode = rcode <= 5 ? static_cast<Rcode>(rcode) : Rcode::servfail;
  out.answer.authoritative = false;
  const auto copy = [](const ldns_rr_list* list, std::vector<Record>& records) {
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
      auto record = from_rr(ldns_rr_list_rr(list, i));
      if (!name(record.type).empty())
        records.push_back(std::move(record));  // signatures and the like are not passed on
    }
  };
  copy(ldns_pkt_answer(packet.get()), out.answer.records);
  copy(ldns_pkt_authority(packet.get()), out.answer.authority);
  return out;
}

Chain resolve_chain(Resolver& resolver, const Scope& scope, const std::string& qname, Type qtype) {
  Chain out{resolver.resolve(scope, qname, qtype), ""};
  if (!out.answer.ours || qtype == Type::cname || qtype == Type::any) return out;
  std::set<std::string> seen{qname};
  for (int links = 0; links < 16; ++links) {
    if (out.answer.rcode != Rcode::noerror || out.answer.records.empty() ||
        out.answer.records.back().type != Type::cname)
      return out;
    auto next = text::lower(out.answer.records.back().data);
    if (next.ends_with('.')) next.pop_back();
    if (!seen.insert(next).second) break;  // a loop
    auto further = resolver.resolve(scope, next, qtype);
    if (!further.ours) {
      out.onward = next;
      return out;
    }
    for (auto& record : further.records) out.answer.records.push_back(std::move(record));
    out.answer.authority = std::move(further.authority);
    out.answer.additional = std::move(further.additional);
    out.answer.rcode = further.rcode;
    if (further.records.empty()) return out;
  }
  out.answer = {};
  out.answer.rcode = Rcode::servfail;
  return out;
}

}  // namespace stratus::dns
