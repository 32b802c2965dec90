#include "stratus/services/elbv2/hosted_zones.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stratus::services::elbv2 {
namespace {

// AWS General Reference, "Elastic Load Balancing endpoints and quotas".
constexpr std::pair<std::string_view, std::string_view> kZones[] = {
    {"us-east-1", "Z35SXDOTRQ7X7K"},     {"us-east-2", "Z3AADJGX6KTTL2"},      {"us-west-1", "Z368ELLRRE2KJ0"},
    {"us-west-2", "Z1H1FL5HABSF5"},      {"af-south-1", "Z268VQBMOI5EKX"},     {"ap-east-1", "Z3DQVH9N71FHZ0"},
    {"ap-south-1", "ZP97RAFLXTNZK"},     {"ap-northeast-1", "Z14GRHDCWA56QT"}, {"ap-northeast-2", "ZWKZPGTI48KDX"},
    {"ap-northeast-3", "Z5LXEXXYW11ES"}, {"ap-southeast-1", "Z1LMS91P8CMLE5"}, {"ap-southeast-2", "Z1GM3OXH4ZPM65"},
    {"ca-central-1", "ZQSVJUPU6J1EY"},   {"eu-central-1", "Z215JYRZR1TBD5"},   {"eu-north-1", "Z23TAZ6LKFMNIO"},
    {"eu-south-1", "Z3ULH7SSC9OV64"},    {"eu-west-1", "Z32O12XQLNTSW2"},      {"eu-west-2", "ZHURV8PSTC4K8"},
    {"eu-west-3", "Z3Q77PNBQS71R4"},     {"me-south-1", "ZS929ML54UICD"},      {"sa-east-1", "Z2P70J7HTTTPLU"},
};

}  // namespace

std::string hosted_zone_of(std::string_view region) {
  const auto* found =
      std::find_if(std::begin(kZones), std::end(kZones), [&](const auto& zone) { return zone.first == region; });
  return std::string(found == std::end(kZones) ? kZones[0].second : found->second);
}

bool is_hosted_zone(std::string_view id) {
  return std::any_of(std::begin(kZones), std::end(kZones), [&](const auto& zone) { return zone.second == id; });
}

}  // namespace stratus::services::elbv2
