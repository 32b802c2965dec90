// The front door: one port for every API. It finds the service, checks the signature, decodes, validates, asks whether
// the caller may, runs the operation in the store's savepoint, and replies once that is durable.
#pragma once

#include <memory>
#include <string>

#include "stratus/core/ids.h"
#include "stratus/state/store.h"
#include "stratus/wire/audit.h"
#include "stratus/wire/router.h"
#include "stratus/wire/server.h"
#include "stratus/wire/sigv4.h"

namespace stratus::wire {

/// Whether a caller may do what it asks.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  /// Throws aws::Error whose message says who may not do what, and why; the front door puts the service's code on it.
  /// `action` is "ecs:CreateCluster".
  virtual void authorize(const aws::Context& context, const std::string& action,
                         const std::vector<std::string>& resources) const = 0;
};

struct FrontDoorSettings {
  ServerSettings server;
  std::string version = "0";
  std::uint64_t body_limit = 16ULL << 20U;                       ///< bytes, for what no service streams
  std::uint64_t s3_body_limit = (5ULL << 30U) + (64ULL << 20U);  ///< bytes, of one S3 request with its chunks' headers
};

class FrontDoor {
 public:
  FrontDoor(AsioLoop& loop, state::Store& store, Random& random, FrontDoorSettings settings);
  ~FrontDoor();

  void add(const aws::ServiceModel& model, aws::Service& implementation);
  /// Everything below `prefix` goes to `handler`, unsigned (ECR's registry: "/v2").
  void add_raw(const std::string& prefix, HttpHandler handler);
  /// `action` ("sns:Unsubscribe") may come without a signature, as the links in mails do; its context then knows
  /// neither account nor region, and nobody is asked whether it may.
  void allow_unsigned(const std::string& action);
  /// `/_stratus/<path>`, and everything below it where it ends with a slash: only for programs on this machine, not for
  /// pages of other sites in its browser.
  void add_internal(const std::string& method, const std::string& path, HttpHandler handler);
  void set_credentials(const Credentials& credentials);
  void set_authorizer(const Authorizer& authorizer);
  void set_audit(Audit& audit);
  /// A JSON object that `/_stratus/health` shows under "parts".
  void set_health(std::function<std::string()> health);

  void listen();
  /// Serves the API on a listening socket elsewhere too, over TLS where `tls` is set: not the internal pages, and not
  /// for keys that are good on this machine alone. Throws std::runtime_error.
  void serve_on(UniqueFd socket, TlsChooser tls);
  std::uint16_t port() const;
  void stop(Duration grace, std::function<void()> done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stratus::wire
