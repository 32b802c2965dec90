// AWS's endpoints as tasks see them: "secretsmanager.us-east-1.amazonaws.com" is an address outside of the VPC, reached
// by the task's own routes, over TLS with a certificate for the name that was asked for.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "stratus/core/asio_loop.h"
#include "stratus/core/result.h"
#include "stratus/services/acm/service.h"
#include "stratus/wire/front_door.h"

namespace stratus::daemon {

/// A certificate for each endpoint's name, made when it is first asked for.
class EndpointCertificates {
 public:
  explicit EndpointCertificates(services::acm::Service& acm) : acm_(acm) {}
  ~EndpointCertificates();
  EndpointCertificates(const EndpointCertificates&) = delete;
  EndpointCertificates& operator=(const EndpointCertificates&) = delete;

  /// For wire::TlsChooser: the context for `name`; null where no endpoint is called so. Clients that name nothing get
  /// one for the endpoints' own domain.
  SSL_CTX* of(const std::string& name);

 private:
  struct Made {
    SSL_CTX* context = nullptr;
    Timestamp at;
  };
  services::acm::Service& acm_;
  std::string key_;
  std::map<std::string, Made> made_;
};

class ApiEndpoints {
 public:
  ApiEndpoints(AsioLoop& loop, wire::FrontDoor& door, services::acm::Service& acm)
      : loop_(loop), door_(door), certificates_(acm) {}

  /// Listens on the ports 80 and 443 of `address` in the namespace `netns`. Once.
  void open(const std::string& netns, const std::string& address, std::function<void(Result<>)> done);

 private:
  AsioLoop& loop_;
  wire::FrontDoor& door_;
  EndpointCertificates certificates_;
};

}  // namespace stratus::daemon
