// The hosted zones in which AWS keeps the names of a region's Application Load Balancers: what an alias record names.
#pragma once

#include <string>
#include <string_view>

namespace stratus::services::elbv2 {

/// us-east-1's where the region has none of its own here.
std::string hosted_zone_of(std::string_view region);
bool is_hosted_zone(std::string_view id);

}  // namespace stratus::services::elbv2
