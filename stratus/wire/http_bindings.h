// Members that HTTP itself carries: labels of the path, the query, headers, the status. restXml and restJson differ
// only in what is left for the body.
#pragma once

#include "stratus/core/shape.h"
#include "stratus/wire/codec.h"

namespace stratus::wire {

/// Thrown by `read_bindings`; each protocol has words of its own for it.
struct WrongBinding {
  const Member* member;
  bool broken_path;  ///< the path is no UTF-8, rather than a value of the wrong type
};

/// What travels in the body.
struct BodyMembers {
  const Member* payload = nullptr;  ///< the one member that is the whole body
  bool any = false;
};
BodyMembers body_of(const Shape& shape);

/// Fills what is bound outside of the body.
void read_bindings(const Shape& input, const RequestParts& parts, void* request);
/// What is bound to status and headers. Empty headers are not sent.
void write_bindings(const Shape& output, const void* response, ReplyParts& reply);

}  // namespace stratus::wire
