#include "stratus/dataplane/containers/cgroups.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "stratus/core/fd.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"

namespace stratus::containers {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t period_us = 100'000;
/// cgroup v1 writes "no limit" as the largest page-aligned number; anything near it is none.
constexpr std::uint64_t unlimited = 1ULL << 62U;

Result<> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return failure("make cgroup " + path);
  return {};
}

Result<> write_value(const std::string& path, const std::string& value) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), value.data(), value.size()) < 0) return failure("write " + value + " to " + path);
  return {};
}

std::uint64_t number(const std::string& text, std::uint64_t otherwise) {
  try {
    return std::stoull(text);
  } catch (const std::exception&) {
    return otherwise;
  }
}

std::uint64_t read_number(const std::string& path, std::uint64_t otherwise) {
  const auto text = read_file(path);
  return text ? number(*text, otherwise) : otherwise;
}

/// The value of `key` in a file of "key value" lines.
std::uint64_t read_field(const std::string& path, const std::string& key) {
  const auto content = read_file(path);
  if (!content) return 0;
  for (const auto& line : text::split(*content, '\n'))
    if (line.starts_with(key + " ")) return number(line.substr(key.size() + 1), 0);
  return 0;
}

}  // namespace

Cgroups::Cgroups(std::string mount, const std::string& parent, const std::string& tag) : mount_(std::move(mount)) {
  for (const auto& part : text::split(parent, '/'))
    if (!part.empty()) base_ += "/" + part;
  base_ += "/" + tag;
}

/// On v1 each controller has its own tree below the mount; on v2 there is one.
std::string Cgroups::file(const std::string& controller, const std::string& path, const std::string& name) const {
  return mount_ + (v2_ ? "" : "/" + controller) + path + "/" + name;
}

std::vector<std::string> Cgroups::hierarchies() const {
  if (v2_) return {mount_};
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(mount_, error), end; !error && it != end; it.increment(error))
    if (!it->is_symlink() && fs::exists(it->path() / "cgroup.procs")) out.push_back(it->path().string());
  return out;
}

Result<> Cgroups::prepare() {
  v2_ = fs::exists(mount_ + "/cgroup.controllers");
  if (!v2_) {
    for (const char* controller : {"cpu", "memory", "pids"}) {
      if (!fs::exists(mount_ + "/" + controller + "/cgroup.procs"))
        return Failure{"cgroup controller " + std::string(controller) + " is not mounted below " + mount_, ENOENT};
      if (auto made = make_directory(mount_ + "/" + controller + base_); !made) return made;
    }
    return {};
  }
  // Top down: a controller reaches a group only when every group above hands it on.
  std::string path;
  std::vector<std::string> chain{""};
  for (const auto& part : text::split(base_, '/'))
    if (!part.empty()) chain.push_back(path += "/" + part);
  for (const auto& group : chain) {
    if (!group.empty())
      if (auto made = make_directory(mount_ + group); !made) return made;
    const auto offered = read_file(mount_ + group + "/cgroup.controllers");
    if (!offered) return offered.error();
    const auto has = text::split(std::string(text::trim(*offered)), ' ');
    for (const char* controller : {"cpu", "memory", "pids"}) {
      if (std::find(has.begin(), has.end(), controller) == has.end())
        return Failure{"cgroup controller " + std::string(controller) + " is not delegated to " + mount_ + group +
                           " (start the daemon in the root cgroup, or with Delegate=yes)",
                       ENOENT};
      auto handed = write_value(mount_ + group + "/cgroup.subtree_control", "+" + std::string(controller));
      if (!handed)
        return Failure{"cgroup " + mount_ + group + " cannot hand on controller " + controller +
                           " (EBUSY: processes sit in it; start the daemon in a cgroup of its own, with Delegate=yes)",
                       handed.error().error};
    }
  }
  return make_directory(mount_ + base_ + "/supervisors");
}

bool Cgroups::limits_swap() const {
  return v2_ ? fs::exists(mount_ + base_ + "/memory.swap.max")
             : fs::exists(mount_ + "/memory" + base_ + "/memory.memsw.limit_in_bytes");
}

Result<> Cgroups::make_task(const std::string& task, const TaskLimits& limits) const {
  const std::string path = base_ + "/" + task;
  for (const char* controller : {"cpu", "memory", "pids"})
    if (auto made = make_directory(file(controller, path, "")); !made) return made;
  if (v2_)
    if (auto handed = write_value(file("", path, "cgroup.subtree_control"), "+cpu +memory +pids"); !handed)
      return handed;
  const std::uint64_t quota = period_us * limits.cpu_units / 1024;
  std::vector<std::pair<std::string, std::string>> values;
  if (limits.cpu_units > 0 && v2_)
    values.emplace_back(file("cpu", path, "cpu.max"), std::to_string(quota) + " " + std::to_string(period_us));
  if (limits.cpu_units > 0 && !v2_) {
    values.emplace_back(file("cpu", path, "cpu.cfs_period_us"), std::to_string(period_us));
    values.emplace_back(file("cpu", path, "cpu.cfs_quota_us"), std::to_string(quota));
  }
  if (limits.memory_bytes > 0)
    values.emplace_back(file("memory", path, v2_ ? "memory.max" : "memory.limit_in_bytes"),
                        std::to_string(limits.memory_bytes));
  if (limits.memory_bytes > 0 && limits_swap())
    values.emplace_back(file("memory", path, v2_ ? "memory.swap.max" : "memory.memsw.limit_in_bytes"),
                        std::to_string(v2_ ? 0 : limits.memory_bytes));
  if (limits.pids > 0) values.emplace_back(file("pids", path, "pids.max"), std::to_string(limits.pids));
  for (const auto& [where, value] : values)
    if (auto written = write_value(where, value); !written) return written;
  return {};
}

