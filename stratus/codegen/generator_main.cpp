// stratus_codegen SERVICE MODEL.json OUT.h OUT.cpp
#include <cstdio>
#include <fstream>

#include "stratus/codegen/emit.h"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s SERVICE MODEL.json OUT.h OUT.cpp\n", argv[0]);
    return 2;
  }
  const auto model = stratus::codegen::read_model(argv[2]);
  std::ofstream(argv[3]) << stratus::codegen::emit_header(argv[1], model);
  std::ofstream source(argv[4]);
  source << stratus::codegen::emit_source(argv[1], model);
  return source.good() ? 0 : 1;
}
