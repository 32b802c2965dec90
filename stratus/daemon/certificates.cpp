#include "stratus/daemon/certificates.h"

#include "stratus/dataplane/dns/dns.h"

namespace stratus::daemon {

void ValidationRecords::cname(const std::string& name, std::function<void(std::string)> done) {
  if (resolver_.empty()) {
    loop_.post([done = std::move(done)] { done(""); });
    return;
  }
  std::string qname = name;
  if (qname.ends_with('.')) qname.pop_back();
  dns::forward_to(loop_, resolver_)(dns::Scope{}, qname, dns::Type::cname,
                                    [this, done = std::move(done)](const dns::Answer& answer) {
                                      std::string target;
                                      for (const auto& record : answer.records)
                                        if (record.type == dns::Type::cname) target = record.data;
                                      loop_.post([done, target] { done(target); });
                                    });
}

std::vector<std::string> CertificateUsers::in_use_by(const std::string& certificate_arn) {
  return elbv2_ == nullptr ? std::vector<std::string>{} : elbv2_->certificate_users(certificate_arn);
}

std::string ServedCertificates::pem(const std::string& account, const std::string& region, const std::string& arn) {
  try {
    return acm_.pem(account, region, arn);
  } catch (const aws::Error& error) {
    if (error.code == "ResourceNotFoundException")
      throw aws::Error("CertificateNotFound", 400, "Certificate '" + arn + "' not found");
    throw aws::Error("UnsupportedCertificate", 400,
                     "The certificate '" + arn +
                         "' must have a fully-qualified domain name, a supported signature, and a supported key size.");
  }
}

}  // namespace stratus::daemon
