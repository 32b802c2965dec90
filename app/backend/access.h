// What goes out around an answer's body: the head of it, and the line about it in the log. Plain text, made once for
// each request.
#pragma once

#include <chrono>
#include <string>

#include "app/backend/problem.h"

namespace counselor {

/// Status line and headers to the empty line; `keep`: whether the connection goes on.
std::string answer_head(const Response& answer, const std::string& request_id, bool keep);

/// The access log's line: method, path without the query, status, time, ids; nothing else of the person.
void log_access(const Request& request, int status, std::chrono::microseconds took, const std::string& trace_id);

}  // namespace counselor
