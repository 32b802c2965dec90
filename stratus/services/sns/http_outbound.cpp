#include "stratus/services/sns/http_outbound.h"

#include <openssl/ssl.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <thread>

#include "stratus/core/base64.h"
#include "stratus/core/text.h"

namespace stratus::services::sns {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace {

using Code = boost::system::error_code;
using Tcp = asio::ip::tcp;

/// One request from name look-up to reply. Kept alive by its handlers.
template <class Stream>
class Exchange : public std::enable_shared_from_this<Exchange<Stream>> {
 public:
  template <class... Arguments>
  Exchange(asio::io_context& context, Url url, HttpPost request, std::function<void(HttpOutcome)> done,
           Arguments&&... arguments)
      : resolver_(context),
        stream_(std::forward<Arguments>(arguments)...),
        url_(std::move(url)),
        timeout_(request.timeout),
        done_(std::move(done)) {
    message_.method(http::verb::post);
    message_.target(url_.target);
    message_.version(11);
    const bool standard = url_.port == (url_.scheme == "https" ? "443" : "80");
    message_.set(http::field::host, standard ? url_.host : url_.host + ":" + url_.port);
    for (const auto& [name, value] : request.headers) message_.set(name, value);
    if (!url_.user.empty())
      message_.set(http::field::authorization, "Basic " + base64::encode(url_.user + ":" + url_.password));
    message_.keep_alive(false);
    message_.body() = std::move(request.body);
    message_.prepare_payload();
    parser_.body_limit(1U << 20U);
  }

  void start() {
    auto self = this->shared_from_this();
    beast::get_lowest_layer(stream_).expires_after(timeout_);
    std::string host = url_.host;
    if (host.starts_with("[")) host = host.substr(1, host.size() - 2);
    resolver_.async_resolve(host, url_.port, [self](const Code& error, const Tcp::resolver::results_type& found) {
      if (error) return self->finish(0, "resolve " + self->url_.host + ": " + error.message());
      beast::get_lowest_layer(self->stream_).async_connect(found, [self](const Code& failed, const Tcp::endpoint&) {
        if (failed) return self->finish(0, "connect: " + failed.message());
        self->handshake();
      });
    });
  }

 private:
  void handshake() {
    if constexpr (std::is_same_v<Stream, beast::ssl_stream<beast::tcp_stream>>) {
      auto self = this->shared_from_this();
      SSL_set_tlsext_host_name(stream_.native_handle(), url_.host.c_str());
      stream_.set_verify_callback(asio::ssl::host_name_verification(url_.host));
      stream_.async_handshake(asio::ssl::stream_base::client, [self](const Code& error) {
        if (error) return self->finish(0, "TLS: " + error.message());
        self->send();
      });
    } else {
      send();
    }
  }

  void send() {
    auto self = this->shared_from_this();
    http::async_write(stream_, message_, [self](const Code& error, std::size_t) {
      if (error) return self->finish(0, "write: " + error.message());
      http::async_read(self->stream_, self->buffer_, self->parser_, [self](const Code& failed, std::size_t) {
        // A reply that is too long, or cut short behind its headers, still has a status.
        if (failed && !self->parser_.is_header_done()) return self->finish(0, "read: " + failed.message());
        self->finish(static_cast<int>(self->parser_.get().result_int()), "");
      });
    });
  }

  void finish(int status, std::string error) {
    Code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
    std::exchange(done_, nullptr)({status, std::move(error)});
  }

  Tcp::resolver resolver_;
  Stream stream_;
  Url url_;
  const Duration timeout_;
  http::request<http::string_body> message_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
  std::function<void(HttpOutcome)> done_;
};

}  // namespace

std::optional<Url> parse_url(const std::string& text) {
  Url out;
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return std::nullopt;
  out.scheme = text::lower(text.substr(0, scheme));
  if (out.scheme != "http" && out.scheme != "https") return std::nullopt;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return std::nullopt;
  std::string rest = text.substr(scheme + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  std::string authority = rest.substr(0, path);
  out.target = rest.substr(path);
  if (!out.target.starts_with("/")) out.target = "/" + out.target;
  if (const auto at = authority.rfind('@'); at != std::string::npos) {
    const std::string who = authority.substr(0, at);
    authority = authority.substr(at + 1);
    const auto colon = std::min(who.find(':'), who.size());
    out.user = text::uri_decode(who.substr(0, colon));
    if (colon < who.size()) out.password = text::uri_decode(who.substr(colon + 1));
  }
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  out.port = out.scheme == "https" ? "443" : "80";
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    const std::string port = authority.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
        std::stoi(port) > 65535)
      return std::nullopt;
    out.port = port;
    authority = authority.substr(0, colon);
  }
  if (authority.empty()) return std::nullopt;
  out.host = authority;
  return out;
}

struct HttpOutbound::State {
  explicit State(Loop& l) : loop(l) {
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.set_default_verify_paths();
    thread = std::thread([this] { context.run(); });
  }
  ~State() {
    guard.reset();
    context.stop();
    thread.join();
  }
  Loop& loop;
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::thread thread;
};

HttpOutbound::HttpOutbound(Loop& loop) : state_(std::make_unique<State>(loop)) {}
HttpOutbound::~HttpOutbound() = default;

void HttpOutbound::post(HttpPost request, std::function<void(HttpOutcome)> done) {
  State& state = *state_;
  auto url = parse_url(request.url);
  if (!url) return state.loop.post([done = std::move(done)] { done({0, "the endpoint is no URL"}); });
  auto back = [&state, done = std::move(done)](HttpOutcome outcome) {
    state.loop.post([done, outcome = std::move(outcome)] { done(outcome); });
  };
  asio::post(state.context,
             [&state, url = std::move(*url), request = std::move(request), back = std::move(back)]() mutable {
               if (url.scheme == "https") {
                 std::make_shared<Exchange<beast::ssl_stream<beast::tcp_stream>>>(
                     state.context, std::move(url), std::move(request), std::move(back), state.context, state.tls)
                     ->start();
               } else {
                 std::make_shared<Exchange<beast::tcp_stream>>(state.context, std::move(url), std::move(request),
                                                               std::move(back), state.context)
                     ->start();
               }
             });
}

}  // namespace stratus::services::sns
