// HAProxy's runtime API: one question over its UNIX socket, and the tables that come back.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/result.h"

namespace stratus::balancer {

/// One line of "show stat", by column; only columns that are not empty.
using Row = std::map<std::string, std::string, std::less<>>;

/// Frontends and backends have the servers "FRONTEND" and "BACKEND".
using Rows = std::map<std::pair<std::string, std::string>, Row>;  // by proxy and server

/// "show stat" as it comes: a header line that starts with '#', then lines of comma-separated values.
Rows parse_stat(std::string_view csv);
std::uint64_t number(const Row& row, std::string_view column);
std::string_view text_of(const Row& row, std::string_view column);

/// Sends commands (joined by ';') and reads until the end. Blocks.
Result<std::string> ask(const std::string& socket_path, std::string_view commands, Duration timeout = Duration(5000));

}  // namespace stratus::balancer
