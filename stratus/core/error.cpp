#include "stratus/core/error.h"

namespace stratus::aws {

Error not_implemented(const std::string& what) {
  return Error("NotImplemented", 501, what + " is not implemented by Stratus.");
}

}  // namespace stratus::aws
