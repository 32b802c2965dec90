// What tells about the account as a whole: the credential report, every user, group, role and policy at once, the keys
// that policies ask about, and which policies open a service.
#include <boost/json.hpp>
#include <set>

#include "stratus/core/text.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/managed_policies.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {
namespace {

namespace json = boost::json;

/// Condition keys and ${variables} of a document.
void collect_keys(const json::value& value, bool condition, std::set<std::string>& out) {
  if (value.is_array())
    for (const auto& item : value.as_array()) collect_keys(item, condition, out);
  if (value.is_object())
    for (const auto& [name, item] : value.as_object()) {
      if (condition && item.is_object())
        for (const auto& [key, wanted] : item.as_object()) out.insert(text::lower(std::string_view(key)));
      collect_keys(item, name == "Condition", out);
    }
  if (!value.is_string()) return;
  const std::string_view text(value.as_string().data(), value.as_string().size());
  for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const auto end = text.find_first_of("},", at);
    if (end == std::string_view::npos) return;
    const auto name = text::trim(text.substr(at + 2, end - at - 2));
    if (name.size() > 1) out.insert(text::lower(name));  // ${*}, ${?} and ${$} are characters
  }
}

im::GetContextKeysForPolicyResponse keys_of_documents(const std::vector<std::string>& documents) {
  std::set<std::string> found;
  for (const auto& document : documents) {
    boost::system::error_code error;
    const json::value parsed = json::parse(document, error);
    if (error) throw im::errors::InvalidInputException("Syntax errors in policy.");
    collect_keys(parsed, false, found);
  }
  return {.context_key_names = std::vector<std::string>(found.begin(), found.end())};
}

/// Whether one of the document's allowing actions is of `service`.
bool opens(const std::string& document, const std::string& service) {
  for (const auto& action : parsed(document).actions())
    if (text::wildcard_match(action.substr(0, action.find(':')), service)) return true;
  return false;
}

}  // namespace

std::string Service::credential_report(const aws::Context& context) const {
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
  std::string out =
      "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
      "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
      "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
      "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
      "cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n";
  const auto time = [](Timestamp at) {
    std::string text = to_rfc3339(Timestamp{at.ms / 1000 * 1000});
    if (text.ends_with("Z")) text.replace(text.size() - 1, 1, "+00:00");
    return text;
  };
  out += "<root_account>,arn:aws:iam::" + context.account +
         ":root,1970-01-01T00:00:00+00:00,not_supported,no_information,not_supported,not_supported,false,false,N/A,N/A,"
         "N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n";
  const PasswordPolicy* policy = password_policies_.find(context.account, "", "policy");
  for (const Entity* user : entities(context.account, Kind::user, std::nullopt)) {
    std::vector<std::string> row = {user->name, user->arn, time(user->created)};
    if (user->login) {
      const std::string next = policy != nullptr && policy->max_age_days
                                   ? time(user->login->changed + std::chrono::hours(24 * *policy->max_age_days))
                                   : "N/A";
      row.insert(row.end(), {"true", "no_information", time(user->login->changed), next});
    } else {
      row.insert(row.end(), {"false", "N/A", "N/A", "N/A"});
    }
    row.emplace_back(mfa_devices_of(context.account, user->id).empty() ? "false" : "true");
    const auto keys = keys_of(context.account, user->name);
    for (std::size_t i = 0; i < 2; ++i) {
      if (i >= keys.size()) {
        row.insert(row.end(), {"false", "N/A", "N/A", "N/A", "N/A"});
        continue;
      }
      row.insert(row.end(), {keys[i]->active ? "true" : "false", time(keys[i]->created)});
      if (const auto use = last_use_.find(keys[i]->id); use != last_use_.end())
        row.insert(row.end(), {time(use->second.at), use->second.region, use->second.service});
      else
        row.insert(row.end(), {"N/A", "N/A", "N/A"});
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (i >= user->signing_certificates.size())
        row.insert(row.end(), {"false", "N/A"});
      else
        row.insert(row.end(), {user->signing_certificates[i].active ? "true" : "false",
                               time(user->signing_certificates[i].uploaded)});
    }
    out += text::join(row, ",") + "\n";
  }
  out.pop_back();
  return out;
}

