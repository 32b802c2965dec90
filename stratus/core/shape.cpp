#include "stratus/core/shape.h"

namespace stratus {

const Member* Shape::find_wire(std::string_view wire) const {
  for (const Member& member : members)
    if (wire == member.wire) return &member;
  return nullptr;
}

}  // namespace stratus
