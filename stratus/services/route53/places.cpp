#include "stratus/services/route53/places.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace stratus::services::route53 {
namespace {

// Cities as "Regions and Availability Zones" names them; subdivisions where AWS tells them apart (US states).
constexpr Place kPlaces[] = {
    {"us-east-1", 38.9, -77.4, "NA", "US", "VA"},     {"us-east-2", 40.0, -83.0, "NA", "US", "OH"},
    {"us-west-1", 37.4, -122.0, "NA", "US", "CA"},    {"us-west-2", 45.8, -119.7, "NA", "US", "OR"},
    {"af-south-1", -33.9, 18.4, "AF", "ZA", ""},      {"ap-east-1", 22.3, 114.2, "AS", "HK", ""},
    {"ap-south-1", 19.1, 72.9, "AS", "IN", ""},       {"ap-south-2", 17.4, 78.5, "AS", "IN", ""},
    {"ap-northeast-1", 35.7, 139.7, "AS", "JP", ""},  {"ap-northeast-2", 37.6, 127.0, "AS", "KR", ""},
    {"ap-northeast-3", 34.7, 135.5, "AS", "JP", ""},  {"ap-southeast-1", 1.3, 103.8, "AS", "SG", ""},
    {"ap-southeast-2", -33.9, 151.2, "OC", "AU", ""}, {"ap-southeast-3", -6.2, 106.8, "AS", "ID", ""},
    {"ap-southeast-4", -37.8, 145.0, "OC", "AU", ""}, {"ca-central-1", 45.5, -73.6, "NA", "CA", ""},
    {"ca-west-1", 51.0, -114.1, "NA", "CA", ""},      {"eu-central-1", 50.1, 8.7, "EU", "DE", ""},
    {"eu-central-2", 47.4, 8.5, "EU", "CH", ""},      {"eu-west-1", 53.3, -6.3, "EU", "IE", ""},
    {"eu-west-2", 51.5, -0.1, "EU", "GB", ""},        {"eu-west-3", 48.9, 2.4, "EU", "FR", ""},
    {"eu-north-1", 59.3, 18.1, "EU", "SE", ""},       {"eu-south-1", 45.5, 9.2, "EU", "IT", ""},
    {"eu-south-2", 41.6, -0.9, "EU", "ES", ""},       {"il-central-1", 32.1, 34.8, "AS", "IL", ""},
    {"me-central-1", 24.5, 54.4, "AS", "AE", ""},     {"me-south-1", 26.1, 50.6, "AS", "BH", ""},
    {"sa-east-1", -23.5, -46.6, "SA", "BR", ""},
};

const Place* find(std::string_view region) {
  const auto* at =
      std::find_if(std::begin(kPlaces), std::end(kPlaces), [&](const Place& place) { return place.region == region; });
  return at == std::end(kPlaces) ? nullptr : at;
}

}  // namespace

Place place_of(std::string_view region) {
  const Place* place = find(region);
  return place == nullptr ? kPlaces[0] : *place;
}

bool known_region(std::string_view region) { return find(region) != nullptr; }

double distance_km(std::string_view a, std::string_view b) {
  constexpr double kEarth = 6371, kRadian = 3.14159265358979323846 / 180;
  const Place p = place_of(a), q = place_of(b);
  const double phi = (q.latitude - p.latitude) * kRadian / 2, lambda = (q.longitude - p.longitude) * kRadian / 2;
  const double h = std::sin(phi) * std::sin(phi) + std::cos(p.latitude * kRadian) * std::cos(q.latitude * kRadian) *
                                                       std::sin(lambda) * std::sin(lambda);
  return 2 * kEarth * std::asin(std::sqrt(h));
}

}  // namespace stratus::services::route53
