// OpenID Connect providers: kept and read back. Signing in with their tokens (AssumeRoleWithWebIdentity) is not served.
#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {
namespace {

constexpr std::size_t kClientQuota = 100;
constexpr std::size_t kThumbprintQuota = 5;

void check(const OidcProvider& row) {
  if (row.client_ids.size() > kClientQuota)
    throw im::errors::LimitExceededException("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: " +
                                             std::to_string(kClientQuota));
  if (row.thumbprints.size() > kThumbprintQuota)
    throw im::errors::InvalidInputException("Thumbprint list must contain fewer than 5 entries.");
}

}  // namespace

const OidcProvider& Service::provider(const aws::Context& context, const std::string& arn) const {
  const OidcProvider* found = providers_.find(context.account, "", arn);
  if (found == nullptr) throw im::errors::NoSuchEntityException("OpenIDConnect Provider not found for arn " + arn);
  return *found;
}

im::CreateOpenIDConnectProviderResponse Service::create_open_id_connect_provider(
    aws::Context& context, const im::CreateOpenIDConnectProviderRequest& request) {
  constexpr std::string_view scheme = "https://";
  if (!request.url->starts_with(scheme))
    throw im::errors::InvalidInputException("Invalid Open ID Connect Provider URL");
  OidcProvider row;
  row.url = request.url->substr(scheme.size());
  while (row.url.ends_with("/")) row.url.pop_back();
  if (row.url.empty() || row.url.find_first_of("?#@ ") != std::string::npos)
    throw im::errors::InvalidInputException("Invalid Open ID Connect Provider URL");
  row.arn = make_arn("iam", "", context.account, "oidc-provider/" + row.url);
  if (providers_.find(context.account, "", row.arn) != nullptr)
    throw im::errors::EntityAlreadyExistsException("Provider with url " + *request.url + " already exists.");
  row.client_ids = request.client_id_list.value_or(std::vector<std::string>{});
  row.thumbprints = request.thumbprint_list.value_or(std::vector<std::string>{});
  check(row);
  merge_tags(row.tags, request.tags, "OpenIdConnectProvider");
  row.created = Timestamp{context.now.ms / 1000 * 1000};
  const OidcProvider& made = providers_.put({context.account, "", row.arn}, row);
  return {.open_id_connect_provider_arn = made.arn, .tags = tags_of(made.tags)};
}

im::GetOpenIDConnectProviderResponse Service::get_open_id_connect_provider(
    aws::Context& context, const im::GetOpenIDConnectProviderRequest& request) {
  const OidcProvider& row = provider(context, *request.open_id_connect_provider_arn);
  return {.url = row.url,
          .client_id_list = row.client_ids,
          .thumbprint_list = row.thumbprints,
          .create_date = row.created,
          .tags = tags_of(row.tags)};
}

im::ListOpenIDConnectProvidersResponse Service::list_open_id_connect_providers(
    aws::Context& context, const im::ListOpenIDConnectProvidersRequest&) {
  im::ListOpenIDConnectProvidersResponse out{.open_id_connect_provider_list =
                                                 std::vector<im::OpenIDConnectProviderListEntry>{}};
  for (const OidcProvider* row : providers_.list(context.account, ""))
    out.open_id_connect_provider_list->push_back({.arn = row->arn});
  return out;
}

im::DeleteOpenIDConnectProviderResponse Service::delete_open_id_connect_provider(
    aws::Context& context, const im::DeleteOpenIDConnectProviderRequest& request) {
  provider(context, *request.open_id_connect_provider_arn);
  providers_.erase({context.account, "", *request.open_id_connect_provider_arn});
  return {};
}

im::AddClientIDToOpenIDConnectProviderResponse Service::add_client_id_to_open_id_connect_provider(
    aws::Context& context, const im::AddClientIDToOpenIDConnectProviderRequest& request) {
  provider(context, *request.open_id_connect_provider_arn);
  providers_.update({context.account, "", *request.open_id_connect_provider_arn}, [&](OidcProvider& row) {
    if (std::find(row.client_ids.begin(), row.client_ids.end(), *request.client_id) == row.client_ids.end())
      row.client_ids.push_back(*request.client_id);
    check(row);
  });
  return {};
}

im::RemoveClientIDFromOpenIDConnectProviderResponse Service::remove_client_id_from_open_id_connect_provider(
    aws::Context& context, const im::RemoveClientIDFromOpenIDConnectProviderRequest& request) {
  provider(context, *request.open_id_connect_provider_arn);
  providers_.update({context.account, "", *request.open_id_connect_provider_arn},
                    [&](OidcProvider& row) { std::erase(row.client_ids, *request.client_id); });
  return {};
}

im::UpdateOpenIDConnectProviderThumbprintResponse Service::update_open_id_connect_provider_thumbprint(
    aws::Context& context, const im::UpdateOpenIDConnectProviderThumbprintRequest& request) {
  provider(context, *request.open_id_connect_provider_arn);
  providers_.update({context.account, "", *request.open_id_connect_provider_arn}, [&](OidcProvider& row) {
    row.thumbprints = *request.thumbprint_list;
    check(row);
  });
  return {};
}

im::TagOpenIDConnectProviderResponse Service::tag_open_id_connect_provider(
    aws::Context& context, const im::TagOpenIDConnectProviderRequest& request) {
  provider(context, *request.open_id_connect_provider_arn);
  providers_.update({context.account, "", *request.open_id_connect_provider_arn},
                    [&](OidcProvider& row) { merge_tags(row.tags, request.tags, "OpenIdConnectProvider"); });
  return {};
}

im::UntagOpenIDConnectProviderResponse Service::untag_open_id_connect_provider(
    aws::Context& context, const im::UntagOpenIDConnectProviderRequest& request) {
  provider(context, *request.open_id_connect_provider_arn);
  providers_.update({context.account, "", *request.open_id_connect_provider_arn}, [&](OidcProvider& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListOpenIDConnectProviderTagsResponse Service::list_open_id_connect_provider_tags(
    aws::Context& context, const im::ListOpenIDConnectProviderTagsRequest& request) {
  im::ListOpenIDConnectProviderTagsResponse out{
      .tags = tags_of(provider(context, *request.open_id_connect_provider_arn).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

}  // namespace stratus::services::iam
