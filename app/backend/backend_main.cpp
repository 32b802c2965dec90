// counselor-backend [--health-check]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "app/backend/server.h"

int main(int argc, char** argv) {
  const char* given = std::getenv("PORT");
  const int port = given != nullptr ? std::atoi(given) : 3001;
  if (port <= 0 || port > 65535) {
    std::fprintf(stderr, "counselor-backend: PORT is no port\n");
    return 2;
  }
  if (argc > 1 && std::strcmp(argv[1], "--health-check") == 0)
    return counselor::healthy(static_cast<std::uint16_t>(port)) ? 0 : 1;
  try {
    counselor::serve(counselor::Api(counselor::load_careers(counselor::careers_json())),
                     static_cast<std::uint16_t>(port));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "counselor-backend: %s\n", error.what());
    return 1;
  }
}
