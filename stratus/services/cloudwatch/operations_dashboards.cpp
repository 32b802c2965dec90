#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/services/cloudwatch/dashboard_body.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::cloudwatch {
namespace {

constexpr std::size_t kPage = 1000;

std::string arn_of(const aws::Context& context, const std::string& name) {
  return make_arn("cloudwatch", "", context.account, "dashboard/" + name);
}

bool valid_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// By its shape's name: alarms have another error with the same code.
aws::Error no_dashboard(const std::string& name) {
  return {"DashboardNotFoundError", 404, "Dashboard " + name + " does not exist"};
}

}  // namespace

cw::PutDashboardOutput Service::put_dashboard(aws::Context& context, const cw::PutDashboardInput& request) {
  if (!valid_name(*request.dashboard_name))
    throw invalid_value(
        "The value " + *request.dashboard_name +
        " for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) "
        "and underscore (_).\n");
  const BodyProblems problems = check_dashboard_body(*request.dashboard_body);
  if (!problems.errors.empty()) throw cw::errors::DashboardInvalidInputError(invalid_body_message(problems.errors));
  const state::Key key{context.account, "", *request.dashboard_name};
  Dashboard row{.name = key.id, .body = *request.dashboard_body, .modified = context.now, .tags = {}};
  if (const Dashboard* before = dashboards_.find(key)) {
    row.tags = before->tags;
  } else if (request.tags) {
    for (const auto& tag : *request.tags) row.tags[*tag.key] = tag.value.value_or("");
  }
  dashboards_.put(key, std::move(row));
  return {.dashboard_validation_messages = problems.warnings};
}

cw::GetDashboardOutput Service::get_dashboard(aws::Context& context, const cw::GetDashboardInput& request) {
  const Dashboard* row = dashboards_.find(context.account, "", *request.dashboard_name);
  if (row == nullptr) throw no_dashboard(*request.dashboard_name);
  return {.dashboard_arn = arn_of(context, row->name), .dashboard_body = row->body, .dashboard_name = row->name};
}

cw::ListDashboardsOutput Service::list_dashboards(aws::Context& context, const cw::ListDashboardsInput& request) {
  auto rows = dashboards_.list(context.account, "");
  if (request.dashboard_name_prefix)
    std::erase_if(rows, [&](const Dashboard* row) { return !row->name.starts_with(*request.dashboard_name_prefix); });
  cw::ListDashboardsOutput out{.dashboard_entries = std::vector<cw::DashboardEntry>{}};
  out.next_token = wire::page(rows, "ListDashboards", request.next_token, kPage, "InvalidParameterValue",
                              [](const Dashboard* row) -> const std::string& { return row->name; });
  for (const Dashboard* row : rows)
    out.dashboard_entries->push_back({.dashboard_name = row->name,
                                      .dashboard_arn = arn_of(context, row->name),
                                      .last_modified = row->modified,
                                      .size = static_cast<std::int64_t>(row->body.size())});
  return out;
}

cw::DeleteDashboardsOutput Service::delete_dashboards(aws::Context& context, const cw::DeleteDashboardsInput& request) {
  if (!request.dashboard_names || request.dashboard_names->empty()) throw invalid_value("Need at least 1 dashboard");
  for (const auto& name : *request.dashboard_names)
    if (dashboards_.find(context.account, "", name) == nullptr) throw no_dashboard(name);
  for (const auto& name : *request.dashboard_names) dashboards_.erase({context.account, "", name});
  return {};
}

}  // namespace stratus::services::cloudwatch
