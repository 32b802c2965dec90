// The sockets: datagrams and TCP connections on the event loop, answers at once or when a forwarder has them.
#include <fcntl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <list>

#include "stratus/dataplane/dns/dns.h"
#include "stratus/dataplane/dns/message.h"

namespace stratus::dns {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using Bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::size_t max_connections = 256;  ///< per listening socket
constexpr std::chrono::seconds idle_connection{30};

/// AF_INET or AF_INET6 of a bound socket.
Result<int> family_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return failure("look at a DNS socket");
  return static_cast<int>(address.ss_family);
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
  using Reply = std::function<void(Bytes)>;

  State(AsioLoop& l, Resolver& r) : loop(l), resolver(r) {}

  struct Datagrams : std::enable_shared_from_this<Datagrams> {
    Datagrams(State& s, asio::io_context& context, Scope sc)
        : state(s.weak_from_this()), socket(context), scope(std::move(sc)) {}
    std::weak_ptr<State> state;
    udp::socket socket;
    Scope scope;
    udp::endpoint from;
    std::array<std::uint8_t, 4096> buffer{};

    void receive() {
      socket.async_receive_from(
          asio::buffer(buffer), from, [self = shared_from_this()](const error_code& error, std::size_t size) {
            const auto server = self->state.lock();
            if (error == asio::error::operation_aborted || !self->socket.is_open() || !server) return;
            // Any other error belongs to one datagram (an ICMP answer to an earlier reply, for one).
            if (!error)
              server->answer(self->scope, {self->buffer.data(), size}, 65535, [self, to = self->from](Bytes bytes) {
                error_code ignored;
                if (self->socket.is_open()) self->socket.send_to(asio::buffer(bytes), to, 0, ignored);
              });
            self->receive();
          });
    }
  };

  struct Connections;
  struct Connection : std::enable_shared_from_this<Connection> {
    Connection(tcp::socket s, std::weak_ptr<Connections> o)
        : socket(std::move(s)), timer(socket.get_executor()), owner(std::move(o)) {}
    tcp::socket socket;
    asio::steady_timer timer;
    std::weak_ptr<Connections> owner;
    std::array<std::uint8_t, 2> length{};
    Bytes query, reply;

    void close() {
      error_code ignored;
      timer.cancel();
      socket.close(ignored);
      if (const auto connections = owner.lock())
        std::erase_if(connections->open, [this](const auto& c) { return c.get() == this; });
    }
    void watch() {
      timer.expires_after(idle_connection);
      timer.async_wait([weak = weak_from_this()](const error_code& error) {
        if (const auto self = weak.lock(); self && !error) self->close();
      });
    }
    void read() {
      watch();
      asio::async_read(socket, asio::buffer(length), [self = shared_from_this()](const error_code& error, std::size_t) {
        const std::size_t size = self->length[0] << 8U | self->length[1];
        if (error || size == 0) return self->close();
        self->query.resize(size);
        asio::async_read(self->socket, asio::buffer(self->query), [self](const error_code& inner, std::size_t) {
          const auto connections = self->owner.lock();
          const auto server = connections ? connections->state.lock() : nullptr;
          if (inner || !server) return self->close();
          if (!server->answer(connections->scope, self->query, 0,
                              [self](Bytes bytes) { self->write(std::move(bytes)); }))
            self->close();
        });
      });
    }
    void write(Bytes bytes) {
      reply.assign({static_cast<std::uint8_t>(bytes.size() >> 8U), static_cast<std::uint8_t>(bytes.size())});
      reply.insert(reply.end(), bytes.begin(), bytes.end());
      asio::async_write(socket, asio::buffer(reply), [self = shared_from_this()](const error_code& error, std::size_t) {
        if (error) return self->close();
        self->read();
      });
    }
  };

  struct Connections : std::enable_shared_from_this<Connections> {
    Connections(State& s, asio::io_context& context, Scope sc)
        : state(s.weak_from_this()), acceptor(context), retry(context), scope(std::move(sc)) {}
    std::weak_ptr<State> state;
    tcp::acceptor acceptor;
    asio::steady_timer retry;
    Scope scope;
    std::list<std::shared_ptr<Connection>> open;

