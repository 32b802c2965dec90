// SAML providers: kept and read back. Signing in with their assertions (AssumeRoleWithSAML) is not served.
#include "stratus/core/arn.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {
namespace {

template <class Request>
void refuse_encryption(const Request& request, const char* operation) {
  if (request.assertion_encryption_mode || request.add_private_key)
    throw aws::not_implemented(std::string(operation) + ": encrypted assertions");
}

}  // namespace

const SamlProvider& Service::saml_provider(const aws::Context& context, const std::string& arn) const {
  const SamlProvider* found = saml_providers_.find(context.account, "", arn);
  if (found == nullptr) throw im::errors::NoSuchEntityException("Manifest not found for arn " + arn);
  return *found;
}

im::CreateSAMLProviderResponse Service::create_saml_provider(aws::Context& context,
                                                             const im::CreateSAMLProviderRequest& request) {
  refuse_encryption(request, "CreateSAMLProvider");
  SamlProvider row;
  row.arn = make_arn("iam", "", context.account, "saml-provider/" + *request.name);
  if (saml_providers_.find(context.account, "", row.arn) != nullptr)
    throw im::errors::EntityAlreadyExistsException("Provider with name " + *request.name + " already exists.");
  row.uuid = random_.uuid();
  row.metadata = *request.saml_metadata_document;
  row.created = Timestamp{context.now.ms / 1000 * 1000};
  row.valid_until = row.created + std::chrono::hours(24 * 36'525);  // a hundred years
  merge_tags(row.tags, request.tags, "SAMLProvider");
  const state::Key where{context.account, "", row.arn};
  const SamlProvider& made = saml_providers_.put(where, std::move(row));
  im::CreateSAMLProviderResponse out{.saml_provider_arn = made.arn};
  if (!made.tags.empty()) out.tags = tags_of(made.tags);
  return out;
}

im::GetSAMLProviderResponse Service::get_saml_provider(aws::Context& context,
                                                       const im::GetSAMLProviderRequest& request) {
  const SamlProvider& row = saml_provider(context, *request.saml_provider_arn);
  return {.saml_provider_uuid = row.uuid,
          .saml_metadata_document = row.metadata,
          .create_date = row.created,
          .valid_until = row.valid_until,
          .tags = tags_of(row.tags)};
}

im::ListSAMLProvidersResponse Service::list_saml_providers(aws::Context& context, const im::ListSAMLProvidersRequest&) {
  im::ListSAMLProvidersResponse out{.saml_provider_list = std::vector<im::SAMLProviderListEntry>{}};
  for (const SamlProvider* row : saml_providers_.list(context.account, ""))
    out.saml_provider_list->push_back({.arn = row->arn, .valid_until = row->valid_until, .create_date = row->created});
  return out;
}

im::UpdateSAMLProviderResponse Service::update_saml_provider(aws::Context& context,
                                                             const im::UpdateSAMLProviderRequest& request) {
  refuse_encryption(request, "UpdateSAMLProvider");
  saml_provider(context, *request.saml_provider_arn);
  saml_providers_.update({context.account, "", *request.saml_provider_arn}, [&](SamlProvider& row) {
    if (request.saml_metadata_document) row.metadata = *request.saml_metadata_document;
  });
  return {.saml_provider_arn = request.saml_provider_arn};
}

im::DeleteSAMLProviderResponse Service::delete_saml_provider(aws::Context& context,
                                                             const im::DeleteSAMLProviderRequest& request) {
  saml_provider(context, *request.saml_provider_arn);
  saml_providers_.erase({context.account, "", *request.saml_provider_arn});
  return {};
}

im::TagSAMLProviderResponse Service::tag_saml_provider(aws::Context& context,
                                                       const im::TagSAMLProviderRequest& request) {
  saml_provider(context, *request.saml_provider_arn);
  saml_providers_.update({context.account, "", *request.saml_provider_arn},
                         [&](SamlProvider& row) { merge_tags(row.tags, request.tags, "SAMLProvider"); });
  return {};
}

im::UntagSAMLProviderResponse Service::untag_saml_provider(aws::Context& context,
                                                           const im::UntagSAMLProviderRequest& request) {
  saml_provider(context, *request.saml_provider_arn);
  saml_providers_.update({context.account, "", *request.saml_provider_arn}, [&](SamlProvider& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListSAMLProviderTagsResponse Service::list_saml_provider_tags(aws::Context& context,
                                                                  const im::ListSAMLProviderTagsRequest& request) {
  im::ListSAMLProviderTagsResponse out{.tags = tags_of(saml_provider(context, *request.saml_provider_arn).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

}  // namespace stratus::services::iam
