#include "stratus/services/acm/service.h"

#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/check.h"
#include "stratus/core/crypto.h"
#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/state/master_key.h"

namespace stratus::services::acm {
namespace {

constexpr std::chrono::hours kRootLife{24 * 3650};
constexpr std::string_view kRootContext = "stratus.acm.root";

}  // namespace

Service::Service(Loop& loop, state::Store& store, Random& random, Resolution& resolution, Users& users)
    : Reconciler(loop, "acm", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      resolution_(resolution),
      users_(users),
      master_(state::master_key(store.directory())),
      certificates_(store, "acm_certificates"),
      accounts_(store, "acm_accounts") {
  load_root();
}

void Service::load_root() {
  const std::string& directory = store_.directory();
  const std::string key_path = directory + "/ca.key", certificate_path = directory + "/ca.pem";
  if (!directory.empty()) {
    const auto sealed = read_file(key_path), certificate = read_file(certificate_path);
    if (sealed && certificate) {
      const auto key = crypto::unseal(master_, *sealed, kRootContext);
      if (!key || !x509::belongs(*certificate, *key)) fatal(key_path + " is not the sealed key of " + certificate_path);
      root_ = {*certificate, *key};
      return;
    }
  }
  const Timestamp now = loop_.clock().now();
  root_ = x509::make_root("Stratus Root CA " + random_.hex(8), now - std::chrono::hours(1), now + kRootLife);
  if (directory.empty()) return;
  // The key first: a certificate is never there without it.
  auto written = write_file(key_path, crypto::seal(master_, root_.key, kRootContext), 0600);
  if (written) written = write_file(certificate_path, root_.certificate, 0644);
  if (!written) fatal(written.error().message());
}

std::string Service::random_serial() {
  std::string out;
  for (int i = 0; i < 16; ++i) out += static_cast<char>(random_.below(256));
  return out;
}

std::string Service::seal(const std::string& arn, const std::string& key) const {
  return crypto::seal(master_, key, "stratus.acm:" + arn);
}

state::Key Service::key_of(const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  return parsed ? state::Key{parsed->account, parsed->region, arn} : state::Key{"", "", arn};
}

const CertificateRow& Service::certificate(const aws::Context& context, const std::string& arn) const {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "acm" || !parsed->resource.starts_with("certificate/"))
    throw cm::errors::InvalidArnException("Invalid ARN: " + arn);
  const CertificateRow* row = certificates_.find(context.account, context.region, arn);
  if (row == nullptr) throw cm::errors::ResourceNotFoundException("Could not find certificate " + arn + ".");
  return *row;
}

std::string Service::pem(const std::string& account, const std::string& region, const std::string& arn) const {
  const CertificateRow* row = certificates_.find(account, region, arn);
  if (row == nullptr) throw cm::errors::ResourceNotFoundException("Could not find certificate " + arn + ".");
  // One that expired goes on being served, as on AWS, until its listener gets another.
  if (row->certificate.empty())
    throw cm::errors::InvalidStateException("Certificate " + arn + " is in the state " + *row->value.status + ".");
  const auto key = crypto::unseal(master_, row->sealed_key.bytes, "stratus.acm:" + arn);
  if (!key) throw cm::errors::InvalidStateException("The private key of " + arn + " cannot be opened.");
  return row->certificate + row->chain + *key;
}

void Service::changed(const std::string& arn) {
  store_.after_commit([this, arn] {
    for (const auto& handler : handlers_) handler(arn);
  });
}

cm::DomainValidation Service::validation_of(const std::string& account, const std::string& domain) const {
  const std::string base = domain.starts_with("*.") ? domain.substr(2) : domain;
  // The same record for the same domain of an account, every time: it stays in place for renewals and further requests.
  const std::string name = crypto::to_hex(crypto::hmac_sha256(master_, "name:" + account + ":" + base)).substr(0, 32);
  const std::string value = crypto::hmac_sha256(master_, "value:" + account + ":" + base);
  std::string zone;
  for (std::size_t i = 0; i < 10; ++i) zone += static_cast<char>('a' + static_cast<unsigned char>(value[16 + i]) % 26);
  return {.domain_name = domain,
          .validation_status = "PENDING_VALIDATION",
          .resource_record = cm::ResourceRecord{.name = "_" + name + "." + base + ".",
                                                .type = "CNAME",
                                                .value = "_" + crypto::to_hex(value.substr(0, 16)) + "." + zone +
                                                         ".acm-validations.aws."},
          .validation_method = "DNS"};
}

cm::CertificateDetail Service::view(const CertificateRow& row) const {
  cm::CertificateDetail out = row.value;
  out.in_use_by = users_.in_use_by(*row.value.certificate_arn);
  const bool eligible = row.value.type == "AMAZON_ISSUED" && row.value.status == "ISSUED" && !out.in_use_by->empty();
  out.renewal_eligibility = eligible ? "ELIGIBLE" : "INELIGIBLE";
  return out;
}

std::vector<std::string> Service::resources(const aws::Context&, const aws::Operation& operation, const void* request) {
  for (const Member& member : operation.input().members)
    if (std::string_view(member.name) == "CertificateArn")
      if (const void* value = member_value(member, request); value != nullptr)
        return {*static_cast<const std::string*>(value)};
  return {"*"};
}

}  // namespace stratus::services::acm
