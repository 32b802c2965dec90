#include "stratus/cli/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "stratus/core/text.h"
#include "stratus/state/backup.h"

namespace stratus::cli {
namespace {

std::string age(Duration old) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(old).count();
  return seconds < 120 ? fmt::format("{} s", seconds) : fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

/// Their names are their times. One that is damaged is no reason to lose the one before it.
Result<std::string> newest_backup(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (const auto name = entry.path().filename().string(); name.starts_with("stratus-") && name.ends_with(".backup"))
      files.push_back(entry.path().string());
  std::sort(files.rbegin(), files.rend());
  for (const auto& file : files)
    if (state::verify_backup(file)) return file;
  if (files.empty()) return Failure{"there is no backup in " + directory + ": name a file", 0};
  return Failure{fmt::format("none of the {} backups in {} is sound", files.size(), directory), 0};
}

}  // namespace

std::string backup_directory(const Address& address) {
  std::string state = std::filesystem::absolute(address.state_directory).lexically_normal().string();
  while (state.size() > 1 && state.back() == '/') state.pop_back();
  return state + ".backups";
}

Result<std::string> back_up(const Address& address, const std::string& file) {
  const std::string path = std::filesystem::absolute(file).lexically_normal().string();
  const auto page = request(address, "POST", "/_stratus/backup?file=" + text::uri_encode(path), 600);
  if (!page) return Failure{"Stratus does not answer (" + page.error().message() + ")", 0};
  boost::system::error_code error;
  const auto said = boost::json::parse(page->body, error);
  const auto text = [&](const char* name) {
    const auto* member = error || !said.is_object() ? nullptr : said.as_object().if_contains(name);
    return member == nullptr     ? std::string("?")
           : member->is_string() ? std::string(member->as_string())
                                 : boost::json::serialize(*member);
  };
  if (page->status != 200) return Failure{text("message"), 0};
  return fmt::format("{}: the state of {}, {} files, {} bytes. It holds the master key: keep it like a password.", path,
                     text("created"), text("files"), text("bytes"));
}

Result<std::string> restore(const Address& address, const std::string& given) {
  if (const auto pid = daemon_pid(address))
    return Failure{fmt::format("stratusd (pid {}) uses {}: `stratus down` first", *pid, address.state_directory), 0};
  if (const auto page = request(address, "GET", "/_stratus/health", 2); page && page->status == 200)
    return Failure{fmt::format("a daemon answers on {}:{}: `stratus down` first", address.host, address.port), 0};
  const bool is_folder = !given.empty() && std::filesystem::is_directory(given);
  const auto file = given.empty() || is_folder ? newest_backup(is_folder ? given : backup_directory(address))
                                               : Result<std::string>(given);
  if (!file) return file.error();
  const auto info = state::restore_backup(*file, address.state_directory);
  if (!info) return Failure{info.error().message(), 0};
  return fmt::format("{} holds the state of {} again ({} old, {} files, {} bytes). `stratus up` starts from it.",
                     address.state_directory, to_rfc3339(info->created), age(SystemClock().now() - info->created),
                     info->files, info->bytes);
}

}  // namespace stratus::cli
