// Who a container runs as: "name", "uid", "name:group", "uid:gid" looked up in the image's own passwd and group files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/result.h"

namespace stratus::containers {

struct User {
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> groups;  ///< additional ones
  std::string home = "/";
};

/// `passwd` and `group` are the files' contents, "" where the image has none. ENOENT: a name that is in neither.
Result<User> resolve_user(std::string_view user, std::string_view passwd, std::string_view group);

}  // namespace stratus::containers
