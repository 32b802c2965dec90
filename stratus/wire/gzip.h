// Compressed requests: SDKs send large bodies of some operations (PutMetricData) with Content-Encoding: gzip.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stratus::wire {

/// The content of one gzip member (RFC 1952); nothing where the bytes are none, are damaged, or hold more than `limit`
/// bytes.
std::optional<std::string> gunzip(std::string_view bytes, std::size_t limit);

}  // namespace stratus::wire
