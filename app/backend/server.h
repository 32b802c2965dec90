// HTTP/1.1 for the API: connections, limits, the access log, an orderly end.
#pragma once

#include <cstdint>
#include <memory>

#include "app/backend/api.h"

namespace counselor {

/// Serves until SIGTERM or SIGINT, then lets what runs finish. Throws where the port cannot be had.
void serve(const Api& api, std::uint16_t port);

/// Whether a server on this machine's `port` answers /health with 200 within two seconds.
bool healthy(std::uint16_t port);

}  // namespace counselor
