// What the internal pages answer.
#pragma once

#include <string>

#include "stratus/wire/server.h"

namespace stratus::daemon {

inline wire::HttpReply json_reply(int status, const std::string& body) {
  wire::HttpReply out;
  out.status = status;
  out.headers["Content-Type"] = "application/json";
  out.body = body + "\n";
  return out;
}

}  // namespace stratus::daemon
