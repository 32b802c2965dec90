#include "stratus/dataplane/containers/runtime.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <condition_variable>
#include <filesystem>
#include <thread>

#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/containers/oci_bundle.h"

namespace stratus::containers {
namespace {

namespace fs = std::filesystem;

/// Of a container whose supervisor was killed: nobody saw how it ended.
constexpr int unseen_exit = -1;

Result<> remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return Failure{"remove " + path, error.value()};
  return {};
}

/// A process of a container enters the run directory as a user of its task: every directory above must let it through.
Result<> check_passable(const std::string& directory) {
  for (fs::path path = directory; path.has_relative_path(); path = path.parent_path()) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return failure("stat " + path.string());
    if ((status.st_mode & S_IXOTH) == 0)
      return Failure{"containers cannot pass through " + path.string() + " (chmod o+x " + path.string() + ")", EACCES};
  }
  return {};
}

bool wait_end(const ProcessId& process, Duration timeout) {
  const auto fd = process.open();
  if (!fd) return true;
  pollfd polled{fd->get(), POLLIN, 0};
  return ::poll(&polled, 1, static_cast<int>(timeout.count())) > 0;
}

}  // namespace

Result<> write_volatile(const std::string& path, std::string_view content, mode_t mode) {
  const std::string beside = path + ".new";
  {
    const UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!fd || ::fchmod(fd.get(), mode) != 0) return failure("create " + beside);
    while (!content.empty()) {
      const auto written = ::write(fd.get(), content.data(), content.size());
      if (written < 0) return failure("write " + beside);
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return failure("rename " + beside);
  return {};
}

std::string find_program(const std::string& name) {
  const char* path = ::getenv("PATH");
  for (const auto& directory : text::split(path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin", ':'))
    if (::access((directory + "/" + name).c_str(), X_OK) == 0) return directory + "/" + name;
  return "";
}

Runtime::Runtime(Settings settings)
    : settings_(std::move(settings)),
      space_(settings_.run_directory + "/space"),
      cgroups_("/sys/fs/cgroup", settings_.cgroup_parent, settings_.tag) {}

std::vector<std::string> Runtime::crun(std::vector<std::string> arguments) const {
  std::vector<std::string> out{"crun", "--root=" + settings_.run_directory + "/crun", "--cgroup-manager=cgroupfs"};
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

Result<> Runtime::make_directories() {
  std::error_code error;
  for (const auto& path : {settings_.run_directory, settings_.state_directory}) {
    fs::create_directories(path, error);
    if (error) return Failure{"make directory " + path, error.value()};
  }
  if (::chmod(settings_.run_directory.c_str(), 0711) != 0) return failure("chmod " + settings_.run_directory);
  if (::chmod(settings_.state_directory.c_str(), 0700) != 0) return failure("chmod " + settings_.state_directory);
  const auto run = settings_.run_directory, state = settings_.state_directory;
  for (const auto& [path, mode] : {std::pair{run + "/containers", 0711},
                                   {run + "/exits", 0700},
                                   {run + "/sockets", 0700},
                                   {run + "/crun", 0711},
                                   {run + "/frozen", 0700},
                                   {state + "/logs", 0700},
                                   {state + "/writable", 0700},
                                   {state + "/volumes", 0700}}) {
    if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST)
      return failure("make directory " + path);
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return failure("chmod " + path);
  }
  return {};
}

/// Where the run directory is not on a tmpfs, it may speak of processes and mounts of an earlier boot.
Result<> Runtime::forget_earlier_boot() {
  const auto now = read_file("/proc/sys/kernel/random/boot_id");
  if (!now) return now.error();
  const std::string path = settings_.run_directory + "/boot";
  const auto then = read_file(path);
  if (then && *then == *now) return {};
  for (const char* part : {"/containers", "/exits", "/sockets", "/crun", "/space", "/frozen"})
    if (auto removed = remove_tree(settings_.run_directory + part); !removed) return removed;
  for (const char* part : {"/logs", "/writable", "/volumes"})
    if (auto removed = remove_tree(settings_.state_directory + part); !removed) return removed;
  if (auto made = make_directories(); !made) return made;
  return write_file(path, *now, 0600);
}

Result<std::vector<Record>> Runtime::open() {
  if (auto made = make_directories(); !made) return made.error();
  UniqueFd lock(::open((settings_.run_directory + "/owner").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return failure("open " + settings_.run_directory + "/owner");
  // A killed owner's children hold the lock until they have become the programs that they were forked for.
  for (int tries = 100; ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0; --tries) {
    if (tries == 0 || errno != EWOULDBLOCK)
      return Failure{"another process owns the containers below " + settings_.run_directory, EBUSY};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  owner_ = std::move(lock);
  for (const auto& step :
       {forget_earlier_boot(), check_passable(settings_.run_directory), cgroups_.prepare(), space_.open()})
    if (!step) return step.error();
  const auto found = ids();
  if (!found) return found.error();
  for (const auto& id : *found) {
    if (fs::exists(place(id) + "/record.json")) continue;
    log::warning("container_half_made", {{"container", id}});
    if (auto removed = remove(id); !removed) return removed.error();
  }
  if (auto swept = sweep(); !swept) return swept.error();
  if (auto guarded = guard_freezes(); !guarded) return guarded.error();
  return records();
}

Result<std::vector<std::string>> Runtime::ids() const {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(settings_.run_directory + "/containers", error), end; !error && it != end;
       it.increment(error))
    out.push_back(it->path().filename().string());
  if (error) return Failure{"list " + settings_.run_directory + "/containers", error.value()};
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::vector<Record>> Runtime::records() const {
  const auto found = ids();
  if (!found) return found.error();
  std::vector<Record> out;
  for (const auto& id : *found) {
    const auto content = read_file(place(id) + "/record.json");
    // Being made, or being removed.
    if (!content && content.error().error == ENOENT) continue;
    if (!content) return content.error();
    auto record = parse_record(*content);
    if (!record) return record.error();
    out.push_back(std::move(*record));
  }
  return out;
}

std::optional<Exit> Runtime::exit_of(const Record& record) const {
  struct stat status {};
  const auto content = read_file(exit_path(record.id));
  const bool seen = content.ok() && ::stat(exit_path(record.id).c_str(), &status) == 0;
  if (!seen && record.supervisor.alive()) return std::nullopt;
  Exit out;
  out.id = record.id;
  // It may have written the exit between the two questions.
  if (!seen) {
    const auto late = read_file(exit_path(record.id));
    if (late && ::stat(exit_path(record.id).c_str(), &status) == 0) return exit_of(record);
    out.code = unseen_exit;
    out.at = SystemClock().now();
  } else {
    try {
      out.code = std::stoi(*content);
    } catch (const std::exception&) {
      out.code = unseen_exit;
    }
    out.at.ms = status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000;
  }
  out.oom_killed = cgroups_.oom_kills(record.task, record.id) > 0;
  return out;
}

Existing Runtime::existing(const Record& record) const {
  Existing out;
  out.id = record.id;
  out.task = record.task;
  out.started_at = record.started_at;
  out.exit = exit_of(record);
  out.state = out.exit ? State::exited : State::running;
  out.pid = out.exit ? 0 : record.process.pid;
  return out;
}

Result<> Runtime::signal(const Record& record, int number) const {
  if (number == SIGKILL && fs::exists(freeze_path(record.task)))
    if (auto thawed = cgroups_.set_frozen(record.task, false); !thawed && thawed.error().error != ENOENT) return thawed;
  const auto process = record.process.open();
  if (!process) return Failure{"signal container " + record.id, process.error().error};
  if (::syscall(SYS_pidfd_send_signal, process->get(), number, nullptr, 0) != 0)
    return failure("signal container " + record.id);
  return {};
}

Result<ExecResult> Runtime::exec(const Record& record, const std::vector<std::string>& argv, Duration timeout) const {
  static std::atomic<std::uint64_t> next{1};
  const std::string scratch = place(record.id) + "/exec-" + std::to_string(next++);
  const std::string pid_file = scratch + ".pid", process_file = scratch + ".json";
  const auto config = read_file(place(record.id) + "/bundle/config.json");
  if (!config) return config.error();
  // Of itself, crun would run it as root.
  const auto process = exec_process(*config, argv);
  if (!process) return process.error();
  if (auto written = write_volatile(process_file, *process, 0600); !written) return written.error();
  const std::vector<std::string> arguments{"exec", "--pid-file=" + pid_file, "--process=" + process_file, record.id};
  Command command;
  command.argv = crun(arguments);
  command.mntns = space_.path();
  // At the timeout the program inside is killed, not crun: crun is its parent and reaps it. The second more is for
  // children of the program that hold its output open.
  command.timeout = timeout + Duration(1'000);
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false, timed_out = false;
  std::thread watchdog([&] {
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, timeout, [&] { return ended; })) return;
    timed_out = true;
    if (const auto pid = read_file(pid_file)) ::kill(static_cast<pid_t>(std::atoi(pid->c_str())), SIGKILL);
  });
  const auto exited = run(command);
  {
    const std::lock_guard lock(mutex);
    ended = true;
  }
  changed.notify_one();
  watchdog.join();
  ::unlink(pid_file.c_str());
  ::unlink(process_file.c_str());
  if (timed_out) return Failure{"command in container " + record.id, ETIMEDOUT};
  if (!exited) return Failure{"command in container " + record.id, exited.error().error};
  ExecResult out{exited->status, exited->output + exited->errors};
  if (out.output.size() > 4096) out.output.resize(4096);
  return out;
}

Result<> Runtime::remove_task_if_last(const std::string& task) {
  const std::lock_guard lock(tasks_);
  const auto found = ids();
  if (!found) return found.error();
  for (const auto& id : *found) {
    const auto other = read_file(place(id) + "/task");
    if (other && *other == task) return {};
  }
  if (auto removed = cgroups_.remove_task(task); !removed) return removed;
  return remove_tree(volumes(task));
}

/// An owner that was killed in the middle of a start leaves conmon and crun at work. They name the container's
/// directory on their command lines; one kills before the other makes the next, so look until nobody is left.
void Runtime::end_makers(const std::string& id) const {
  const std::string argument = std::string("\0", 1) + place(id) + "/bundle" + std::string("\0", 1);
  for (bool found = true; found;) {
    found = false;
    std::error_code error;
    for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
      const auto process = ProcessId::of(static_cast<pid_t>(std::atoi(it->path().filename().c_str())));
      const auto line = process.pid > 1 ? read_file(it->path().string() + "/cmdline") : Result<std::string>(Failure{});
      if (!line || line->find(argument) == std::string::npos || !process.alive()) continue;
      const auto maker = process.open();
      if (!maker) continue;
      found = true;
      ::syscall(SYS_pidfd_send_signal, maker->get(), SIGKILL, nullptr, 0);
      wait_end(process, Duration(1'000));
    }
  }
}

Result<> Runtime::remove(const std::string& id) {
  const std::string directory = place(id);
  if (!fs::exists(directory)) return {};
  Record record;
  if (const auto content = read_file(directory + "/record.json"))
    if (auto parsed = parse_record(*content)) record = std::move(*parsed);
  const auto task = read_file(directory + "/task");
  if (task && fs::exists(freeze_path(*task)))
    if (auto thawed = thaw(*task); !thawed) return thawed;
  // Straight at the process first: a container ends even where crun has lost its own notes about it.
  if (record.process.alive())
    if (auto killed = signal(record, SIGKILL); !killed && killed.error().error != ESRCH) return killed;
  if (record.supervisor.started == 0) end_makers(id);
  Command command;
  command.argv = crun({"delete", "--force", id});
  command.mntns = space_.path();
  const auto deleted = run(command);
  if (!deleted) return deleted.error();
  if (task) cgroups_.kill_container(*task, id);
  // A container that never came to be has nothing to delete; whether something is left shows below.
  if (record.supervisor.started != 0 && !wait_end(record.supervisor, Duration(5'000)))
    if (const auto supervisor = record.supervisor.open())
      ::syscall(SYS_pidfd_send_signal, supervisor->get(), SIGKILL, nullptr, 0);
  const auto unmounted = space_.in([&] { return unmount_below(directory); });
  if (!unmounted) return unmounted;
  if (task) {
    auto removed = cgroups_.remove_container(*task, id);
    for (int attempt = 0; !removed && removed.error().error == EBUSY && attempt < 200; ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the kernel takes its time with killed processes
      removed = cgroups_.remove_container(*task, id);
    }
    if (!removed) return removed;
  }
  for (const auto& path : {writable(id), log_path(id), exit_path(id), settings_.run_directory + "/sockets/" + id,
                           settings_.run_directory + "/crun/" + id, directory})
    if (auto removed = remove_tree(path); !removed) return removed;
  return task ? remove_task_if_last(*task) : Result<>();
}

Result<> Runtime::purge() {
  if (!fs::exists(settings_.run_directory)) return {};
  const auto found = ids();
  if (found)
    for (const auto& id : *found)
      if (auto removed = remove(id); !removed) return removed;
  auto gone = cgroups_.remove_all();
  for (int attempt = 0; !gone && gone.error().error == EBUSY && attempt < 200; ++attempt) {
    cgroups_.kill_supervisors();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    gone = cgroups_.remove_all();
  }
  if (!gone) return gone;
  if (space_.exists())
    if (auto unmounted = space_.in([&] { return unmount_below(settings_.run_directory + "/containers"); }); !unmounted)
      return unmounted;
  if (auto destroyed = space_.destroy(); !destroyed) return destroyed;
  owner_.reset();
  for (const auto& path : {settings_.run_directory, settings_.state_directory})
    if (auto removed = remove_tree(path); !removed) return removed;
  return {};
}

}  // namespace stratus::containers
