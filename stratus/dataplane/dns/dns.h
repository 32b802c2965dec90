// DNS answers over UDP and TCP: the resolver of each VPC and the one on the host. What a name means is a Resolver's
// matter; here are packets, sockets and the marked block of /etc/hosts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/asio_loop.h"
#include "stratus/core/fd.h"
#include "stratus/core/result.h"

namespace stratus::dns {

/// Who asks: the machine itself, or something inside a VPC.
struct Scope {
  std::string vpc_id = "host";  ///< "host" or "vpc-…"
  auto operator<=>(const Scope&) const = default;
};

/// The numbers of RFC 1035 and its successors.
enum class Type : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,
  naptr = 35,
  ds = 43,
  sshfp = 44,
  tlsa = 52,
  spf = 99,
  any = 255,
  caa = 257
};
enum class Rcode : std::uint8_t { noerror = 0, formerr = 1, servfail = 2, nxdomain = 3, notimp = 4, refused = 5 };

/// "A" → 1; false where we do not know the name. Upper case, as zone files write it.
bool parse_type(std::string_view text, Type& out);
std::string_view name(Type type);

/// `name` as the zone has it, with or without the final dot; `data` as a zone file writes it ("10 mail.example.com.",
/// "\"v=spf1 -all\"", "203.0.113.7").
struct Record {
  std::string name;
  Type type = Type::a;
  std::uint32_t ttl = 60;
  std::string data;
};

struct Answer {
  Rcode rcode = Rcode::nxdomain;
  std::vector<Record> records;     ///< answer section
  std::vector<Record> authority;   ///< SOA for negative answers, NS for delegations
  std::vector<Record> additional;  ///< addresses of a delegation's name servers
  bool authoritative = true;
  bool ours = true;  ///< false: nobody here knows this name; the server forwards it
};

/// Whether `record` can be put into a packet.
bool encodable(const Record& record);

/// Answers from data in memory, at once. `qname` is lower case, without the final dot ("" is the root); special
/// characters are escaped as zone files do (`\052` is `*`). For a name that exists with other types: noerror without
/// records. A CNAME's target is asked for by the server itself, as often as the chain goes on within our own data.
class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual Answer resolve(const Scope& scope, std::string_view qname, Type qtype) = 0;
};

/// Answers, perhaps later, for names that are not ours. `reply` may be called once, on the loop's thread.
using Forwarder =
    std::function<void(const Scope& scope, const std::string& qname, Type qtype, std::function<void(Answer)> reply)>;

/// Puts questions to another server over UDP and TCP; for a daemon that may reach one (`--uplink`).
Forwarder forward_to(AsioLoop& loop, std::string address, std::uint16_t port = 53, Duration timeout = Duration(3000));

/// On the loop's thread only. Names that are not ours and have no forwarder are REFUSED on the host, so that a stub
/// resolver asks its next server, and NXDOMAIN inside a VPC, where there is no other to ask.
class Server {
 public:
  Server(AsioLoop& loop, Resolver& resolver);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void set_forwarder(Forwarder forwarder);
  /// Serves bound sockets (the TCP one listening or not yet), made by someone else inside the right namespace. May be
  /// called several times for one scope: each pair is served. Either may be empty.
  Result<> listen(UniqueFd udp, UniqueFd tcp, Scope scope);
  /// Closes the scope's sockets and its connections. Unknown: nothing.
  void stop(const Scope& scope);

  struct Counters {
    std::uint64_t queries = 0, malformed = 0, forwarded = 0, refused = 0, truncated = 0;
  };
  Counters counters() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Binds a UDP and a listening TCP socket to an address, in the calling thread's network namespace.
struct Sockets {
  UniqueFd udp, tcp;
};
Result<Sockets> bind_sockets(const std::string& address, std::uint16_t port);

}  // namespace stratus::dns
