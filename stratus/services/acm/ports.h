// What certificates need of rooms above: answers from DNS, and who serves them.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace stratus::services::acm {

class Resolution {
 public:
  virtual ~Resolution() = default;
  /// Asks a resolver for the CNAME of `name`; calls back once, in a later turn, with where it leads: empty where
  /// nowhere.
  virtual void cname(const std::string& name, std::function<void(std::string)> done) = 0;
};

class Users {
 public:
  virtual ~Users() = default;
  /// ARNs of the load balancers whose listeners serve the certificate.
  virtual std::vector<std::string> in_use_by(const std::string& certificate_arn) = 0;
};

}  // namespace stratus::services::acm
