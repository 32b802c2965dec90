// Managed prefix lists: blocks under one name, for rules of groups and for routes.
#include "stratus/core/arn.h"
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {
namespace {

constexpr std::int32_t kMostEntries = 1000;

void add(std::vector<PrefixEntry>& entries, const std::optional<std::vector<e::AddPrefixListEntry>>& given) {
  if (!given) return;
  for (const auto& entry : *given) {
    const auto cidr = parse_cidr(entry.cidr.value_or(""));
    if (!cidr)
      throw aws::Error("InvalidParameterValue", 400,
                       "The CIDR (" + entry.cidr.value_or("") + ") is not a valid IPv4 CIDR block.");
    const auto same = [&](const PrefixEntry& e) { return e.cidr == cidr->text(); };
    if (const auto found = std::find_if(entries.begin(), entries.end(), same); found != entries.end())
      found->description = entry.description.value_or("");
    else
      entries.push_back({cidr->text(), entry.description.value_or("")});
  }
}

void check_size(const std::vector<PrefixEntry>& entries, std::int32_t most) {
  if (most < 1 || most > kMostEntries)
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" + std::to_string(most) + ") for parameter MaxEntries is invalid.");
  if (entries.size() > static_cast<std::size_t>(most))
    throw aws::Error("PrefixListMaxEntriesExceeded", 400,
                     "You have reached the maximum number of entries for the prefix list: " + std::to_string(most));
}

/// Terraform's provider changes a description by taking the entry out and putting it in again, both times with the
/// version that it began with.
bool puts_back(const PrefixList& row, const e::ModifyManagedPrefixListRequest& request) {
  if (row.versions.size() < 2 || !request.add_entries || (request.remove_entries && !request.remove_entries->empty()))
    return false;
  const auto& before = *(row.versions.end() - 2);
  const auto has = [](const PrefixListVersion& version, const std::string& cidr) {
    return std::any_of(version.entries.begin(), version.entries.end(),
                       [&](const PrefixEntry& entry) { return entry.cidr == cidr; });
  };
  return request.current_version == before.version &&
         std::all_of(request.add_entries->begin(), request.add_entries->end(), [&](const auto& entry) {
           const std::string cidr = entry.cidr.value_or("");
           return has(before, cidr) && !has(row.versions.back(), cidr);
         });
}

}  // namespace

const PrefixList& Service::prefix_list(const aws::Context& context, const std::string& id) const {
  const PrefixList* found = prefix_lists_.find(context.account, context.region, id);
  if (found == nullptr)
    throw aws::Error("InvalidPrefixListID.NotFound", 400, "The prefix list ID '" + id + "' does not exist");
  return *found;
}

std::vector<std::string> Service::users_of(const aws::Context& context, const std::string& id) const {
  std::vector<std::string> out;
  for (const SecurityGroup* row : groups_.list(context.account, context.region))
    if (std::any_of(row->rules.begin(), row->rules.end(), [&](const GroupRule& r) { return r.prefix_list_id == id; }))
      out.push_back(row->id);
  for (const RouteTable* row : tables_.list(context.account, context.region))
    if (std::any_of(row->routes.begin(), row->routes.end(), [&](const Route& r) { return r.destination == id; }))
      out.push_back(row->id);
  return out;
}

e::ManagedPrefixList Service::describe(const aws::Context& context, const PrefixList& row) const {
  return {.prefix_list_id = row.id,
          .address_family = "IPv4",
          .state = row.state,
          .prefix_list_arn = make_arn("ec2", context.region, context.account, "prefix-list/" + row.id),
          .prefix_list_name = row.name,
          .max_entries = row.max_entries,
          .version = row.versions.back().version,
          .tags = tags_of(context.account, context.region, row.id),
          .owner_id = context.account};
}

e::CreateManagedPrefixListResult Service::create_managed_prefix_list(aws::Context& context,
                                                                     const e::CreateManagedPrefixListRequest& request) {
  if (*request.address_family == "IPv6") throw aws::not_implemented("CreateManagedPrefixList: AddressFamily IPv6");
  if (*request.address_family != "IPv4")
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" + *request.address_family + ") for parameter AddressFamily is invalid.");
  if (request.prefix_list_name->starts_with("com.amazonaws"))
    throw aws::Error("InvalidParameterValue", 400, "The prefix list name cannot start with com.amazonaws.");
  PrefixList row{.id = random_.ec2_id("pl"), .name = *request.prefix_list_name, .max_entries = *request.max_entries};
  row.versions.push_back({});
  add(row.versions.back().entries, request.entries);
  check_size(row.versions.back().entries, row.max_entries);
  tag(context, row.id, request.tag_specifications, "prefix-list");
  const state::Key key{context.account, context.region, row.id};
  return {.prefix_list = describe(context, prefix_lists_.put(key, std::move(row)))};
}

