// The rows of Route 53. It is a global service: their region is "".
#pragma once

#include "stratus/models/route53.h"

namespace stratus::services::route53 {

namespace r53 = aws::route53;

/// The key's id is the zone's id without "/hostedzone/".
struct ZoneRow {
  std::string id;
  std::string name;  ///< in Route 53's form
  std::string caller_reference;
  std::optional<std::string> comment;
  bool is_private = false;
  std::vector<r53::VPC> vpcs;
  std::vector<r53::VPC> authorized;  ///< networks of other accounts that may be associated
  std::optional<std::string> delegation_set_id;
  std::vector<std::string> name_servers;
  Timestamp created;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(ZoneRow, id, name, caller_reference, comment, is_private, vpcs, authorized, delegation_set_id,
                name_servers, created, tags)
};

/// The key's id is "zone TAB reversed name TAB type TAB set identifier": the order of listings.
struct RecordRow {
  std::string zone_id;
  r53::ResourceRecordSet value;
  STRATUS_SHAPE(RecordRow, zone_id, value)
};

struct ChangeRow {
  std::string id;
  std::string status;
  Timestamp submitted;
  std::optional<std::string> comment;
  STRATUS_SHAPE(ChangeRow, id, status, submitted, comment)
};

struct DelegationSetRow {
  std::string id;
  std::string caller_reference;
  std::vector<std::string> name_servers;
  STRATUS_SHAPE(DelegationSetRow, id, caller_reference, name_servers)
};

struct HealthCheckRow {
  r53::HealthCheck value;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(HealthCheckRow, value, tags)
};

}  // namespace stratus::services::route53