im::GenerateCredentialReportResponse Service::generate_credential_report(aws::Context& context,
                                                                         const im::GenerateCredentialReportRequest&) {
  const bool first = reports_.find(context.account, "", "report") == nullptr;
  reports_.put({context.account, "", "report"},
               {{credential_report(context)}, Timestamp{context.now.ms / 1000 * 1000}});
  if (!first) return {.state = "COMPLETE"};
  return {.state = "STARTED", .description = "No report exists. Starting a new report generation task"};
}

im::GetCredentialReportResponse Service::get_credential_report(aws::Context& context,
                                                               const im::GetCredentialReportRequest&) {
  const CredentialReport* row = reports_.find(context.account, "", "report");
  if (row == nullptr) throw im::errors::CredentialReportNotPresentException("No report exists.");
  constexpr auto lifetime = std::chrono::hours(4);
  if (context.now - row->generated > lifetime)
    throw im::errors::CredentialReportExpiredException("The credential report has expired.");
  return {.content = row->content, .report_format = "text/csv", .generated_time = row->generated};
}

std::vector<im::PolicyDetail> Service::inline_details(const Entity& row) const {
  std::vector<im::PolicyDetail> out;
  for (const auto& [name, document] : row.inline_policies)
    out.push_back({.policy_name = name, .policy_document = text::uri_encode(document)});
  return out;
}

im::GetAccountAuthorizationDetailsResponse Service::get_account_authorization_details(
    aws::Context& context, const im::GetAccountAuthorizationDetailsRequest& request) {
  // One list for pages to be cut from; each entry puts itself where it belongs.
  im::GetAccountAuthorizationDetailsResponse out{.user_detail_list = std::vector<im::UserDetail>{},
                                                 .group_detail_list = std::vector<im::GroupDetail>{},
                                                 .role_detail_list = std::vector<im::RoleDetail>{},
                                                 .policies = std::vector<im::ManagedPolicyDetail>{}};
  std::vector<std::function<void()>> items;
  const auto wanted = [&](const char* kind) {
    return !request.filter || request.filter->empty() ||
           std::find(request.filter->begin(), request.filter->end(), kind) != request.filter->end();
  };
  if (wanted("User"))
    for (const Entity* row : entities(context.account, Kind::user, std::nullopt))
      items.emplace_back([&, row] {
        const im::User user = describe_user(*row);
        out.user_detail_list->push_back({.path = user.path,
                                         .user_name = user.user_name,
                                         .user_id = user.user_id,
                                         .arn = user.arn,
                                         .create_date = user.create_date,
                                         .user_policy_list = inline_details(*row),
                                         .group_list = row->groups,
                                         .attached_managed_policies = attached(*row),
                                         .permissions_boundary = user.permissions_boundary,
                                         .tags = tags_of(row->tags)});
      });
  if (wanted("Group"))
    for (const Entity* row : entities(context.account, Kind::group, std::nullopt))
      items.emplace_back([&, row] {
        out.group_detail_list->push_back({.path = row->path,
                                          .group_name = row->name,
                                          .group_id = row->id,
                                          .arn = row->arn,
                                          .create_date = row->created,
                                          .group_policy_list = inline_details(*row),
                                          .attached_managed_policies = attached(*row)});
      });
  if (wanted("Role"))
    for (const Entity* row : entities(context.account, Kind::role, std::nullopt))
      items.emplace_back([&, row] {
        const im::Role role = describe_role(*row);
        im::RoleDetail detail{.path = role.path,
                              .role_name = role.role_name,
                              .role_id = role.role_id,
                              .arn = role.arn,
                              .create_date = role.create_date,
                              .assume_role_policy_document = role.assume_role_policy_document,
                              .instance_profile_list = std::vector<im::InstanceProfile>{},
                              .role_policy_list = inline_details(*row),
                              .attached_managed_policies = attached(*row),
                              .permissions_boundary = role.permissions_boundary,
                              .tags = tags_of(row->tags),
                              .role_last_used = role.role_last_used};
        for (const InstanceProfile* found : profiles_.list(context.account, ""))
          if (found->role == row->name) detail.instance_profile_list->push_back(describe_profile(context, *found));
        out.role_detail_list->push_back(std::move(detail));
      });
  const auto add_policy = [&](const im::Policy& policy) {
    im::ManagedPolicyDetail detail{.policy_name = policy.policy_name,
                                   .policy_id = policy.policy_id,
                                   .arn = policy.arn,
                                   .path = policy.path,
                                   .default_version_id = policy.default_version_id,
                                   .attachment_count = policy.attachment_count,
                                   .permissions_boundary_usage_count = policy.permissions_boundary_usage_count,
                                   .is_attachable = policy.is_attachable,
                                   .description = policy.description,
                                   .create_date = policy.create_date,
                                   .update_date = policy.update_date,
                                   .policy_version_list = std::vector<im::PolicyVersion>{}};
    const auto versions = list_policy_versions(context, {.policy_arn = policy.arn});
    for (const auto& version : *versions.versions)
      detail.policy_version_list->push_back(
          *get_policy_version(context, {.policy_arn = policy.arn, .version_id = version.version_id}).policy_version);
    out.policies->push_back(std::move(detail));
  };
  if (wanted("LocalManagedPolicy"))
    for (const ManagedPolicy* row : policies_.list(context.account, ""))
      items.emplace_back([&, row] { add_policy(describe(context.account, *row)); });
  // Of AWS's own, those that somebody has.
  if (wanted("AWSManagedPolicy"))
    for (const auto& known : aws_managed_policies())
      if (attachment_count(context.account, known.arn) > 0)
        items.emplace_back([&] { add_policy(*get_policy(context, {.policy_arn = known.arn}).policy); });
  page(items, request.marker, request.max_items, out.is_truncated, out.marker);
  for (const auto& item : items) item();
  return out;
}

