// The HTTP/1.1 server: connections, limits, bodies. It knows nothing of AWS.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "stratus/core/asio_loop.h"
#include "stratus/core/context.h"
#include "stratus/core/error.h"
#include "stratus/core/fd.h"
#include "stratus/wire/body_filter.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace stratus::wire {

struct HttpRequest {
  std::string method;
  std::string target;                          ///< path and query as sent
  std::map<std::string, std::string> headers;  ///< names in lower case; values of repeated ones joined by ","
  std::string body;                            ///< empty where `file` holds it
  aws::FileBody file;       ///< a body larger than Settings::memory_body; removed once the reply is sent
  std::string body_sha256;  ///< hex, of the body as its filter gave it; as it was sent where there is none
  std::map<std::string, std::string> trailers;  ///< checked headers that followed the body
  std::string peer;                             ///< address of the client
  bool secure = false;                          ///< it came over TLS
  std::optional<aws::Error> broken;  ///< why the body was not read to its end; the reply must refuse the request
};

struct HttpReply {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  aws::FileBody file;                ///< sent instead of `body` where it is not empty
  std::uint64_t content_length = 0;  ///< of a HEAD reply, which has no body
};

/// Called once per request, on the loop. `reply` must be called exactly once, now or later, on the loop.
using HttpHandler = std::function<void(HttpRequest request, std::function<void(HttpReply)> reply)>;

/// What is decided about a body before it is read.
struct Admission {
  std::uint64_t body_limit = 0;        ///< bytes, as sent
  std::unique_ptr<BodyFilter> filter;  ///< null: the body is taken as it comes
  std::optional<aws::Error> refused;   ///< set: the body is not read at all
};

/// Called once per request when its headers are there.
using HttpGate = std::function<Admission(const HttpRequest& head)>;

/// The context with the certificate for a name that a client asks for; "" where it names none. Null ends the handshake.
using TlsChooser = std::function<SSL_CTX*(const std::string& server_name)>;

struct ServerSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 4566;  ///< 0: any free one
  std::string spool_directory = "/tmp";
  std::size_t header_limit = 64 * 1024;
  std::size_t memory_body = 1024 * 1024;
  std::uint64_t body_limit = 16ULL << 30U;  ///< where no gate says otherwise
  std::size_t connections = 10'000;
  Duration header_timeout{30'000};  ///< from the first byte of a request to the end of its headers
  Duration idle_timeout{75'000};
  Duration body_timeout{60'000};  ///< without a byte of progress
  TlsChooser tls;                 ///< where it is set, every connection speaks TLS
  Duration linger{2'000};  ///< how long the rest of a refused body is read and thrown away, so that the reply arrives
};

class Server {
 public:
  Server(AsioLoop& loop, ServerSettings settings, HttpHandler handler, HttpGate gate = nullptr);
  ~Server();

  /// Throws std::runtime_error that names address and cause ("127.0.0.1:4566: Address already in use").
  void listen();
  /// Serves a listening TCP socket that somebody else made, in another network namespace for one. Throws as `listen`.
  void listen_on(UniqueFd socket);
  std::uint16_t port() const;
  /// Stops accepting, lets what runs finish (at most `grace`), closes, calls `done`.
  void stop(Duration grace, std::function<void()> done);
  std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stratus::wire
