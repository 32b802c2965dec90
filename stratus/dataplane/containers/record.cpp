#include "stratus/dataplane/containers/record.h"

#include <sys/syscall.h>

#include <boost/json.hpp>
#include <sstream>

#include "stratus/core/process.h"

namespace stratus::containers {
namespace {

namespace json = boost::json;

/// State and start time from /proc/<pid>/stat; false where there is no such process.
bool read_stat(pid_t pid, char& state, std::uint64_t& started) {
  const auto content = read_file("/proc/" + std::to_string(pid) + "/stat");
  if (!content) return false;
  // The name, in parentheses, may hold anything: count from its end.
  const auto name_end = content->rfind(')');
  if (name_end == std::string::npos) return false;
  std::istringstream fields(content->substr(name_end + 1));
  fields >> state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> started;
  return !fields.fail();
}

}  // namespace

ProcessId ProcessId::of(pid_t pid) {
  ProcessId out{pid, 0};
  char state = 0;
  if (!read_stat(pid, state, out.started)) out.started = 0;
  return out;
}

bool ProcessId::alive() const {
  char state = 0;
  std::uint64_t now_started = 0;
  return pid > 0 && read_stat(pid, state, now_started) && now_started == started && state != 'Z' && state != 'X';
}

Result<UniqueFd> ProcessId::open() const {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return failure("open process " + std::to_string(pid));
  // Opened first, checked after: if it was the right one after the opening, it was so at the opening.
  if (!alive()) return Failure{"open process " + std::to_string(pid), ESRCH};
  return fd;
}

std::string to_json(const Record& record) {
  return json::serialize(json::object{{"id", record.id},
                                      {"task", record.task},
                                      {"pid", record.process.pid},
                                      {"pidStarted", record.process.started},
                                      {"supervisor", record.supervisor.pid},
                                      {"supervisorStarted", record.supervisor.started},
                                      {"startedAt", record.started_at.ms},
                                      {"stopSignal", record.stop_signal}});
}

Result<Record> parse_record(std::string_view text) {
  try {
    const auto value = json::parse(json::string_view(text.data(), text.size()));
    const auto& object = value.as_object();
    Record out;
    out.id = json::value_to<std::string>(object.at("id"));
    out.task = json::value_to<std::string>(object.at("task"));
    out.process = {object.at("pid").to_number<pid_t>(), object.at("pidStarted").to_number<std::uint64_t>()};
    out.supervisor = {object.at("supervisor").to_number<pid_t>(),
                      object.at("supervisorStarted").to_number<std::uint64_t>()};
    out.started_at.ms = object.at("startedAt").to_number<std::int64_t>();
    out.stop_signal = object.at("stopSignal").to_number<int>();
    return out;
  } catch (const std::exception& error) {
    return Failure{std::string("record of a container is damaged: ") + error.what(), EINVAL};
  }
}

}  // namespace stratus::containers
