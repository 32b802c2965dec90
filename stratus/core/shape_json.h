// JSON of described values: the rows of our tables, request parameters for the audit trail.
//
// Members are named by their wire names. Absent optionals are left out. Timestamps are seconds since the epoch with
// three decimals where needed, blobs are base64, documents stand as they are.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "stratus/core/shape.h"

namespace stratus {

/// The text is no JSON, or a value has another type than its member; `what()` names the path.
struct ShapeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string to_json(const Shape& shape, const void* value);
/// Unknown members are skipped; null leaves a member absent. Throws ShapeError; `value` may then be partly filled.
void from_json(const Shape& shape, std::string_view text, void* value);

template <class T>
std::string to_json(const T& value) {
  return to_json(shape_of<T>(), &value);
}
template <class T>
T from_json(std::string_view text) {
  T value{};
  from_json(shape_of<T>(), text, &value);
  return value;
}

}  // namespace stratus
