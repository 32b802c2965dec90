#include "stratus/wire/server.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <cstring>
#include <set>

#include "stratus/core/crypto.h"
#include "stratus/core/fd.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"

namespace stratus::wire {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using asio::awaitable;
using asio::use_awaitable;

namespace {

using Parser = http::request_parser<http::buffer_body>;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

/// Values of headers come from services and from requests; a line break in one would let it write further headers.
std::string one_line(std::string value) {
  for (char& c : value)
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  return value;
}

/// SHA-256 of a body while it arrives.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(std::string_view bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string hex() {
    unsigned char out[32];
    EVP_DigestFinal_ex(context_, out, nullptr);
    return crypto::to_hex({reinterpret_cast<const char*>(out), sizeof out});
  }

 private:
  EVP_MD_CTX* context_;
};

constexpr std::size_t kReadSize = 64 * 1024;  // of a body at a time, bytes

aws::Error too_large(std::uint64_t limit) {
  return {"RequestEntityTooLarge", 413,
          "The request body is larger than the " + std::to_string(limit) + " bytes that are taken here."};
}

/// A spooled body; the file goes with it.
struct Spool {
  UniqueFd fd;
  std::string path;
  ~Spool() {
    if (!path.empty()) ::unlink(path.c_str());
  }
  bool open(const std::string& directory) {
    path = directory + "/body-XXXXXX";
    fd.reset(::mkostemp(path.data(), O_CLOEXEC));
    return static_cast<bool>(fd);
  }
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto written = ::write(fd.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
};

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(AsioLoop& l, ServerSettings s, HttpHandler h, HttpGate g)
      : loop(l), settings(std::move(s)), handler(std::move(h)), gate(std::move(g)), acceptor(l.context()) {
    if (!settings.tls) return;
    tls.emplace(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_tlsext_servername_callback(tls->native_handle(), &State::choose);
    SSL_CTX_set_tlsext_servername_arg(tls->native_handle(), this);
  }

  AsioLoop& loop;
  const ServerSettings settings;
  const HttpHandler handler;
  const HttpGate gate;
  tcp::acceptor acceptor;
  std::optional<asio::ssl::context> tls;
  std::set<beast::tcp_stream*> open;
  std::set<beast::tcp_stream*> busy;
  bool stopping = false;
  std::function<void()> stopped;

  awaitable<void> accept();
  awaitable<void> session(tcp::socket socket);
  awaitable<void> secure_session(TlsStream& stream, const std::string& peer);
  template <class Stream>
  awaitable<void> converse(Stream& stream, const std::string& peer);
  template <class Stream>
  awaitable<bool> exchange(Stream& stream, beast::flat_buffer& buffer, const std::string& peer);
  template <class Stream>
  awaitable<bool> read_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser, Admission& admission,
                            HttpRequest& request, Spool& spool);
  template <class Stream>
  awaitable<bool> write_reply(Stream& stream, HttpReply reply, bool head, bool keep_alive, unsigned version);
  awaitable<void> linger(beast::tcp_stream& stream);

  static int choose(SSL* connection, int* alert, void* self) {
    const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    SSL_CTX* context = static_cast<State*>(self)->settings.tls(name == nullptr ? "" : name);
    if (context != nullptr && SSL_set_SSL_CTX(connection, context) != nullptr) return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  void maybe_stopped() {
    if (stopping && open.empty() && stopped) std::exchange(stopped, nullptr)();
  }
};

awaitable<void> Server::State::accept() {
  auto self = shared_from_this();
  while (acceptor.is_open()) {
    boost::system::error_code error;
    tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(use_awaitable, error));
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {
      // Out of descriptors, for example: what is open goes on, new connections wait.
      asio::steady_timer pause(loop.context(), std::chrono::milliseconds(50));
      co_await pause.async_wait(asio::redirect_error(use_awaitable, error));
      continue;
    }
    if (open.size() >= settings.connections) continue;  // the socket closes here
    asio::co_spawn(loop.context(), session(std::move(socket)), asio::detached);
  }
}

