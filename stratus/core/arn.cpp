#include "stratus/core/arn.h"

#include <array>

namespace stratus {

std::string make_arn(std::string_view service, std::string_view region, std::string_view account,
                     std::string_view resource) {
  std::string out = "arn:aws:";
  out.append(service).append(":").append(region).append(":").append(account).append(":").append(resource);
  return out;
}

std::string Arn::text() const {
  return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource;
}

std::optional<Arn> Arn::parse(std::string_view text) {
  std::array<std::string_view, 5> parts;
  for (auto& part : parts) {
    const auto at = text.find(':');
    if (at == std::string_view::npos) return std::nullopt;
    part = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  if (parts[0] != "arn" || text.empty()) return std::nullopt;
  return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]), std::string(parts[4]),
             std::string(text)};
}

}  // namespace stratus
