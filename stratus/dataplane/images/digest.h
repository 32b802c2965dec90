// SHA-256 over streams, and the spelling of digests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "stratus/core/result.h"

struct evp_md_ctx_st;

namespace stratus::images {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view data);
  /// "sha256:<hex>" of everything so far; the object is spent.
  std::string digest();

 private:
  evp_md_ctx_st* context_;
};

/// Of an open file, from its beginning.
Result<std::string> digest_of_file(int fd, const std::string& name);

}  // namespace stratus::images