im::GetContextKeysForPolicyResponse Service::get_context_keys_for_custom_policy(
    aws::Context&, const im::GetContextKeysForCustomPolicyRequest& request) {
  return keys_of_documents(*request.policy_input_list);
}

im::GetContextKeysForPolicyResponse Service::get_context_keys_for_principal_policy(
    aws::Context& context, const im::GetContextKeysForPrincipalPolicyRequest& request) {
  auto all = documents(context.account, source_entity(context, *request.policy_source_arn));
  if (request.policy_input_list)
    all.insert(all.end(), request.policy_input_list->begin(), request.policy_input_list->end());
  return keys_of_documents(all);
}

im::ListPoliciesGrantingServiceAccessResponse Service::list_policies_granting_service_access(
    aws::Context& context, const im::ListPoliciesGrantingServiceAccessRequest& request) {
  im::ListPoliciesGrantingServiceAccessResponse out{.policies_granting_service_access =
                                                        std::vector<im::ListPoliciesGrantingServiceAccessEntry>{}};
  std::vector<const Entity*> speakers = {&source_entity(context, *request.arn)};
  for (const auto& group : speakers.front()->groups) speakers.push_back(&entity(context, Kind::group, group));
  for (const auto& service : *request.service_namespaces) {
    im::ListPoliciesGrantingServiceAccessEntry entry{.service_namespace = service,
                                                     .policies = std::vector<im::PolicyGrantingServiceAccess>{}};
    for (const Entity* row : speakers) {
      const char* kind = row->id.starts_with("AIDA") ? "USER" : row->id.starts_with("AROA") ? "ROLE" : "GROUP";
      for (const auto& arn : row->attached)
        if (const auto document = policy_document(context.account, arn); document && opens(*document, service))
          entry.policies->push_back(
              {.policy_name = text::split(arn, '/').back(), .policy_type = "MANAGED", .policy_arn = arn});
      for (const auto& [name, document] : row->inline_policies)
        if (opens(document, service))
          entry.policies->push_back(
              {.policy_name = name, .policy_type = "INLINE", .entity_type = kind, .entity_name = row->name});
    }
    out.policies_granting_service_access->push_back(std::move(entry));
  }
  page(*out.policies_granting_service_access, request.marker, std::nullopt, out.is_truncated, out.marker);
  return out;
}

}  // namespace stratus::services::iam
