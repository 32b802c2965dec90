// What `--uplink` adds to the network's: inside VPCs the Internet's names exist, as this machine's nameserver tells
// them.
#pragma once

#include <string>
#include <string_view>

#include "stratus/core/asio_loop.h"
#include "stratus/dataplane/dns/dns.h"

namespace stratus::daemon {

/// The first IPv4 nameserver of a resolv.conf that is not `except` (our own, which would ask itself); "" without one.
std::string nameserver_of(std::string_view resolv_conf, std::string_view except);

/// For VPCs only: on the host a stub resolver asks its next server by itself.
dns::Forwarder internet_names(AsioLoop& loop, const std::string& nameserver);

}  // namespace stratus::daemon