awaitable<void> Server::State::session(tcp::socket socket) {
  auto self = shared_from_this();
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  const std::string peer = error ? "" : endpoint.address().to_string();
  socket.set_option(tcp::no_delay(true), error);
  std::optional<beast::tcp_stream> plain;
  std::optional<TlsStream> secure;
  if (tls)
    secure.emplace(std::move(socket), *tls);
  else
    plain.emplace(std::move(socket));
  beast::tcp_stream& stream = secure ? beast::get_lowest_layer(*secure) : *plain;
  open.insert(&stream);
  if (secure)
    co_await secure_session(*secure, peer);
  else
    co_await converse(stream, peer);
  open.erase(&stream);
  busy.erase(&stream);
  stream.socket().shutdown(tcp::socket::shutdown_both, error);
  stream.close();
  maybe_stopped();
}

awaitable<void> Server::State::secure_session(TlsStream& stream, const std::string& peer) {
  boost::system::error_code error;
  beast::get_lowest_layer(stream).expires_after(settings.header_timeout);
  co_await stream.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(use_awaitable, error));
  if (error) {
    log::debug("http.handshake_failed", {{"peer", peer}, {"cause", error.message()}});
    co_return;
  }
  co_await converse(stream, peer);
  beast::get_lowest_layer(stream).expires_after(settings.linger);
  co_await stream.async_shutdown(asio::redirect_error(use_awaitable, error));
}

template <class Stream>
awaitable<void> Server::State::converse(Stream& stream, const std::string& peer) {
  beast::flat_buffer buffer(settings.header_limit + settings.memory_body);
  try {
    while (!stopping && co_await exchange(stream, buffer, peer)) {
    }
  } catch (const std::exception& e) {
    log::debug("http.connection_ended", {{"peer", peer}, {"cause", e.what()}});
  }
}

template <class Stream>
awaitable<bool> Server::State::exchange(Stream& stream, beast::flat_buffer& buffer, const std::string& peer) {
  beast::tcp_stream& lowest = beast::get_lowest_layer(stream);
  boost::system::error_code error;
  if (buffer.size() == 0) {
    // Wait for the first byte with the patience of keep-alive, then for the rest of the headers with less.
    lowest.expires_after(settings.idle_timeout);
    const auto got = co_await stream.async_read_some(buffer.prepare(8192), asio::redirect_error(use_awaitable, error));
    if (error) co_return false;
    buffer.commit(got);
  }
  busy.insert(&lowest);
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(settings.header_limit));
  parser.body_limit(boost::none);  // the gate's limit is kept by read_body
  lowest.expires_after(settings.header_timeout);
  co_await http::async_read_header(stream, buffer, parser, asio::redirect_error(use_awaitable, error));
  const auto& message = parser.get();
  int status = 0;
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    status = 431;
  else if (error == http::error::end_of_stream || error == http::error::partial_message)
    co_return false;
  else if (error && error.category() == http::make_error_code(http::error::bad_target).category())
    status = 400;
  else if (error)
    co_return false;
  else if (message.version() != 10 && message.version() != 11)
    status = 505;
  else if (message.count(http::field::host) > 1 || (message.version() == 11 && message.count(http::field::host) == 0))
    status = 400;
  if (status != 0) {
    lowest.expires_after(settings.linger);
    HttpReply reply;
    reply.status = status;
    reply.body = std::string(http::obsolete_reason(static_cast<http::status>(status))) + "\n";
    reply.headers["Content-Type"] = "text/plain";
    if (co_await write_reply(stream, std::move(reply), false, false, 11)) co_await linger(lowest);
    co_return false;
  }

  const bool keep_alive = message.keep_alive();
  const bool head = message.method() == http::verb::head;
  const unsigned version = message.version();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.peer = peer;
  request.secure = std::is_same_v<Stream, TlsStream>;
  for (const auto& field : message) {
    std::string& value =
        request.headers[text::lower(std::string_view(field.name_string().data(), field.name_string().size()))];
    if (!value.empty()) value += ",";
    value += std::string_view(field.value().data(), field.value().size());
  }
  Admission admission;
  if (gate)
    admission = gate(request);
  else
    admission.body_limit = settings.body_limit;
  if (!admission.refused && parser.content_length().value_or(0) > admission.body_limit)
    admission.refused = too_large(admission.body_limit);
  Spool spool;
  if (admission.refused) {
    request.broken = std::move(admission.refused);
  } else {
    if (beast::iequals(message[http::field::expect], "100-continue") && !parser.is_done()) {
      http::response<http::empty_body> go_on(http::status::continue_, version);
      co_await http::async_write(stream, go_on, asio::redirect_error(use_awaitable, error));
      if (error) co_return false;
    }
    if (!co_await read_body(stream, buffer, parser, admission, request, spool)) co_return false;
  }
  const bool whole = parser.is_done();
  // The handler answers now or later; a timer that never ends by itself is what the coroutine waits on.
  struct Pending {
    explicit Pending(asio::io_context& context) : timer(context, asio::steady_timer::time_point::max()) {}
    asio::steady_timer timer;
    std::optional<HttpReply> reply;
  };
  auto pending = std::make_shared<Pending>(loop.context());
  lowest.expires_never();
  handler(std::move(request), [pending](HttpReply answer) {
    pending->reply = std::move(answer);
    pending->timer.cancel();
  });
  while (!pending->reply) co_await pending->timer.async_wait(asio::redirect_error(use_awaitable, error));
  const bool written =
      co_await write_reply(stream, std::move(*pending->reply), head, keep_alive && whole && !stopping, version);
  busy.erase(&lowest);
  if (written && !whole) co_await linger(lowest);
  co_return written&& keep_alive&& whole;
}

