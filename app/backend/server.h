// HTTP/1.1 for the API: connections, limits, the access log, streams, an orderly end.
#pragma once

#include <cstdint>

#include "app/backend/config.h"

namespace counselor {

/// Serves until SIGTERM or SIGINT, then says so at /ready and lets what runs finish within a limit. Throws where the
/// port cannot be had.
void serve(const Config& config);

/// Whether a server on this machine's `port` answers /health with 200 within two seconds.
bool healthy(std::uint16_t port);

}  // namespace counselor
