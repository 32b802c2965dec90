// What AWS would answer instead of a result.
#pragma once

#include <exception>
#include <map>
#include <string>

namespace stratus::aws {

/// Thrown by operations, turned into a protocol's error reply in one place (wire).
/// `code` is AWS's error code ("InvalidVpcID.NotFound"), `status` the HTTP status, `message` the sentence that AWS
/// words.
struct Error : std::exception {
  std::string code;
  int status;
  std::string message;
  std::map<std::string, std::string> details;  ///< further members of a modelled error shape, by wire name

  Error(std::string error_code, int http_status, std::string text)
      : code(std::move(error_code)), status(http_status), message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
};

/// 501, naming what is not done: an operation ("ecs:ExecuteCommand") or an option of one ("CreateService:
/// schedulingStrategy DAEMON").
Error not_implemented(const std::string& what);

}  // namespace stratus::aws