std::string Cgroups::container_path(const std::string& task, const std::string& id) const {
  return base_ + "/" + task + "/" + id;
}

Result<> Cgroups::adopt_supervisor(pid_t pid) const {
  for (const auto& hierarchy : hierarchies()) {
    const std::string group = hierarchy + base_ + "/supervisors";
    // cpuset wants its own set-up before it takes a process; a supervisor needs no place there.
    if (hierarchy.ends_with("/cpuset")) continue;
    std::error_code error;
    fs::create_directories(group, error);
    if (error) return Failure{"make cgroup " + group, error.value()};
    if (auto moved = write_value(group + "/cgroup.procs", std::to_string(pid)); !moved && moved.error().error != ESRCH)
      return moved;
  }
  return {};
}

Result<Stats> Cgroups::stats(const std::string& task, const std::string& id) const {
  const std::string path = container_path(task, id);
  const std::string above = base_ + "/" + task;
  Stats out;
  const auto usage = read_file(file("memory", path, v2_ ? "memory.current" : "memory.usage_in_bytes"));
  if (!usage) return usage.error();
  out.cpu_ns = v2_ ? read_field(file("cpu", path, "cpu.stat"), "usage_usec") * 1000
                   : read_number(file("cpuacct", path, "cpuacct.usage"), 0);
  const std::uint64_t used = number(*usage, 0);
  const auto inactive = read_field(file("memory", path, "memory.stat"), v2_ ? "inactive_file" : "total_inactive_file");
  out.memory_bytes = used > inactive ? used - inactive : 0;
  const char* limit_file = v2_ ? "memory.max" : "memory.limit_in_bytes";
  const auto limit = std::min(read_number(file("memory", path, limit_file), unlimited),
                              read_number(file("memory", above, limit_file), unlimited));
  out.memory_limit_bytes = limit >= unlimited ? 0 : limit;
  out.pids = read_number(file("pids", path, "pids.current"), 0);
  return out;
}

std::uint64_t Cgroups::oom_kills(const std::string& task, const std::string& id) const {
  return read_field(file("memory", container_path(task, id), v2_ ? "memory.events" : "memory.oom_control"), "oom_kill");
}

std::string Cgroups::freezer_file(const std::string& task) const {
  return file("freezer", base_ + "/" + task, v2_ ? "cgroup.freeze" : "freezer.state");
}

Result<> Cgroups::set_frozen(const std::string& task, bool frozen) const {
  if (auto written = write_value(freezer_file(task), freezer_word(frozen)); !written) return written;
  // A process stands still once it has left the kernel; until then v1 says FREEZING, v2 "frozen 0" in its events.
  const auto reached = [&] {
    if (v2_) return read_field(file("", base_ + "/" + task, "cgroup.events"), "frozen") == 1;
    const auto state = read_file(freezer_file(task));
    return !state || text::trim(*state) == "FROZEN";
  };
  for (int tries = 0; frozen && !reached(); ++tries) {
    if (tries == 100)
      return Failure{"freeze task " + task + ": not every process stood still within a second", ETIMEDOUT};
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

void Cgroups::kill_group(const std::string& path) const {
  // A process is in the same group of every controller that we use; one of them tells.
  const auto pids = read_file(file("pids", path, "cgroup.procs"));
  if (!pids) return;
  for (const auto& pid : text::split(*pids, '\n'))
    if (const auto value = number(pid, 0); value > 1) ::kill(static_cast<pid_t>(value), SIGKILL);
}

void Cgroups::kill_container(const std::string& task, const std::string& id) const {
  kill_group(container_path(task, id));
}

void Cgroups::kill_supervisors() const { kill_group(base_ + "/supervisors"); }

Result<> Cgroups::remove_path(const std::string& path, bool recursive, bool busy_is_fine) const {
  for (const auto& hierarchy : hierarchies()) {
    std::vector<std::string> groups{hierarchy + path};
    std::error_code error;
    if (recursive)
      for (fs::recursive_directory_iterator it(groups[0], error), end; !error && it != end; it.increment(error))
        if (it->is_directory(error) && !it->is_symlink(error)) groups.push_back(it->path().string());
    for (auto it = groups.rbegin(); it != groups.rend(); ++it)
      if (::rmdir(it->c_str()) != 0 && errno != ENOENT && !(busy_is_fine && (errno == EBUSY || errno == ENOTEMPTY)))
        return failure("remove cgroup " + *it);
  }
  return {};
}

Result<> Cgroups::remove_container(const std::string& task, const std::string& id) const {
  return remove_path(container_path(task, id), true, false);
}

Result<> Cgroups::remove_task(const std::string& task) const { return remove_path(base_ + "/" + task, false, true); }

std::vector<std::string> Cgroups::tasks() const {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(file("pids", base_, ""), error), end; !error && it != end; it.increment(error))
    if (it->is_directory(error) && it->path().filename() != "supervisors")
      out.push_back(it->path().filename().string());
  return out;
}

Result<> Cgroups::remove_all() const { return remove_path(base_, true, false); }

}  // namespace stratus::containers
