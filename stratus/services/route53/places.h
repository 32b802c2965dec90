// Where AWS's regions lie: what latency and geolocation routing go by, since every asker on this machine stands in one.
#pragma once

#include <string>
#include <string_view>

namespace stratus::services::route53 {

struct Place {
  std::string_view region;
  double latitude = 0, longitude = 0;  ///< degrees
  std::string_view continent, country, subdivision;
};

/// us-east-1 where the region is unknown.
Place place_of(std::string_view region);
bool known_region(std::string_view region);
/// Along the great circle: the nearer region has the lower latency.
double distance_km(std::string_view a, std::string_view b);

}  // namespace stratus::services::route53
