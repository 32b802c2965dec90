// What ties certificates to the rest: ACM asks DNS and learns who serves a certificate; load balancers get what they
// serve.
#pragma once

#include "stratus/core/asio_loop.h"
#include "stratus/services/acm/service.h"
#include "stratus/services/elbv2/service.h"

namespace stratus::daemon {

/// Asks the machine's own resolver, by a packet like anybody's: a certificate is issued only where DNS really answers.
class ValidationRecords final : public services::acm::Resolution {
 public:
  /// `resolver` empty: there is none, and no record is ever found.
  ValidationRecords(AsioLoop& loop, std::string resolver) : loop_(loop), resolver_(std::move(resolver)) {}
  void cname(const std::string& name, std::function<void(std::string)> done) override;

 private:
  AsioLoop& loop_;
  const std::string resolver_;
};

/// Load balancers are built after certificates: they are made known by `set`.
class CertificateUsers final : public services::acm::Users {
 public:
  void set(services::elbv2::Service& elbv2) { elbv2_ = &elbv2; }
  std::vector<std::string> in_use_by(const std::string& certificate_arn) override;

 private:
  services::elbv2::Service* elbv2_ = nullptr;
};

class ServedCertificates final : public services::elbv2::Certificates {
 public:
  explicit ServedCertificates(services::acm::Service& acm) : acm_(acm) {}
  std::string pem(const std::string& account, const std::string& region, const std::string& arn) override;

 private:
  services::acm::Service& acm_;
};

}  // namespace stratus::daemon
