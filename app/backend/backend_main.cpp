// counselor-backend [--health-check | --read-document]
#include <cstdio>
#include <cstring>
#include <exception>

#include "app/backend/config.h"
#include "app/backend/resume/sandbox.h"
#include "app/backend/server.h"

int main(int argc, char** argv) {
  // Started by the server itself for each file (resume/sandbox.h): before anything else is read or opened.
  if (argc > 1 && std::strcmp(argv[1], "--read-document") == 0) return counselor::document_child();
  try {
    const auto config = counselor::Config::from_environment();
    if (argc > 1 && std::strcmp(argv[1], "--health-check") == 0) return counselor::healthy(config.port) ? 0 : 1;
    counselor::serve(config);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "counselor-backend: %s\n", error.what());
    return 1;
  }
}
