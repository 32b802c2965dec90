// One probe: connect, perhaps a TLS handshake, perhaps a request; the endpoint's certificate is not looked at, as on
// AWS.
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "stratus/core/text.h"
#include "stratus/daemon/naming.h"

namespace stratus::daemon {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Outcome = services::route53::Prober::Outcome;

// "How Amazon Route 53 determines whether a health check is healthy": 10 s for TCP; 4 s to connect and 2 s to answer
// HTTP.
constexpr std::chrono::seconds kTcpLimit{10}, kHttpLimit{6};
constexpr std::size_t kBodyLooked = 5120, kReadLimit = 32 * 1024;  // bytes

struct Probe : std::enable_shared_from_this<Probe> {
  Probe(asio::io_context& context, const aws::route53::HealthCheckConfig& c, std::function<void(Outcome)> d)
      : timer(context), tls(asio::ssl::context::tls_client), stream(context, tls), config(c), done(std::move(d)) {}

  asio::steady_timer timer;
  asio::ssl::context tls;
  asio::ssl::stream<tcp::socket> stream;
  aws::route53::HealthCheckConfig config;
  std::function<void(Outcome)> done;
  std::string request, reply;
  std::array<char, 4096> buffer{};

  bool is_tcp() const { return config.type == "TCP"; }
  bool is_https() const { return config.type->starts_with("HTTPS"); }

  void finish(bool good, std::string status) {
    if (!done) return;
    timer.cancel();
    error_code ignored;
    stream.next_layer().close(ignored);
    std::exchange(done, nullptr)({good, std::move(status)});
  }

  void start(const std::string& address) {
    timer.expires_after(is_tcp() ? kTcpLimit : kHttpLimit);
    timer.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error)
        self->finish(false, "Failure: The health checker could not establish a connection within the timeout limit.");
    });
    error_code bad;
    const auto parsed = asio::ip::make_address(address, bad);
    if (bad) return finish(false, "Failure: The endpoint's address is not valid.");
    stream.next_layer().async_connect(tcp::endpoint(parsed, static_cast<std::uint16_t>(*config.port)),
                                      [self = shared_from_this()](const error_code& error) {
                                        if (error) return self->finish(false, "Failure: " + error.message() + ".");
                                        if (self->is_tcp())
                                          return self->finish(true, "Success: TCP connection established.");
                                        if (self->is_https()) return self->handshake();
                                        self->ask(self->stream.next_layer());
                                      });
  }

  void handshake() {
    if (config.enable_sni.value_or(true) && config.fully_qualified_domain_name)
      SSL_set_tlsext_host_name(stream.native_handle(), config.fully_qualified_domain_name->c_str());
    stream.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](const error_code& error) {
      if (error) return self->finish(false, "Failure: SSL alert or handshake failure: " + error.message() + ".");
      self->ask(self->stream);
    });
  }

  template <class Stream>
  void ask(Stream& over) {
    std::string path = config.resource_path.value_or("/");
    if (!path.starts_with('/')) path.insert(0, "/");
    const std::string host = config.fully_qualified_domain_name.value_or(config.ip_address.value_or(""));
    request =
        "GET " + path + " HTTP/1.1\r\nHost: " + host +
        "\r\nUser-Agent: Amazon-Route53-Health-Check-Service (Stratus)\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    asio::async_write(over, asio::buffer(request),
                      [self = shared_from_this(), &over](const error_code& error, std::size_t) {
                        if (error) return self->finish(false, "Failure: " + error.message() + ".");
                        self->read(over);
                      });
  }

  template <class Stream>
  void read(Stream& over) {
    over.async_read_some(asio::buffer(buffer),
                         [self = shared_from_this(), &over](const error_code& error, std::size_t size) {
                           self->reply.append(self->buffer.data(), size);
                           if (self->judge(error || self->reply.size() > kReadLimit)) return;
                           self->read(over);
                         });
  }

  /// False where more must be read first.
  bool judge(bool ended) {
    const auto line_end = reply.find("\r\n");
    if (line_end == std::string::npos) {
      if (ended) finish(false, "Failure: The endpoint answered no HTTP status.");
      return ended;
    }
    const int status = reply.size() > 12 && reply.starts_with("HTTP/1.") ? std::atoi(reply.c_str() + 9) : 0;
    const std::string worded = "HTTP Status Code " + reply.substr(9, line_end - 9);
    if (status < 200 || status >= 400) {
      finish(false, "Failure: " + worded);
      return true;
    }
    if (!config.type->ends_with("STR_MATCH")) {
      finish(true, "Success: " + worded);
      return true;
    }
    const auto body = reply.find("\r\n\r\n");
    const auto looked =
        body == std::string::npos ? std::string_view() : std::string_view(reply).substr(body + 4, kBodyLooked);
    if (looked.find(config.search_string.value_or("")) != std::string_view::npos && !looked.empty()) {
      finish(true, "Success: " + worded);
      return true;
    }
    if (ended || looked.size() >= kBodyLooked) {
      finish(false, "Failure: The response body did not contain the search string.");
      return true;
    }
    return false;
  }
};

}  // namespace

void EndpointProber::probe(const aws::route53::HealthCheckConfig& config, std::function<void(Outcome)> done) {
  const auto answer_later = [&](std::string status) {
    loop_.post([done, status = std::move(status)] { done({false, status}); });
  };
  std::string address = config.ip_address.value_or("");
  if (address.empty() && config.fully_qualified_domain_name && resolve_)
    address = resolve_(text::lower(*config.fully_qualified_domain_name));
  if (address.empty()) return answer_later("Failure: DNS resolution failed: the name has no IPv4 address.");
  error_code error;
  const auto parsed = asio::ip::make_address_v4(address, error);
  const auto pool = asio::ip::make_network_v4(public_pool_).canonical();
  const bool reachable =
      !error && (parsed.is_loopback() || asio::ip::make_network_v4(parsed, pool.prefix_length()).canonical() == pool);
  if (!reachable)
    return answer_later("Failure: The health checker could not establish a connection: " + address +
                        " is not reachable.");
  std::make_shared<Probe>(loop_.context(), config, std::move(done))->start(address);
}

}  // namespace stratus::daemon
