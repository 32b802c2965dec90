#include "stratus/dataplane/containers/users.h"

#include <charconv>
#include <optional>

#include "stratus/core/text.h"

namespace stratus::containers {
namespace {

std::optional<std::uint32_t> id_of(std::string_view text) {
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return out;
}

std::vector<std::vector<std::string>> records(std::string_view content, std::size_t fields) {
  std::vector<std::vector<std::string>> out;
  for (const auto& line : text::split(content, '\n')) {
    auto parts = text::split(line, ':');
    if (parts.size() >= fields) out.push_back(std::move(parts));
  }
  return out;
}

}  // namespace

Result<User> resolve_user(std::string_view user, std::string_view passwd, std::string_view group) {
  const auto colon = user.find(':');
  const std::string name(user.substr(0, colon));
  const std::string group_name(colon == std::string_view::npos ? "" : user.substr(colon + 1));
  User out;
  const auto wanted = id_of(name.empty() ? "0" : name);
  std::string login;
  bool found = false;
  // name:password:uid:gid:comment:home:shell. A number that is nobody's login is a user all the same.
  for (const auto& entry : records(passwd, 6)) {
    const auto uid = id_of(entry[2]), gid = id_of(entry[3]);
    if (!uid || !gid || (entry[0] != name && !(wanted && *uid == *wanted))) continue;
    out = User{*uid, *gid, {}, entry[5].empty() ? "/" : entry[5]};
    login = entry[0];
    found = true;
    break;
  }
  if (!found && !wanted) return Failure{"user \"" + name + "\" is not in the image's /etc/passwd", ENOENT};
  if (!found) out.uid = *wanted;
  if (!found && out.uid == 0) out.home = "/root";
  // The additional ones begin with the primary one: a process that changes its group does not lose it.
  const auto groups = records(group, 4);
  if (group_name.empty()) {
    out.groups.push_back(out.gid);
    for (const auto& entry : groups) {
      const auto gid = id_of(entry[2]);
      if (!gid || *gid == out.gid || login.empty()) continue;
      for (const auto& member : text::split(entry[3], ','))
        if (member == login) out.groups.push_back(*gid);
    }
    return out;
  }
  if (const auto gid = id_of(group_name)) {
    out.gid = *gid;
    out.groups = {*gid};
    return out;
  }
  for (const auto& entry : groups)
    if (const auto gid = id_of(entry[2]); gid && entry[0] == group_name) {
      out.gid = *gid;
      out.groups = {*gid};
      return out;
    }
  return Failure{"group \"" + group_name + "\" is not in the image's /etc/group", ENOENT};
}

}  // namespace stratus::containers
