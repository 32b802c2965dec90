// Amazon Route 53: hosted zones whose records really answer, in VPCs and on the machine, and health checks that probe.
#pragma once

#include <functional>
#include <set>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/services/route53/answers.h"
#include "stratus/services/route53/ports.h"
#include "stratus/services/route53/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::route53 {

class Service final : public r53::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, Vpcs& vpcs, AliasEndpoints& endpoints, Prober& prober);

  /// Publishes what is recorded and begins probing.
  void start();
  /// Rows were taken away behind its back (a reset): looks again.
  void notice() { wake(); }
  /// After a publication: names mean something else now.
  void on_published(std::function<void()> handler) { published_handlers_.push_back(std::move(handler)); }

  dns::Answer answer(const Asker& asker, std::string_view qname, dns::Type qtype) {
    return answers_.answer(asker, qname, qtype);
  }
  /// Names of the public zones that have addresses, as the DNS room writes them; wildcards left out.
  std::vector<std::string> public_names() const;
  /// Whether `qname` is one of the name servers that a zone was given.
  bool is_name_server(std::string_view qname) const;

  r53::AssociateVPCWithHostedZoneResponse associate_vpc_with_hosted_zone(
      aws::Context&, const r53::AssociateVPCWithHostedZoneRequest&) override;
  r53::ChangeResourceRecordSetsResponse change_resource_record_sets(
      aws::Context&, const r53::ChangeResourceRecordSetsRequest&) override;
  r53::ChangeTagsForResourceResponse change_tags_for_resource(aws::Context&,
                                                              const r53::ChangeTagsForResourceRequest&) override;
  r53::CreateHealthCheckResponse create_health_check(aws::Context&, const r53::CreateHealthCheckRequest&) override;
  r53::CreateHostedZoneResponse create_hosted_zone(aws::Context&, const r53::CreateHostedZoneRequest&) override;
  r53::CreateReusableDelegationSetResponse create_reusable_delegation_set(
      aws::Context&, const r53::CreateReusableDelegationSetRequest&) override;
  r53::CreateVPCAssociationAuthorizationResponse create_vpc_association_authorization(
      aws::Context&, const r53::CreateVPCAssociationAuthorizationRequest&) override;
  r53::DeleteHealthCheckResponse delete_health_check(aws::Context&, const r53::DeleteHealthCheckRequest&) override;
  r53::DeleteHostedZoneResponse delete_hosted_zone(aws::Context&, const r53::DeleteHostedZoneRequest&) override;
  r53::DeleteReusableDelegationSetResponse delete_reusable_delegation_set(
      aws::Context&, const r53::DeleteReusableDelegationSetRequest&) override;
  r53::DeleteVPCAssociationAuthorizationResponse delete_vpc_association_authorization(
      aws::Context&, const r53::DeleteVPCAssociationAuthorizationRequest&) override;
  r53::DisassociateVPCFromHostedZoneResponse disassociate_vpc_from_hosted_zone(
      aws::Context&, const r53::DisassociateVPCFromHostedZoneRequest&) override;
  r53::GetAccountLimitResponse get_account_limit(aws::Context&, const r53::GetAccountLimitRequest&) override;
  r53::GetChangeResponse get_change(aws::Context&, const r53::GetChangeRequest&) override;
  r53::GetDNSSECResponse get_dnssec(aws::Context&, const r53::GetDNSSECRequest&) override;
  r53::GetHealthCheckResponse get_health_check(aws::Context&, const r53::GetHealthCheckRequest&) override;
  r53::GetHealthCheckCountResponse get_health_check_count(aws::Context&,
                                                          const r53::GetHealthCheckCountRequest&) override;
  r53::GetHealthCheckLastFailureReasonResponse get_health_check_last_failure_reason(
      aws::Context&, const r53::GetHealthCheckLastFailureReasonRequest&) override;
  r53::GetHealthCheckStatusResponse get_health_check_status(aws::Context&,
                                                            const r53::GetHealthCheckStatusRequest&) override;
  r53::GetHostedZoneResponse get_hosted_zone(aws::Context&, const r53::GetHostedZoneRequest&) override;
  r53::GetHostedZoneCountResponse get_hosted_zone_count(aws::Context&, const r53::GetHostedZoneCountRequest&) override;
  r53::GetHostedZoneLimitResponse get_hosted_zone_limit(aws::Context&, const r53::GetHostedZoneLimitRequest&) override;
  r53::GetReusableDelegationSetResponse get_reusable_delegation_set(
      aws::Context&, const r53::GetReusableDelegationSetRequest&) override;
  r53::ListHealthChecksResponse list_health_checks(aws::Context&, const r53::ListHealthChecksRequest&) override;
  r53::ListHostedZonesResponse list_hosted_zones(aws::Context&, const r53::ListHostedZonesRequest&) override;
  r53::ListHostedZonesByNameResponse list_hosted_zones_by_name(aws::Context&,
                                                               const r53::ListHostedZonesByNameRequest&) override;
  r53::ListHostedZonesByVPCResponse list_hosted_zones_by_vpc(aws::Context&,
                                                             const r53::ListHostedZonesByVPCRequest&) override;
  r53::ListQueryLoggingConfigsResponse list_query_logging_configs(aws::Context&,
                                                                  const r53::ListQueryLoggingConfigsRequest&) override;
  r53::ListResourceRecordSetsResponse list_resource_record_sets(aws::Context&,
                                                                const r53::ListResourceRecordSetsRequest&) override;
  r53::ListReusableDelegationSetsResponse list_reusable_delegation_sets(
      aws::Context&, const r53::ListReusableDelegationSetsRequest&) override;
  r53::ListTagsForResourceResponse list_tags_for_resource(aws::Context&,
                                                          const r53::ListTagsForResourceRequest&) override;
  r53::ListTagsForResourcesResponse list_tags_for_resources(aws::Context&,
                                                            const r53::ListTagsForResourcesRequest&) override;
  r53::ListVPCAssociationAuthorizationsResponse list_vpc_association_authorizations(
      aws::Context&, const r53::ListVPCAssociationAuthorizationsRequest&) override;
  r53::TestDNSAnswerResponse test_dns_answer(aws::Context&, const r53::TestDNSAnswerRequest&) override;
  r53::UpdateHealthCheckResponse update_health_check(aws::Context&, const r53::UpdateHealthCheckRequest&) override;
  r53::UpdateHostedZoneCommentResponse update_hosted_zone_comment(aws::Context&,
                                                                  const r53::UpdateHostedZoneCommentRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  /// Publishes zones that changed, turns their changes INSYNC, and probes what is due.
  void reconcile() override;
  void publish(const std::string& zone_id);
  void probe_due();
  void probed(const state::Key& key, std::int64_t version, const Prober::Outcome& outcome);
  bool healthy(const std::string& health_check_id) const;
  bool healthy(const HealthCheckRow& row, int depth) const;

  /// Of the account; NoSuchHostedZone otherwise. `id` with or without "/hostedzone/".
  const ZoneRow& zone(const aws::Context& context, const std::optional<std::string>& id) const;
  const HealthCheckRow& health_check(const aws::Context& context, const std::string& id) const;
  std::vector<std::pair<state::Key, const RecordRow*>> records_of(const std::string& account,
                                                                  const std::string& zone_id) const;
  r53::HostedZone view(const aws::Context& context, const ZoneRow& row) const;
  r53::ChangeInfo begin_change(const aws::Context& context, const std::string& zone_id,
                               const std::optional<std::string>& comment);
  void check_vpc(const std::string& account, const r53::VPC& vpc) const;
  void check_no_conflict(const std::string& zone_id, const std::string& name, const r53::VPC& vpc) const;
  std::vector<std::string> new_name_servers();
  void put_required_records(const state::Key& zone_key, const ZoneRow& row);
  /// Problems of a set that was written, in AWS's words.
  void check_set(const aws::Context& context, const ZoneRow& zone, const r53::ResourceRecordSet& set,
                 const std::map<std::string, RecordRow>& records, std::vector<std::string>& problems);

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  Vpcs& vpcs_;
  AliasEndpoints& endpoints_;
  Prober& prober_;
  state::Table<ZoneRow> zones_;
  state::Table<RecordRow> records_;
  state::Table<ChangeRow> changes_;
  state::Table<DelegationSetRow> delegation_sets_;
  state::Table<HealthCheckRow> health_checks_;
  Answers answers_;
  std::set<std::string> unpublished_;                    ///< zone ids
  std::map<std::string, std::set<state::Key>> pending_;  ///< changes by zone
  std::vector<std::function<void()>> published_handlers_;
  /// What the probes found; forgotten at a restart, as a health check begins anew.
  struct Health {
    bool known = false, good = true;  ///< Route 53 takes an endpoint for healthy until it knows better
    bool probing = false;
    int run = 0;  ///< outcomes in a row that differ from `good`
    Timestamp next;
    r53::StatusReport last, last_failure;
  };
  std::map<std::string, Health> health_;
};

/// "Z123" of "/hostedzone/Z123".
std::string plain_id(std::string_view id);
std::string record_key(const std::string& zone_id, const r53::ResourceRecordSet& set);
/// The problem of one value of a type, in AWS's words; empty where it is good.
std::string value_problem(const std::string& type, const std::string& value);

}  // namespace stratus::services::route53
