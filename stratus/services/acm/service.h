// AWS Certificate Manager: certificates of Stratus's own authority, issued once DNS shows that the domain is the
// asker's, renewed before they expire; and imported ones.
#pragma once

#include <functional>
#include <set>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/services/acm/ports.h"
#include "stratus/services/acm/resources.h"
#include "stratus/services/acm/x509.h"
#include "stratus/state/store.h"

namespace stratus::services::acm {

class Service final : public cm::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, Resolution& resolution, Users& users);

  /// Begins validation and renewal.
  void start();
  /// Names may mean something else now: looks again at what waits for its record.
  void notice() { wake(); }
  /// The root certificate, PEM: ca.pem in the state directory. Made once; a reset keeps it, so that who trusts it need
  /// not do so again. Its key lies beside it, sealed (ca.key).
  const std::string& root_certificate() const { return root_.certificate; }
  Timestamp now() const { return loop_.clock().now(); }
  /// A certificate of the root's for a server of this machine, signed for `key` (PEM); no row of ACM's. It holds as
  /// long as those that ACM issues.
  std::string issue_server(const std::string& key, const std::vector<std::string>& names);

  /// For load balancers: certificate, chain and private key. ResourceNotFoundException where there is none in the
  /// account and region, InvalidStateException where it is not issued.
  std::string pem(const std::string& account, const std::string& region, const std::string& arn) const;
  /// After a certificate was issued, renewed or imported anew.
  void on_changed(std::function<void(const std::string& arn)> handler) { handlers_.push_back(std::move(handler)); }

  cm::AddTagsToCertificateResponse add_tags_to_certificate(aws::Context&,
                                                           const cm::AddTagsToCertificateRequest&) override;
  cm::DeleteCertificateResponse delete_certificate(aws::Context&, const cm::DeleteCertificateRequest&) override;
  cm::DescribeCertificateResponse describe_certificate(aws::Context&, const cm::DescribeCertificateRequest&) override;
  cm::GetAccountConfigurationResponse get_account_configuration(aws::Context&,
                                                                const cm::GetAccountConfigurationRequest&) override;
  cm::GetCertificateResponse get_certificate(aws::Context&, const cm::GetCertificateRequest&) override;
  cm::ImportCertificateResponse import_certificate(aws::Context&, const cm::ImportCertificateRequest&) override;
  cm::ListCertificatesResponse list_certificates(aws::Context&, const cm::ListCertificatesRequest&) override;
  cm::ListTagsForCertificateResponse list_tags_for_certificate(aws::Context&,
                                                               const cm::ListTagsForCertificateRequest&) override;
  cm::PutAccountConfigurationResponse put_account_configuration(aws::Context&,
                                                                const cm::PutAccountConfigurationRequest&) override;
  cm::RemoveTagsFromCertificateResponse remove_tags_from_certificate(
      aws::Context&, const cm::RemoveTagsFromCertificateRequest&) override;
  cm::RenewCertificateResponse renew_certificate(aws::Context&, const cm::RenewCertificateRequest&) override;
  cm::RequestCertificateResponse request_certificate(aws::Context&, const cm::RequestCertificateRequest&) override;
  cm::UpdateCertificateOptionsResponse update_certificate_options(aws::Context&,
                                                                  const cm::UpdateCertificateOptionsRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  void reconcile() override;
  /// Asks for every record of the certificate that is not seen yet (or all, for a renewal); then `validated`.
  void look_up(const state::Key& key, bool renewal);
  void validated(const state::Key& key, bool renewal, const std::map<std::string, bool>& seen);
  void issue(const state::Key& key, bool renewal);
  void issued(const state::Key& key, bool renewal, const x509::Pair& pair);
  void changed(const std::string& arn);
  void load_root();
  std::string random_serial();
  std::string seal(const std::string& arn, const std::string& key) const;

  /// The certificate in the caller's account; InvalidArnException and ResourceNotFoundException otherwise.
  const CertificateRow& certificate(const aws::Context& context, const std::string& arn) const;
  static state::Key key_of(const std::string& arn);
  cm::CertificateDetail view(const CertificateRow& row) const;
  cm::DomainValidation validation_of(const std::string& account, const std::string& domain) const;

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  Resolution& resolution_;
  Users& users_;
  const std::string master_;
  state::Table<CertificateRow> certificates_;
  state::Table<AccountRow> accounts_;
  x509::Pair root_;
  std::set<std::string> busy_;  ///< ARNs with a look-up or an issue on its way
  std::map<std::string, Timestamp> next_look_;
  std::vector<std::function<void(const std::string&)>> handlers_;
};

}  // namespace stratus::services::acm
