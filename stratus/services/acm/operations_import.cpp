// Certificates that were made elsewhere.
#include "stratus/core/arn.h"
#include "stratus/services/acm/service.h"

namespace stratus::services::acm {

cm::ImportCertificateResponse Service::import_certificate(aws::Context& context,
                                                          const cm::ImportCertificateRequest& request) {
  const auto refuse = [](const char* message) -> aws::Error { return cm::errors::ValidationException(message); };
  const std::string& body = request.certificate->bytes;
  const std::string& key = request.private_key->bytes;
  const std::string chain = request.certificate_chain ? request.certificate_chain->bytes : "";
  const int count = x509::count(body);
  if (count > 1)
    throw refuse(
        "The certificate field contains more than one certificate. You can specify only one certificate in this "
        "field.");
  const auto described = count == 1 ? x509::describe(body) : std::nullopt;
  if (!described) throw refuse("The certificate is not PEM-encoded or is not valid.");
  if (!x509::is_key(key)) throw refuse("The private key is not PEM-encoded or is not valid.");
  if (!x509::belongs(body, key)) throw refuse("The private key does not match the certificate.");
  if (described->not_before > context.now) throw refuse("The certificate is not in effect yet.");
  if (described->not_after <= context.now) throw refuse("The certificate has expired.");
  if (!chain.empty()) {
    if (x509::count(chain) < 0) throw refuse("The certificate chain is not PEM-encoded or is not valid.");
    if (!x509::verifies(body, chain)) throw refuse("Could not validate the certificate with the certificate chain.");
  }

  const bool again = request.certificate_arn && !request.certificate_arn->empty();
  CertificateRow row;
  if (again) {
    row = certificate(context, *request.certificate_arn);
    if (row.value.type != "IMPORTED")
      throw cm::errors::ValidationException("Certificate " + *request.certificate_arn + " was not imported.");
    if (request.tags && !request.tags->empty()) throw refuse("Tagging is not permitted on re-import.");
  } else {
    row.value.certificate_arn = make_arn("acm", context.region, context.account, "certificate/" + random_.uuid());
    for (const auto& tag : request.tags.value_or(std::vector<cm::Tag>{})) row.tags[*tag.key] = tag.value.value_or("");
    row.value.created_at = context.now;
  }
  auto& value = row.value;
  const std::string arn = *value.certificate_arn;
  std::vector<std::string> names = described->names;
  if (names.empty() && !described->common_name.empty()) names = {described->common_name};
  value.domain_name = described->common_name.empty() ? (names.empty() ? "" : names.front()) : described->common_name;
  value.subject_alternative_names = names;
  value.serial = described->serial;
  value.subject = described->subject;
  value.issuer = described->issuer_name;
  value.imported_at = context.now;
  value.status = "ISSUED";
  value.not_before = described->not_before;
  value.not_after = described->not_after;
  value.key_algorithm = described->key_algorithm;
  value.signature_algorithm = described->signature_algorithm;
  value.type = "IMPORTED";
  value.options = cm::CertificateOptions{.certificate_transparency_logging_preference = "DISABLED"};
  row.certificate = body.ends_with('\n') ? body : body + "\n";
  row.chain = chain.empty() || chain.ends_with('\n') ? chain : chain + "\n";
  row.sealed_key = {seal(arn, key)};
  certificates_.put(key_of(arn), std::move(row));
  changed(arn);
  store_.after_commit([this] { wake(); });
  return {.certificate_arn = arn};
}

}  // namespace stratus::services::acm
