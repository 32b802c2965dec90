#include "app/backend/counsel/connection.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

namespace counselor {

namespace asio = boost::asio;
using asio::use_awaitable;
using tcp = asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;

namespace {

void trust(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  int found = 0;
  for (;;) {
    const std::unique_ptr<X509, void (*)(X509*)> one(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr),
                                                     X509_free);
    if (!one) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) == 1) ++found;
  }
  ERR_clear_error();  // the end of the text counts as an error
  if (found == 0) throw std::runtime_error("OPENAI_CA_PEM holds no certificate");
}

}  // namespace

SSL_CTX* TlsContext::get() {
  if (context_) return context_.get();
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> made(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!made) throw std::runtime_error("no TLS");
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(made.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
  if (!ca_pem_.empty())
    trust(made.get(), ca_pem_);
  else if (SSL_CTX_load_verify_locations(made.get(), ca_file_.c_str(), nullptr) != 1)
    throw std::runtime_error("the certificates in " + ca_file_ + " cannot be read");
  context_ = std::move(made);
  return context_.get();
}

asio::awaitable<void> Connection::wait(bool for_reading, Deadline deadline) {
  if (cancelled_) throw std::runtime_error("cancelled");
  boost::system::error_code ready, over;
  timer_.expires_at(deadline);
  const auto first = co_await (socket_.async_wait(for_reading ? tcp::socket::wait_read : tcp::socket::wait_write,
                                                  asio::redirect_error(use_awaitable, ready)) ||
                               timer_.async_wait(asio::redirect_error(use_awaitable, over)));
  if (cancelled_) throw std::runtime_error("cancelled");
  if (first.index() == 1) throw std::runtime_error("timed out");
  if (ready) throw std::runtime_error(ready.message());
}

asio::awaitable<void> Connection::open(Names& names, const std::string& host, const std::string& port, TlsContext* tls,
                                       Deadline deadline) {
  const auto found = co_await names.find(host, port, timer_, deadline);
  if (cancelled_) throw std::runtime_error("cancelled");
  // Failures come as codes: of two that wait for each other, one that throws would not end the other.
  boost::system::error_code failed, over;
  const auto connect = [&]() -> asio::awaitable<void> {
    co_await asio::async_connect(socket_, found, asio::redirect_error(use_awaitable, failed));
  };
  timer_.expires_at(deadline);
  const auto first = co_await (connect() || timer_.async_wait(asio::redirect_error(use_awaitable, over)));
  if (cancelled_) throw std::runtime_error("cancelled");
  if (first.index() == 1) throw std::runtime_error("timed out while connecting");
  if (failed) throw std::runtime_error(failed.message());
  socket_.non_blocking(true);
  socket_.set_option(tcp::no_delay(true));
  if (tls == nullptr) co_return;
  ssl_.reset(SSL_new(tls->get()));
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.native_handle()) != 1 || SSL_set1_host(ssl_.get(), host.c_str()) != 1)
    throw std::runtime_error("no TLS");
  boost::system::error_code no_address;
  asio::ip::make_address(host, no_address);
  if (no_address)
    SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
  else
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str());
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) break;
    if (!co_await again(result, deadline)) throw std::runtime_error("the TLS handshake was cut");
  }
}

asio::awaitable<bool> Connection::again(int result, Deadline deadline) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      co_await wait(true, deadline);
      co_return true;
    case SSL_ERROR_WANT_WRITE:
      co_await wait(false, deadline);
      co_return true;
    case SSL_ERROR_ZERO_RETURN:
      co_return false;
    default:
      break;
  }
  const long verified = SSL_get_verify_result(ssl_.get());
  const unsigned long code = ERR_peek_last_error();
  if (verified != X509_V_OK)
    throw std::runtime_error(std::string("certificate: ") + X509_verify_cert_error_string(verified));
  throw std::runtime_error(code == 0 ? "the connection was cut"
                                     : std::string("TLS: ") + (ERR_reason_error_string(code) != nullptr
                                                                   ? ERR_reason_error_string(code)
                                                                   : "error"));
}

asio::awaitable<void> Connection::write(std::string_view text, Deadline deadline) {
  while (!text.empty()) {
    if (ssl_) {
      ERR_clear_error();
      const int wrote = SSL_write(ssl_.get(), text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 16384)));
      if (wrote > 0)
        text.remove_prefix(static_cast<std::size_t>(wrote));
      else if (!co_await again(wrote, deadline))
        throw std::runtime_error("the connection was closed");
      continue;
    }
    boost::system::error_code error;
    const auto wrote = socket_.write_some(asio::buffer(text.data(), text.size()), error);
    text.remove_prefix(wrote);
    if (error == asio::error::would_block)
      co_await wait(false, deadline);
    else if (error)
      throw std::runtime_error(error.message());
  }
}

asio::awaitable<std::size_t> Connection::read(char* into, std::size_t most, Deadline deadline) {
  for (;;) {
    if (cancelled_) throw std::runtime_error("cancelled");
    if (ssl_) {
      ERR_clear_error();
      const int got = SSL_read(ssl_.get(), into, static_cast<int>(most));
      if (got > 0) co_return static_cast<std::size_t>(got);
      if (!co_await again(got, deadline)) co_return 0;
      continue;
    }
    boost::system::error_code error;
    const auto got = socket_.read_some(asio::buffer(into, most), error);
    if (got > 0) co_return got;
    if (error == asio::error::eof) co_return 0;
    if (error == asio::error::would_block)
      co_await wait(true, deadline);
    else if (error)
      throw std::runtime_error(error.message());
  }
}

void Connection::cancel() {
  cancelled_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  timer_.cancel();
}

}  // namespace counselor
