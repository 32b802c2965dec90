// Requesting, describing, listing, tagging and deleting certificates.
#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/acm/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::acm {
namespace {

constexpr std::size_t kMaxTags = 50, kMaxNames = 100, kShownNames = 100;
constexpr std::chrono::hours kTokenLife{1};

void check_count(const std::map<std::string, std::string>& tags) {
  if (tags.size() <= kMaxTags) return;
  std::vector<std::string> shown;
  for (const auto& [key, value] : tags) shown.push_back(key + "=" + value);
  throw cm::errors::TooManyTagsException("the TagSet: '{" + text::join(shown, ", ") + "}' contains too many Tags");
}

std::map<std::string, std::string> tag_map(const std::optional<std::vector<cm::Tag>>& tags) {
  std::map<std::string, std::string> out;
  for (const auto& tag : tags.value_or(std::vector<cm::Tag>{})) {
    if (tag.key->starts_with("aws:"))
      throw cm::errors::InvalidTagException("AWS internal tags cannot be changed with this API");
    out[*tag.key] = tag.value.value_or("");
  }
  check_count(out);
  return out;
}

template <class Usage>
bool any_usage(const std::optional<std::vector<Usage>>& usages, const std::vector<std::string>& wanted) {
  if (!usages) return false;
  return std::any_of(usages->begin(), usages->end(), [&](const Usage& usage) {
    return std::find(wanted.begin(), wanted.end(), usage.name.value_or("")) != wanted.end();
  });
}

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

cm::RequestCertificateResponse Service::request_certificate(aws::Context& context,
                                                            const cm::RequestCertificateRequest& request) {
  // Who names no method gets DNS: mail is sent to nobody here.
  const std::string method = request.validation_method.value_or("DNS");
  if (method != "DNS") throw aws::not_implemented("RequestCertificate: ValidationMethod " + method);
  if (request.certificate_authority_arn) throw aws::not_implemented("RequestCertificate: CertificateAuthorityArn");
  if (request.managed_by) throw aws::not_implemented("RequestCertificate: ManagedBy");
  if (request.options && request.options->export_.value_or("DISABLED") == "ENABLED")
    throw aws::not_implemented("RequestCertificate: Options.Export ENABLED");
  const std::string algorithm = request.key_algorithm.value_or("RSA_2048");
  if (algorithm != "RSA_2048" && algorithm != "EC_prime256v1" && algorithm != "EC_secp384r1")
    throw cm::errors::InvalidParameterException("The key algorithm " + algorithm +
                                                " is not supported for requested certificates.");

  std::vector<std::string> names{text::lower(*request.domain_name)};
  for (const auto& name : request.subject_alternative_names.value_or(std::vector<std::string>{}))
    if (const auto lower = text::lower(name); !contains(names, lower)) names.push_back(lower);
  if (names.size() > kMaxNames)
    throw cm::errors::LimitExceededException("The certificate would have more than 100 domain names.");
  for (const auto& option : request.domain_validation_options.value_or(std::vector<cm::DomainValidationOption>{})) {
    const std::string domain = text::lower(*option.domain_name), validation = text::lower(*option.validation_domain);
    if (!contains(names, domain) || (domain != validation && !domain.ends_with("." + validation)))
      throw cm::errors::InvalidDomainValidationOptionsException("The validation domain " + *option.validation_domain +
                                                                " is not a superdomain of " + *option.domain_name +
                                                                ".");
  }
  const auto tags = tag_map(request.tags);
  if (request.idempotency_token)
    for (const CertificateRow* row : certificates_.list(context.account, context.region))
      if (row->token == request.idempotency_token && row->value.domain_name == names.front() &&
          row->value.subject_alternative_names == names && *row->value.created_at + kTokenLife > context.now)
        return {.certificate_arn = row->value.certificate_arn};

  const std::string arn = make_arn("acm", context.region, context.account, "certificate/" + random_.uuid());
  CertificateRow row{.value = {.certificate_arn = arn,
                               .domain_name = names.front(),
                               .subject_alternative_names = names,
                               .domain_validation_options = std::vector<cm::DomainValidation>{},
                               .subject = "CN=" + names.front(),
                               .issuer = "Stratus",
                               .created_at = context.now,
                               .status = "PENDING_VALIDATION",
                               .key_algorithm = algorithm,
                               .type = "AMAZON_ISSUED"},
                     .tags = tags,
                     .token = request.idempotency_token};
  for (const auto& name : names) row.value.domain_validation_options->push_back(validation_of(context.account, name));
  row.value.options = cm::CertificateOptions{
      .certificate_transparency_logging_preference =
          request.options ? request.options->certificate_transparency_logging_preference.value_or("ENABLED")
                          : "ENABLED",
      .export_ = "DISABLED"};
  certificates_.put(key_of(arn), std::move(row));
  store_.after_commit([this] { wake(); });
  return {.certificate_arn = arn};
}

cm::DescribeCertificateResponse Service::describe_certificate(aws::Context& context,
                                                              const cm::DescribeCertificateRequest& request) {
  return {.certificate = view(certificate(context, *request.certificate_arn))};
}

cm::GetCertificateResponse Service::get_certificate(aws::Context& context, const cm::GetCertificateRequest& request) {
  const CertificateRow& row = certificate(context, *request.certificate_arn);
  if (row.value.status == "PENDING_VALIDATION")
    throw cm::errors::RequestInProgressException("Certificate " + *request.certificate_arn + " is being processed.");
  if (row.certificate.empty())
    throw cm::errors::ResourceNotFoundException("Could not find certificate " + *request.certificate_arn + ".");
  cm::GetCertificateResponse out{.certificate = row.certificate};
  if (!row.chain.empty()) out.certificate_chain = row.chain;
  return out;
}

cm::DeleteCertificateResponse Service::delete_certificate(aws::Context& context,
                                                          const cm::DeleteCertificateRequest& request) {
  const std::string& arn = *request.certificate_arn;
  certificate(context, arn);
  if (!users_.in_use_by(arn).empty())
    throw cm::errors::ResourceInUseException("Certificate " + arn + " in account " + context.account + " is in use.");
  certificates_.erase(key_of(arn));
  return {};
}

cm::ListCertificatesResponse Service::list_certificates(aws::Context& context,
                                                        const cm::ListCertificatesRequest& request) {
  if (request.sort_by.has_value() != request.sort_order.has_value())
    throw cm::errors::InvalidArgsException("SortBy and SortOrder must be specified together.");
  const auto includes = request.includes.value_or(cm::Filters{});
  // Without a filter AWS lists only these two.
  const std::vector<std::string> key_types =
      includes.key_types.value_or(std::vector<std::string>{"RSA_1024", "RSA_2048"});
  std::vector<cm::CertificateSummary> found;
  for (const CertificateRow* row : certificates_.list(context.account, context.region)) {
    const auto value = view(*row);
    if (request.certificate_statuses && !request.certificate_statuses->empty() &&
        !contains(*request.certificate_statuses, *value.status))
      continue;
    if (!contains(key_types, value.key_algorithm.value_or(""))) continue;
    if (includes.key_usage && !contains(*includes.key_usage, "ANY") &&
        !any_usage(value.key_usages, *includes.key_usage))
      continue;
    if (includes.extended_key_usage && !contains(*includes.extended_key_usage, "ANY") &&
        !any_usage(value.extended_key_usages, *includes.extended_key_usage))
      continue;
    if (includes.export_option == "ENABLED" || includes.managed_by) continue;  // there are none of these
    std::vector<std::string> names = value.subject_alternative_names.value_or(std::vector<std::string>{});
    const bool more = names.size() > kShownNames;
    if (more) names.resize(kShownNames);
    cm::CertificateSummary summary{.certificate_arn = value.certificate_arn,
                                   .domain_name = value.domain_name,
                                   .subject_alternative_name_summaries = names,
                                   .has_additional_subject_alternative_names = more,
                                   .status = value.status,
                                   .type = value.type,
                                   .key_algorithm = value.key_algorithm,
                                   .key_usages = std::vector<std::string>{},
                                   .extended_key_usages = std::vector<std::string>{},
                                   .export_option = "DISABLED",
                                   .in_use = !value.in_use_by->empty(),
                                   .renewal_eligibility = value.renewal_eligibility,
                                   .not_before = value.not_before,
                                   .not_after = value.not_after,
                                   .created_at = value.created_at,
                                   .issued_at = value.issued_at,
                                   .imported_at = value.imported_at};
    for (const auto& usage : value.key_usages.value_or(std::vector<cm::KeyUsage>{}))
      summary.key_usages->push_back(*usage.name);
    for (const auto& usage : value.extended_key_usages.value_or(std::vector<cm::ExtendedKeyUsage>{}))
      summary.extended_key_usages->push_back(*usage.name);
    found.push_back(std::move(summary));
  }
  const auto order = [](const cm::CertificateSummary& summary) {
    const auto made = summary.created_at ? *summary.created_at : summary.imported_at.value_or(Timestamp{});
    return std::pair(made.ms, *summary.certificate_arn);
  };
  const bool descending = request.sort_order == "DESCENDING";
  std::sort(found.begin(), found.end(),
            [&](const auto& a, const auto& b) { return descending ? order(b) < order(a) : order(a) < order(b); });
  std::size_t from = 0;
  if (request.next_token) {
    const std::string behind = wire::page_position("acm.certificates", *request.next_token, "ValidationException");
    while (from < found.size() && *found[from].certificate_arn != behind) ++from;
    from = std::min(from + 1, found.size());
  }
  const std::size_t to = std::min(found.size(), from + static_cast<std::size_t>(request.max_items.value_or(1000)));
  cm::ListCertificatesResponse out;
  if (to < found.size()) out.next_token = wire::page_token("acm.certificates", *found[to - 1].certificate_arn);
  out.certificate_summary_list = std::vector<cm::CertificateSummary>(found.begin() + static_cast<std::ptrdiff_t>(from),
                                                                     found.begin() + static_cast<std::ptrdiff_t>(to));
  return out;
}

cm::RenewCertificateResponse Service::renew_certificate(aws::Context& context,
                                                        const cm::RenewCertificateRequest& request) {
  const std::string& arn = *request.certificate_arn;
  const CertificateRow& row = certificate(context, arn);
  if (row.value.status == "PENDING_VALIDATION")
    throw cm::errors::RequestInProgressException("Certificate " + arn + " is being processed.");
  if (view(row).renewal_eligibility != "ELIGIBLE")
    throw cm::errors::ValidationException("Certificate " + arn + " is not eligible for renewal.");
  certificates_.update(key_of(arn), [&](CertificateRow& changed) {
    changed.renewal_asked = true;
    changed.value.renewal_summary =
        cm::RenewalSummary{.renewal_status = "PENDING_AUTO_RENEWAL",
                           .domain_validation_options = changed.value.domain_validation_options,
                           .updated_at = context.now};
  });
  store_.after_commit([this] { wake(); });
  return {};
}

cm::UpdateCertificateOptionsResponse Service::update_certificate_options(
    aws::Context& context, const cm::UpdateCertificateOptionsRequest& request) {
  const CertificateRow& row = certificate(context, *request.certificate_arn);
  if (row.value.type == "IMPORTED")
    throw cm::errors::InvalidStateException("The options of an imported certificate cannot be changed.");
  if (request.options->export_.value_or("DISABLED") == "ENABLED")
    throw aws::not_implemented("UpdateCertificateOptions: Options.Export ENABLED");
  certificates_.update(key_of(*request.certificate_arn), [&](CertificateRow& changed) {
    if (const auto& preference = request.options->certificate_transparency_logging_preference)
      changed.value.options->certificate_transparency_logging_preference = preference;
  });
  return {};
}

cm::AddTagsToCertificateResponse Service::add_tags_to_certificate(aws::Context& context,
                                                                  const cm::AddTagsToCertificateRequest& request) {
  const CertificateRow& row = certificate(context, *request.certificate_arn);
  auto tags = row.tags;
  for (const auto& [key, value] : tag_map(request.tags)) tags[key] = value;
  check_count(tags);
  certificates_.update(key_of(*request.certificate_arn),
                       [&](CertificateRow& changed) { changed.tags = std::move(tags); });
  return {};
}

cm::RemoveTagsFromCertificateResponse Service::remove_tags_from_certificate(
    aws::Context& context, const cm::RemoveTagsFromCertificateRequest& request) {
  certificate(context, *request.certificate_arn);
  certificates_.update(key_of(*request.certificate_arn), [&](CertificateRow& changed) {
    for (const auto& tag : *request.tags) {
      const auto found = changed.tags.find(*tag.key);
      // A value given must be the tag's own.
      if (found != changed.tags.end() && (!tag.value || *tag.value == found->second)) changed.tags.erase(found);
    }
  });
  return {};
}

cm::ListTagsForCertificateResponse Service::list_tags_for_certificate(
    aws::Context& context, const cm::ListTagsForCertificateRequest& request) {
  cm::ListTagsForCertificateResponse out{.tags = std::vector<cm::Tag>{}};
  for (const auto& [key, value] : certificate(context, *request.certificate_arn).tags)
    out.tags->push_back({.key = key, .value = value});
  return out;
}

cm::GetAccountConfigurationResponse Service::get_account_configuration(aws::Context& context,
                                                                       const cm::GetAccountConfigurationRequest&) {
  const AccountRow* row = accounts_.find(context.account, context.region, "account");
  return {.expiry_events = cm::ExpiryEventsConfiguration{
              .days_before_expiry = row == nullptr ? AccountRow().days_before_expiry : row->days_before_expiry}};
}

cm::PutAccountConfigurationResponse Service::put_account_configuration(
    aws::Context& context, const cm::PutAccountConfigurationRequest& request) {
  if (request.expiry_events && request.expiry_events->days_before_expiry)
    accounts_.put({context.account, context.region, "account"},
                  {.days_before_expiry = *request.expiry_events->days_before_expiry});
  return {};
}

}  // namespace stratus::services::acm
