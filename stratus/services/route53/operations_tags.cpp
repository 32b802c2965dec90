// Tags of zones and health checks; reusable delegation sets.
#include <algorithm>

#include "stratus/services/route53/paging.h"
#include "stratus/services/route53/service.h"

namespace stratus::services::route53 {
namespace {

constexpr std::string_view kIdAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t kMaxTags = 10;

r53::ResourceTagSet tag_set(const std::string& type, const std::string& id,
                            const std::map<std::string, std::string>& tags) {
  r53::ResourceTagSet out{.resource_type = type, .resource_id = id, .tags = std::vector<r53::Tag>{}};
  for (const auto& [key, value] : tags) out.tags->push_back({.key = key, .value = value});
  return out;
}

r53::DelegationSet shown(const DelegationSetRow& row) {
  return {.id = "/delegationset/" + row.id, .caller_reference = row.caller_reference, .name_servers = row.name_servers};
}

}  // namespace

r53::ChangeTagsForResourceResponse Service::change_tags_for_resource(aws::Context& context,
                                                                     const r53::ChangeTagsForResourceRequest& request) {
  const bool adds = request.add_tags && !request.add_tags->empty(),
             removes = request.remove_tag_keys && !request.remove_tag_keys->empty();
  if (!adds && !removes) throw r53::errors::InvalidInput("Either AddTags or RemoveTagKeys must be specified.");
  const auto change = [&](std::map<std::string, std::string>& tags) {
    if (removes)
      for (const auto& key : *request.remove_tag_keys) tags.erase(key);
    if (adds)
      for (const auto& tag : *request.add_tags) {
        if (!tag.key || tag.key->empty()) throw r53::errors::InvalidInput("A tag needs a key.");
        tags[*tag.key] = tag.value.value_or("");
      }
    if (tags.size() > kMaxTags)
      throw r53::errors::InvalidInput("The resource would have more than " + std::to_string(kMaxTags) + " tags.");
  };
  const std::string id = plain_id(*request.resource_id);
  if (*request.resource_type == "hostedzone") {
    zone(context, id);
    zones_.update({context.account, "", id}, [&](ZoneRow& row) { change(row.tags); });
  } else {
    health_check(context, id);
    health_checks_.update({context.account, "", id}, [&](HealthCheckRow& row) { change(row.tags); });
  }
  return {};
}

r53::ListTagsForResourceResponse Service::list_tags_for_resource(aws::Context& context,
                                                                 const r53::ListTagsForResourceRequest& request) {
  const std::string id = plain_id(*request.resource_id);
  const auto& tags = *request.resource_type == "hostedzone" ? zone(context, id).tags : health_check(context, id).tags;
  return {.resource_tag_set = tag_set(*request.resource_type, id, tags)};
}

r53::ListTagsForResourcesResponse Service::list_tags_for_resources(aws::Context& context,
                                                                   const r53::ListTagsForResourcesRequest& request) {
  r53::ListTagsForResourcesResponse out{.resource_tag_sets = std::vector<r53::ResourceTagSet>{}};
  for (const auto& resource : *request.resource_ids) {
    const std::string id = plain_id(resource);
    const auto& tags = *request.resource_type == "hostedzone" ? zone(context, id).tags : health_check(context, id).tags;
    out.resource_tag_sets->push_back(tag_set(*request.resource_type, id, tags));
  }
  return out;
}

r53::CreateReusableDelegationSetResponse Service::create_reusable_delegation_set(
    aws::Context& context, const r53::CreateReusableDelegationSetRequest& request) {
  for (const DelegationSetRow* row : delegation_sets_.list(context.account, ""))
    if (row->caller_reference == *request.caller_reference)
      throw r53::errors::DelegationSetAlreadyCreated(
          "A delegation set with the same owner and caller reference combination has already been created.");
  DelegationSetRow row{.id = "N" + random_.from(kIdAlphabet, 20), .caller_reference = *request.caller_reference};
  if (request.hosted_zone_id) {
    const ZoneRow& source = zone(context, request.hosted_zone_id);
    if (source.is_private)
      throw r53::errors::HostedZoneNotFound("The hosted zone " + source.id + " is private and has no delegation set.");
    if (source.delegation_set_id)
      throw r53::errors::DelegationSetAlreadyReusable("The delegation set of the hosted zone is reusable already.");
    row.name_servers = source.name_servers;
    zones_.update({context.account, "", std::string(source.id)},
                  [&](ZoneRow& changed) { changed.delegation_set_id = row.id; });
  } else {
    row.name_servers = new_name_servers();
  }
  const DelegationSetRow& saved = delegation_sets_.put({context.account, "", std::string(row.id)}, row);
  return {.delegation_set = shown(saved),
          .location = "https://route53.amazonaws.com/2013-04-01/delegationset/" + saved.id};
}

r53::GetReusableDelegationSetResponse Service::get_reusable_delegation_set(
    aws::Context& context, const r53::GetReusableDelegationSetRequest& request) {
  const auto* row = delegation_sets_.find(context.account, "", plain_id(*request.id));
  if (row == nullptr)
    throw r53::errors::NoSuchDelegationSet("No delegation set found with ID: " + plain_id(*request.id));
  return {.delegation_set = shown(*row)};
}

r53::DeleteReusableDelegationSetResponse Service::delete_reusable_delegation_set(
    aws::Context& context, const r53::DeleteReusableDelegationSetRequest& request) {
  const std::string id = plain_id(*request.id);
  if (delegation_sets_.find(context.account, "", id) == nullptr)
    throw r53::errors::NoSuchDelegationSet("No delegation set found with ID: " + id);
  for (const ZoneRow* row : zones_.list(context.account, ""))
    if (row->delegation_set_id == id)
      throw r53::errors::DelegationSetInUse("The specified delegation set is in use by the hosted zone " + row->id +
                                            ".");
  delegation_sets_.erase({context.account, "", id});
  return {};
}

r53::ListReusableDelegationSetsResponse Service::list_reusable_delegation_sets(
    aws::Context& context, const r53::ListReusableDelegationSetsRequest& request) {
  const std::size_t max = max_items(request.max_items, 100);
  std::vector<const DelegationSetRow*> found;
  for (const DelegationSetRow* row : delegation_sets_.list(context.account, ""))
    if (!request.marker || row->id >= plain_id(*request.marker)) found.push_back(row);
  r53::ListReusableDelegationSetsResponse out{.delegation_sets = std::vector<r53::DelegationSet>{},
                                              .marker = request.marker.value_or(""),
                                              .is_truncated = found.size() > max,
                                              .max_items = std::to_string(max)};
  if (found.size() > max) out.next_marker = found[max]->id;
  for (std::size_t i = 0; i < std::min(max, found.size()); ++i) out.delegation_sets->push_back(shown(*found[i]));
  return out;
}

}  // namespace stratus::services::route53