e::ModifyManagedPrefixListResult Service::modify_managed_prefix_list(aws::Context& context,
                                                                     const e::ModifyManagedPrefixListRequest& request) {
  PrefixList row = prefix_list(context, *request.prefix_list_id);
  const bool entries = (request.add_entries && !request.add_entries->empty()) ||
                       (request.remove_entries && !request.remove_entries->empty());
  if (entries && request.current_version.value_or(0) != row.versions.back().version && !puts_back(row, request))
    throw aws::Error("PrefixListVersionMismatch", 400, "The prefix list has the incorrect version number.");
  if (entries && request.max_entries)
    throw aws::Error("InvalidParameterCombination", 400,
                     "You cannot change the entries and the maximum number of entries in one request.");
  if (entries) {
    PrefixListVersion next = row.versions.back();
    ++next.version;
    if (request.remove_entries)
      for (const auto& gone : *request.remove_entries) {
        const auto cidr = parse_cidr(gone.cidr.value_or(""));
        if (!cidr || std::erase_if(next.entries, [&](const PrefixEntry& e) { return e.cidr == cidr->text(); }) == 0)
          throw aws::Error("InvalidParameterValue", 400,
                           "The CIDR (" + gone.cidr.value_or("") + ") does not exist in the prefix list.");
      }
    add(next.entries, request.add_entries);
    row.versions.push_back(std::move(next));
  }
  row.max_entries = request.max_entries.value_or(row.max_entries);
  check_size(row.versions.back().entries, row.max_entries);
  row.name = request.prefix_list_name.value_or(row.name);
  row.state = "modify-complete";
  const PrefixList& changed = prefix_lists_.put({context.account, context.region, row.id}, row);
  for (const auto& user : users_of(context, changed.id)) {
    const SecurityGroup* group = groups_.find(context.account, context.region, user);
    mark(context.account, context.region, group != nullptr ? group->vpc_id : route_table(context, user).vpc_id);
  }
  return {.prefix_list = describe(context, changed)};
}

e::DeleteManagedPrefixListResult Service::delete_managed_prefix_list(aws::Context& context,
                                                                     const e::DeleteManagedPrefixListRequest& request) {
  const PrefixList& row = prefix_list(context, *request.prefix_list_id);
  if (!users_of(context, row.id).empty())
    throw aws::Error("DependencyViolation", 400,
                     "The prefix list '" + row.id + "' has dependencies and cannot be deleted.");
  e::ManagedPrefixList out = describe(context, row);
  out.state = "delete-complete";
  untag(context.account, context.region, *request.prefix_list_id);
  prefix_lists_.erase({context.account, context.region, *request.prefix_list_id});
  return {.prefix_list = out};
}

e::DescribeManagedPrefixListsResult Service::describe_managed_prefix_lists(
    aws::Context& context, const e::DescribeManagedPrefixListsRequest& request) {
  auto found = select<e::ManagedPrefixList>(
      prefix_lists_.list(context.account, context.region), request.prefix_list_ids, "InvalidPrefixListID.NotFound",
      "prefix list ID", request.filters, [&](const PrefixList& l) { return describe(context, l); },
      [](const PrefixList& l) { return l.id; },
      [](const std::string& name, bool& known, const PrefixList& row,
         const e::ManagedPrefixList& item) -> std::vector<std::string> {
        std::vector<std::string> tags;
        if (tag_values(name, *item.tags, tags)) return tags;
        if (name == "owner-id") return {*item.owner_id};
        if (name == "prefix-list-id") return {row.id};
        if (name == "prefix-list-name") return {row.name};
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.next_token = std::move(next), .prefix_lists = std::move(found)};
}

e::GetManagedPrefixListEntriesResult Service::get_managed_prefix_list_entries(
    aws::Context& context, const e::GetManagedPrefixListEntriesRequest& request) {
  const PrefixList& row = prefix_list(context, *request.prefix_list_id);
  const std::int64_t wanted = request.target_version.value_or(row.versions.back().version);
  std::vector<e::PrefixListEntry> out;
  bool there = false;
  for (const auto& version : row.versions) {
    if (version.version != wanted) continue;
    there = true;
    for (const auto& entry : version.entries) {
      e::PrefixListEntry item{.cidr = entry.cidr};
      if (!entry.description.empty()) item.description = entry.description;
      out.push_back(std::move(item));
    }
  }
  if (!there)
    throw aws::Error("InvalidPrefixListVersion", 400, "The prefix list has no version " + std::to_string(wanted));
  auto next = page(out, request.next_token, request.max_results);
  return {.entries = std::move(out), .next_token = std::move(next)};
}

e::GetManagedPrefixListAssociationsResult Service::get_managed_prefix_list_associations(
    aws::Context& context, const e::GetManagedPrefixListAssociationsRequest& request) {
  std::vector<e::PrefixListAssociation> out;
  for (const auto& user : users_of(context, prefix_list(context, *request.prefix_list_id).id))
    out.push_back({.resource_id = user, .resource_owner = context.account});
  auto next = page(out, request.next_token, request.max_results);
  return {.prefix_list_associations = std::move(out), .next_token = std::move(next)};
}

}  // namespace stratus::services::ec2
