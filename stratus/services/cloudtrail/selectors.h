// Which events a trail wants.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
#pragma once

#include <string>
#include <vector>

#include "stratus/services/cloudtrail/resources.h"

namespace stratus::services::cloudtrail {

/// What selectors look at.
struct Facts {
  std::string source, name;
  bool read_only = false, data = false;
  std::string resource_type, resource_arn;  ///< of data events
  std::string user_arn;
};

bool selected(const Trail& trail, const Facts& event);
/// Whether any selector of the trail asks for data events.
bool wants_data(const Trail& trail);

/// InvalidEventSelectorsException.
void check_selectors(const std::vector<ct::EventSelector>& selectors);
void check_advanced(const std::vector<ct::AdvancedEventSelector>& selectors);

std::vector<ct::EventSelector> default_selectors();

}  // namespace stratus::services::cloudtrail
