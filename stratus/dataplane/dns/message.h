// DNS messages: from the bytes of a query to the bytes of its answer. No sockets here.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stratus/dataplane/dns/dns.h"

namespace stratus::dns {

/// What a client asked, as far as it could be read.
struct Query {
  std::uint16_t id = 0;
  std::string qname;  ///< lower case, without the final dot, escaped as in zone files
  std::vector<std::uint8_t>
      question;  ///< the question section as it came: answers repeat it in the client's own spelling
  std::uint16_t qtype = 0;
  bool recursion_desired = false;
  bool edns = false;
  std::uint8_t edns_version = 0;
  std::size_t payload = 512;     ///< what the client takes over UDP
  std::optional<Rcode> refusal;  ///< set where the query is answered without asking anybody
};

/// Nothing where the bytes deserve no answer: too short, or an answer themselves.
std::optional<Query> parse_query(std::span<const std::uint8_t> bytes);

/// The answer's bytes. Over UDP (`limit` > 0) what does not fit is left out and TC set. A record whose data cannot be
/// written makes the answer SERVFAIL.
std::vector<std::uint8_t> encode_answer(const Query& query, const Answer& answer, bool recursion_available,
                                        std::size_t limit);

/// A query for `qname`, and the answer to it read back: for forwarding. Nothing where the bytes are no answer to `id`.
std::vector<std::uint8_t> encode_query(std::uint16_t id, const std::string& qname, Type qtype);
struct Response {
  Answer answer;
  bool truncated = false;
};
std::optional<Response> parse_response(std::span<const std::uint8_t> bytes, std::uint16_t id, const std::string& qname);

/// Asks `resolver` and follows CNAMEs within its data, at most 16 of them.
struct Chain {
  Answer answer;
  std::string onward;  ///< where the chain leaves our data: the name to ask others for; empty where it does not
};
Chain resolve_chain(Resolver& resolver, const Scope& scope, const std::string& qname, Type qtype);

}  // namespace stratus::dns