template <class Stream>
awaitable<bool> Server::State::read_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                         Admission& admission, HttpRequest& request, Spool& spool) {
  if (parser.is_done() && admission.filter == nullptr) {
    static const std::string empty = crypto::sha256_hex("");
    request.body_sha256 = empty;
    co_return true;
  }
  boost::system::error_code error;
  Digest digest;
  std::uint64_t received = 0, size = 0;
  const std::uint64_t length = parser.content_length().value_or(kReadSize);
  std::vector<char> chunk(static_cast<std::size_t>(std::clamp<std::uint64_t>(length, 1, kReadSize)));
  std::string decoded;
  if (admission.filter == nullptr) request.body.reserve(std::min<std::size_t>(chunk.size(), settings.memory_body));
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = chunk.data();
    body.size = chunk.size();
    beast::get_lowest_layer(stream).expires_after(settings.body_timeout);
    co_await http::async_read_some(stream, buffer, parser, asio::redirect_error(use_awaitable, error));
    if (error == http::error::need_buffer) error = {};
    if (error) {
      if (error.category() != http::make_error_code(http::error::bad_chunk).category() ||
          error == http::error::partial_message)
        co_return false;
      request.broken = aws::Error("IncompleteBody", 400, "The request body is not well-formed: " + error.message());
      co_return true;
    }
    std::string_view got(chunk.data(), chunk.size() - body.size);
    received += got.size();
    if (received > admission.body_limit) {
      request.broken = too_large(admission.body_limit);
      co_return true;
    }
    if (admission.filter != nullptr) {
      decoded.clear();
      try {
        admission.filter->add(got, decoded);
      } catch (const aws::Error& e) {
        request.broken = e;
        co_return true;
      }
      got = decoded;
    }
    digest.add(got);
    size += got.size();
    if (!spool.fd && size <= settings.memory_body) {
      request.body.append(got);
      continue;
    }
    if ((!spool.fd && (!spool.open(settings.spool_directory) || !spool.write(request.body))) || !spool.write(got)) {
      log::error("http.spool_failed", {{"directory", settings.spool_directory}, {"cause", std::strerror(errno)}});
      request.broken = aws::Error("InternalFailure", 507, "There is no space for the request's body.");
      co_return true;
    }
    if (!request.body.empty()) request.body = {};
  }
  if (admission.filter != nullptr) {
    try {
      admission.filter->finish();
    } catch (const aws::Error& e) {
      request.broken = e;
      co_return true;
    }
    request.trailers = admission.filter->trailers();
  }
  request.body_sha256 = digest.hex();
  if (spool.fd) request.file = {spool.path, 0, size};
  co_return true;
}

/// A socket that is closed while bytes wait in it is reset, and the client may lose the reply that says why.
awaitable<void> Server::State::linger(beast::tcp_stream& stream) {
  boost::system::error_code error;
  stream.socket().shutdown(tcp::socket::shutdown_send, error);
  std::vector<char> waste(kReadSize);
  stream.expires_after(settings.linger);
  while (!error) co_await stream.async_read_some(asio::buffer(waste), asio::redirect_error(use_awaitable, error));
}

