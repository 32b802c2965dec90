// Questions about names that are not ours, put to another server: over UDP from a socket of its own each, so that port
// and id are both unguessable; over TCP where the answer came truncated.
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "stratus/core/crypto.h"
#include "stratus/dataplane/dns/dns.h"
#include "stratus/dataplane/dns/message.h"

namespace stratus::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

struct Question : std::enable_shared_from_this<Question> {
  Question(asio::io_context& context, asio::ip::address address_, std::uint16_t port_, std::string qname_, Type qtype_,
           std::function<void(Answer)> reply_)
      : datagrams(context),
        stream(context),
        timer(context),
        address(std::move(address_)),
        port(port_),
        qname(std::move(qname_)),
        qtype(qtype_),
        reply(std::move(reply_)) {}

  void start(Duration timeout) {
    const auto random = crypto::random_bytes(2);
    id = static_cast<std::uint16_t>(static_cast<std::uint8_t>(random[0]) << 8U | static_cast<std::uint8_t>(random[1]));
    query = encode_query(id, qname, qtype);
    timer.expires_after(timeout);
    timer.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->fail();
    });
    error_code error;
    datagrams.connect(udp::endpoint(address, port), error);
    if (!error && !query.empty()) datagrams.send(asio::buffer(query), 0, error);
    if (error || query.empty()) return fail();
    receive();
  }

 private:
  void receive() {
    datagrams.async_receive(asio::buffer(buffer),
                            [self = shared_from_this()](const error_code& error, std::size_t size) {
                              if (error) return self->fail();
                              const auto response = parse_response({self->buffer.data(), size}, self->id, self->qname);
                              if (!response)
                                return self->receive();  // not the answer to what we asked: somebody guesses
                              if (response->truncated) return self->ask_over_tcp();
                              self->finish(response->answer);
                            });
  }

  void ask_over_tcp() {
    stream.async_connect(tcp::endpoint(address, port), [self = shared_from_this()](const error_code& error) {
      if (error) return self->fail();
      const auto size = self->query.size();
      self->query.insert(self->query.begin(), {static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)});
      asio::async_write(self->stream, asio::buffer(self->query), [self](const error_code& failed, std::size_t) {
        if (failed) return self->fail();
        asio::async_read(self->stream, asio::buffer(self->buffer, 2), [self](const error_code& cut, std::size_t) {
          if (cut) return self->fail();
          const std::size_t length = self->buffer[0] << 8U | self->buffer[1];
          asio::async_read(self->stream, asio::buffer(self->buffer, length),
                           [self, length](const error_code& short_read, std::size_t) {
                             const auto response =
                                 short_read ? std::nullopt
                                            : parse_response({self->buffer.data(), length}, self->id, self->qname);
                             if (!response) return self->fail();
                             self->finish(response->answer);
                           });
        });
      });
    });
  }

  void fail() {
    Answer failed;
    failed.rcode = Rcode::servfail;
    failed.authoritative = false;
    finish(std::move(failed));
  }

  void finish(Answer answer) {
    if (!reply) return;
    error_code ignored;
    timer.cancel();
    datagrams.close(ignored);
    stream.close(ignored);
    std::exchange(reply, nullptr)(std::move(answer));
  }

  udp::socket datagrams;
  tcp::socket stream;
  asio::steady_timer timer;
  const asio::ip::address address;
  const std::uint16_t port;
  const std::string qname;
  const Type qtype;
  std::function<void(Answer)> reply;
  std::uint16_t id = 0;
  std::vector<std::uint8_t> query;
  std::array<std::uint8_t, 65536> buffer{};
};

}  // namespace

Forwarder forward_to(AsioLoop& loop, std::string address, std::uint16_t port, Duration timeout) {
  return [&loop, address = std::move(address), port, timeout](const Scope&, const std::string& qname, Type qtype,
                                                              std::function<void(Answer)> reply) {
    error_code error;
    const auto parsed = asio::ip::make_address(address, error);
    if (error) {
      Answer failed;
      failed.rcode = Rcode::servfail;
      return reply(failed);
    }
    std::make_shared<Question>(loop.context(), parsed, port, qname, qtype, std::move(reply))->start(timeout);
  };
}

}  // namespace stratus::dns
