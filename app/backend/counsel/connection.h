// One outgoing connection, plain or TLS. OpenSSL works on the socket itself and gives its buffers back between records
// (SSL_MODE_RELEASE_BUFFERS): a thousand waiting streams then cost some ten KiB each instead of a hundred.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "app/backend/counsel/names.h"

namespace counselor {

/// Certificates are checked against the authorities of `ca_pem` alone or, where that is empty, of `ca_file`, which need
/// not exist until the first TLS connection.
class TlsContext {
 public:
  TlsContext(std::string ca_file, std::string ca_pem) : ca_file_(std::move(ca_file)), ca_pem_(std::move(ca_pem)) {}
  /// Throws std::runtime_error where the authorities cannot be read.
  SSL_CTX* get();

 private:
  std::string ca_file_, ca_pem_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_{nullptr, SSL_CTX_free};
};

class Connection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  explicit Connection(boost::asio::io_context& context) : socket_(context), timer_(context) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// All throw std::runtime_error with a reason: names, connections, certificates, time.
  boost::asio::awaitable<void> open(Names& names, const std::string& host, const std::string& port, TlsContext* tls,
                                    Deadline deadline);
  boost::asio::awaitable<void> write(std::string_view text, Deadline deadline);
  /// 0 at the end.
  boost::asio::awaitable<std::size_t> read(char* into, std::size_t most, Deadline deadline);
  /// Ends whatever waits, with an error there.
  void cancel();

 private:
  boost::asio::awaitable<void> wait(bool for_reading, Deadline deadline);
  /// The OpenSSL call's outcome: waits and returns true to try again, or throws.
  boost::asio::awaitable<bool> again(int result, Deadline deadline);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
  bool cancelled_ = false;
};

}  // namespace counselor