template <class Stream>
awaitable<bool> Server::State::write_reply(Stream& stream, HttpReply reply, bool head, bool keep_alive,
                                           unsigned version) {
  beast::tcp_stream& lowest = beast::get_lowest_layer(stream);
  boost::system::error_code error;
  http::response<http::string_body> message(static_cast<http::status>(reply.status), version == 10 ? 10 : 11);
  for (auto& [name, value] : reply.headers) message.set(name, one_line(std::move(value)));
  if (message.find(http::field::date) == message.end())
    message.set(http::field::date, to_http_date(loop.clock().now()));
  message.keep_alive(keep_alive);
  const bool bodiless = head || reply.status == 204 || reply.status == 304;
  const std::uint64_t length = !reply.file.empty()                 ? reply.file.length
                               : head && reply.content_length != 0 ? reply.content_length
                                                                   : reply.body.size();
  if (reply.status != 204) message.content_length(length);
  lowest.expires_after(settings.body_timeout);
  if (!bodiless && reply.file.empty()) message.body() = std::move(reply.body);
  http::response_serializer<http::string_body> serializer(message);
  if (bodiless || !reply.file.empty()) {
    co_await http::async_write_header(stream, serializer, asio::redirect_error(use_awaitable, error));
    if (error || bodiless) co_return !error;
    if (reply.file.source) {
      std::string piece;
      for (std::uint64_t left = reply.file.length; left > 0; left -= piece.size()) {
        piece.clear();
        if (!reply.file.source->read(piece, std::min<std::uint64_t>(kReadSize, left)) || piece.empty()) co_return false;
        lowest.expires_after(settings.body_timeout);
        co_await asio::async_write(stream, asio::buffer(piece), asio::redirect_error(use_awaitable, error));
        if (error) co_return false;
      }
      co_return true;
    }
    const UniqueFd file(::open(reply.file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) co_return false;
    std::vector<char> chunk(256 * 1024);
    std::uint64_t offset = reply.file.offset, left = reply.file.length;
    while (left > 0) {
      const auto got =
          ::pread(file.get(), chunk.data(), std::min<std::uint64_t>(chunk.size(), left), static_cast<off_t>(offset));
      if (got <= 0) co_return false;
      lowest.expires_after(settings.body_timeout);
      co_await asio::async_write(stream, asio::buffer(chunk.data(), static_cast<std::size_t>(got)),
                                 asio::redirect_error(use_awaitable, error));
      if (error) co_return false;
      offset += static_cast<std::uint64_t>(got);
      left -= static_cast<std::uint64_t>(got);
    }
    co_return true;
  }
  co_await http::async_write(stream, serializer, asio::redirect_error(use_awaitable, error));
  co_return !error;
}

Server::Server(AsioLoop& loop, ServerSettings settings, HttpHandler handler, HttpGate gate)
    : state_(std::make_shared<State>(loop, std::move(settings), std::move(handler), std::move(gate))) {}

Server::~Server() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

void Server::listen() {
  const std::string where = state_->settings.address + ":" + std::to_string(state_->settings.port);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(state_->settings.address, error);
  if (error) throw std::runtime_error(where + ": not an IP address");
  const tcp::endpoint endpoint(address, state_->settings.port);
  state_->acceptor.open(endpoint.protocol(), error);
  if (!error) state_->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) state_->acceptor.bind(endpoint, error);
  if (!error) state_->acceptor.listen(4096, error);
  if (error) throw std::runtime_error(where + ": " + error.message());
  ::fcntl(state_->acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  asio::co_spawn(state_->loop.context(), state_->accept(), asio::detached);
}

void Server::listen_on(UniqueFd socket) {
  boost::system::error_code error;
  state_->acceptor.assign(tcp::v4(), socket.get(), error);
  if (error) throw std::runtime_error("a listening socket: " + error.message());
  static_cast<void>(socket.release());
  asio::co_spawn(state_->loop.context(), state_->accept(), asio::detached);
}

std::uint16_t Server::port() const { return state_->acceptor.local_endpoint().port(); }

std::size_t Server::connections() const { return state_->open.size(); }

void Server::stop(Duration grace, std::function<void()> done) {
  auto state = state_;
  boost::system::error_code ignored;
  state->acceptor.close(ignored);
  state->stopping = true;
  state->stopped = std::move(done);
  for (auto* stream : state->open)
    if (state->busy.count(stream) == 0) stream->cancel();
  state->loop.after(grace, [state] {
    for (auto* stream : state->open) stream->cancel();
  });
  state->loop.post([state] { state->maybe_stopped(); });
}

}  // namespace stratus::wire
