// Whom a request's limits count: behind load balancers the connection's peer is always the balancer.
#pragma once

#include <string>
#include <string_view>

namespace counselor {

/// The address that the outermost of `proxies` trusted balancers saw: each appends its peer to X-Forwarded-For, so it
/// is counted from the end, and what a client wrote itself is never believed. IPv6 clients count by /64, since each of
/// them has at least that many addresses.
std::string client_address(const std::string& peer, std::string_view forwarded_for, int proxies);

}  // namespace counselor
