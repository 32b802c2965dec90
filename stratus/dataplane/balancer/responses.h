// What the load balancer itself says: ELB's pages, byte for byte.
#pragma once

#include <string>
#include <string_view>

namespace stratus::balancer {

/// "Service Temporarily Unavailable" for 503, as ELB words it; "" for a status it has no page for.
std::string_view reason_phrase(int status);
/// "<html>\r\n<head><title>502 Bad Gateway</title></head>…"; `line` is "502 Bad Gateway".
std::string page(std::string_view line);
std::string page(int status);
/// A whole response, as HAProxy's errorfile wants it.
std::string error_file(int status);

}  // namespace stratus::balancer