    void accept() {
      acceptor.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
        if (error) {  // out of descriptors, most likely: not again at once
          self->retry.expires_after(std::chrono::milliseconds(100));
          self->retry.async_wait([self](const error_code& cancelled) {
            if (!cancelled) self->accept();
          });
          return;
        }
        if (self->open.size() >= max_connections) {
          const auto oldest = self->open.front();
          oldest->close();
        }
        self->open.push_back(std::make_shared<Connection>(std::move(socket), self));
        self->open.back()->read();
        self->accept();
      });
    }
    void close() {
      error_code ignored;
      acceptor.close(ignored);
      retry.cancel();
      for (const auto& connection : std::list(open)) connection->close();
    }
  };

  /// False where the bytes get no answer at all. `limit` as in encode_answer.
  bool answer(const Scope& scope, std::span<const std::uint8_t> bytes, std::size_t limit, const Reply& reply) {
    auto query = parse_query(bytes);
    if (!query) {
      ++counters.malformed;
      return false;
    }
    ++counters.queries;
    if (query->refusal) {
      if (*query->refusal == Rcode::formerr) ++counters.malformed;
      Answer refusal;
      refusal.rcode = *query->refusal;
      finish(scope, *query, refusal, limit, reply);
      return true;
    }
    const auto qtype = static_cast<Type>(query->qtype);
    auto chain = resolve_chain(resolver, scope, query->qname, qtype);
    const bool onward = !chain.onward.empty();
    if (chain.answer.ours && (!onward || !forwarder)) {
      finish(scope, *query, chain.answer, limit, reply);
      return true;
    }
    if (!forwarder) {
      Answer unknown;
      unknown.authoritative = false;
      unknown.rcode = scope.vpc_id == "host" ? Rcode::refused : Rcode::nxdomain;
      finish(scope, *query, unknown, limit, reply);
      return true;
    }
    ++counters.forwarded;
    const auto ask_for = onward ? chain.onward : query->qname;
    auto begun = onward ? std::move(chain.answer.records) : std::vector<Record>();
    forwarder(scope, ask_for, qtype,
              [weak = weak_from_this(), scope, query = std::move(*query), begun = std::move(begun), limit,
               reply](Answer further) mutable {
                const auto server = weak.lock();
                if (!server) return;
                begun.insert(begun.end(), further.records.begin(), further.records.end());
                further.records = std::move(begun);
                further.authoritative = false;
                server->finish(scope, query, further, limit, reply);
              });
    return true;
  }

  void finish(const Scope& scope, const Query& query, const Answer& answer, std::size_t limit, const Reply& reply) {
    if (answer.rcode == Rcode::refused) ++counters.refused;
    // A VPC's resolver says the whole truth about every name that it will ever know; the host's serves zones only.
    const bool recursive = forwarder != nullptr || scope.vpc_id != "host";
    auto bytes = encode_answer(query, answer, recursive, limit);
    if ((bytes[2] & 0x02U) != 0) ++counters.truncated;
    reply(std::move(bytes));
  }

  AsioLoop& loop;
  Resolver& resolver;
  Forwarder forwarder;
  Counters counters;
  std::vector<std::shared_ptr<Datagrams>> datagrams;
  std::vector<std::shared_ptr<Connections>> listeners;
};

Server::Server(AsioLoop& loop, Resolver& resolver) : state_(std::make_shared<State>(loop, resolver)) {}

Server::~Server() {
  for (const auto& datagrams : state_->datagrams) {
    error_code ignored;
    datagrams->socket.close(ignored);
  }
  for (const auto& listener : state_->listeners) listener->close();
}

void Server::set_forwarder(Forwarder forwarder) { state_->forwarder = std::move(forwarder); }

Result<> Server::listen(UniqueFd udp_socket, UniqueFd tcp_socket, Scope scope) {
  auto& context = state_->loop.context();
  error_code error;
  std::shared_ptr<State::Datagrams> datagrams;
  std::shared_ptr<State::Connections> connections;
  if (udp_socket) {
    const auto family = family_of(udp_socket.get());
    if (!family) return family.error();
    datagrams = std::make_shared<State::Datagrams>(*state_, context, scope);
    datagrams->socket.assign(*family == AF_INET6 ? udp::v6() : udp::v4(), udp_socket.release(), error);
    if (!error) datagrams->socket.non_blocking(true, error);
    if (error) return failure("serve DNS datagrams for " + scope.vpc_id, error.value());
  }
  if (tcp_socket) {
    const auto family = family_of(tcp_socket.get());
    if (!family) return family.error();
    connections = std::make_shared<State::Connections>(*state_, context, scope);
    connections->acceptor.assign(*family == AF_INET6 ? tcp::v6() : tcp::v4(), tcp_socket.release(), error);
    if (!error) connections->acceptor.non_blocking(true, error);
    if (!error) connections->acceptor.listen(128, error);
    if (error) return failure("serve DNS connections for " + scope.vpc_id, error.value());
  }
  if (datagrams) {
    state_->datagrams.push_back(datagrams);
    datagrams->receive();
  }
  if (connections) {
    state_->listeners.push_back(connections);
    connections->accept();
  }
  return {};
}

void Server::stop(const Scope& scope) {
  std::erase_if(state_->datagrams, [&](const auto& datagrams) {
    if (datagrams->scope != scope) return false;
    error_code ignored;
    datagrams->socket.close(ignored);
    return true;
  });
  std::erase_if(state_->listeners, [&](const auto& listener) {
    if (listener->scope != scope) return false;
    listener->close();
    return true;
  });
}

Server::Counters Server::counters() const { return state_->counters; }

Result<Sockets> bind_sockets(const std::string& address, std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  const auto where = address + ":" + std::to_string(port);
  if (inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1) return failure("bind DNS to " + where, EINVAL);
  Sockets out;
  out.udp.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  out.tcp.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.udp || !out.tcp) return failure("make sockets for DNS on " + where);
  const int yes = 1;
  ::setsockopt(out.tcp.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(out.udp.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    return failure("bind DNS to UDP " + where);
  if (::bind(out.tcp.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    return failure("bind DNS to TCP " + where);
  if (::listen(out.tcp.get(), 128) != 0) return failure("listen for DNS on " + where);
  return out;
}

}  // namespace stratus::dns
