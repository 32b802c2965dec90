#include "stratus/core/operation.h"

namespace stratus::aws {

const Operation* ServiceModel::find(std::string_view operation) const {
  for (const Operation& candidate : operations)
    if (operation == candidate.name) return &candidate;
  return nullptr;
}

}  // namespace stratus::aws
