// What a dashboard's body must be: CloudWatch's "Dashboard Body Structure and Syntax".
#pragma once

#include <string>
#include <vector>

#include "stratus/models/cloudwatch.h"

namespace stratus::services::cloudwatch {

struct BodyProblems {
  std::vector<aws::cloudwatch::DashboardValidationMessage> errors, warnings;
};

BodyProblems check_dashboard_body(const std::string& body);
/// "The dashboard body is invalid, there are 2 validation errors: […]", as CloudWatch words it.
std::string invalid_body_message(const std::vector<aws::cloudwatch::DashboardValidationMessage>& errors);

}  // namespace stratus::services::cloudwatch
