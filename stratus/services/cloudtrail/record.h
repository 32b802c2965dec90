// A call as CloudTrail writes it down.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stratus/models/cloudtrail.h"
#include "stratus/wire/audit.h"

namespace stratus::services::cloudtrail {

/// What is kept of a call until it is written; the strings of the call itself are copied, nothing is parsed.
struct Entry {
  aws::Context context;
  std::string source;  ///< "ec2.amazonaws.com"
  std::string name;    ///< of the operation
  std::string service;
  bool read_only = false, data = false;
  std::string request, response;  ///< JSON, "" for none
  std::string error_code, error_message;
  std::string event_id;
  std::string resource_type, resource_arn;  ///< of a data event
};

/// Whether the call is about what lies inside a resource (an object, a message), which trails record only on demand.
bool is_data_event(std::string_view service, std::string_view operation);

/// `role_arn` is the role behind an assumed role's session, with its path; "" where it is gone.
std::string record_json(const Entry& entry, const std::string& role_arn);

/// JSON whose members begin in lower case, as CloudTrail writes parameters.
std::string lower_members(std::string_view json);

/// "alice", "session", "root"
std::string user_name(const aws::Identity& identity);

/// The resources that a record names, as LookupEvents lists them.
std::vector<aws::cloudtrail::Resource> resources_of(const std::string& record);

}  // namespace stratus::services::cloudtrail
