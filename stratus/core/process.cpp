#include "stratus/core/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "stratus/core/text.h"

extern char** environ;

namespace stratus {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const auto& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

/// What the child does between fork and exec; only async-signal-safe calls. Reports errno over `report` and exits 127.
struct Child {
  const Command& command;
  char* const* argv;
  char* const* environment;
  int netns = -1, mntns = -1;
  int stdin_fd, stdout_fd, stderr_fd, report;
  bool detach = false;

  [[noreturn]] void fail() const {
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(report, &error, sizeof error);
    _exit(127);
  }

  [[noreturn]] void exec() {
    if (detach) {
      if (setsid() < 0) fail();
      const pid_t grandchild = fork();
      if (grandchild < 0) fail();
      if (grandchild > 0) {
        const int none = -static_cast<int>(grandchild);
        [[maybe_unused]] const auto written = ::write(report, &none, sizeof none);
        _exit(0);
      }
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int ignored : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) signal(ignored, SIG_DFL);
    if (mntns >= 0 && setns(mntns, CLONE_NEWNS) != 0) fail();
    if (netns >= 0 && setns(netns, CLONE_NEWNET) != 0) fail();
    if (!command.directory.empty() && chdir(command.directory.c_str()) != 0) fail();
    // Move what the child needs above every number that it asked for, then down to its place.
    int keep_report = fcntl(report, F_DUPFD_CLOEXEC, 200);
    if (keep_report < 0) fail();
    report = keep_report;
    const int in = fcntl(stdin_fd, F_DUPFD_CLOEXEC, 200), out = fcntl(stdout_fd, F_DUPFD_CLOEXEC, 200),
              err = fcntl(stderr_fd, F_DUPFD_CLOEXEC, 200);
    int moved[32];
    std::size_t count = 0;
    for (const auto& [from, to] : command.fds) {
      if (count == 32) {
        errno = E2BIG;
        fail();
      }
      moved[count++] = fcntl(from, F_DUPFD_CLOEXEC, 200);
    }
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) fail();
    for (std::size_t i = 0; i < count; ++i)
      if (dup2(moved[i], command.fds[i].second) < 0) fail();
    for (int fd = 3; fd < 200; ++fd) {
      bool wanted = false;
      for (const auto& [from, to] : command.fds) wanted = wanted || to == fd;
      if (!wanted) close(fd);
    }
    close_range(200, static_cast<unsigned>(keep_report) - 1, 0);
    close_range(static_cast<unsigned>(keep_report) + 1, ~0U, 0);
    execvpe(argv[0], argv, environment);
    fail();
  }
};

struct Prepared {
  std::vector<char*> argv, environment;
  UniqueFd netns, mntns;
};

Result<Prepared> prepare(const Command& command) {
  STRATUS_ASSERT(!command.argv.empty());
  Prepared out;
  out.argv = pointers(command.argv);
  if (!command.environment.empty()) out.environment = pointers(command.environment);
  const auto open_ns = [](const std::string& path, UniqueFd& fd) -> Result<> {
    if (path.empty()) return {};
    fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return failure("open namespace " + path);
    return {};
  };
  if (auto opened = open_ns(command.netns, out.netns); !opened) return opened.error();
  if (auto opened = open_ns(command.mntns, out.mntns); !opened) return opened.error();
  return out;
}

bool make_pipe(UniqueFd& read_end, UniqueFd& write_end) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return false;
  read_end.reset(fds[0]);
  write_end.reset(fds[1]);
  return true;
}

/// Appends what is readable; false at the end of the stream.
bool drain(int fd, std::string& out, std::size_t limit) {
  char buffer[65536];
  const auto got = ::read(fd, buffer, sizeof buffer);
  if (got <= 0) return got < 0 && (errno == EINTR || errno == EAGAIN);
  if (out.size() < limit) out.append(buffer, std::min(static_cast<std::size_t>(got), limit - out.size()));
  return true;
}

}  // namespace

Result<Exited> run(const Command& command) {
  auto prepared = prepare(command);
  if (!prepared) return prepared.error();
  UniqueFd in_read, in_write, out_read, out_write, err_read, err_write, report_read, report_write;
  if (!make_pipe(in_read, in_write) || !make_pipe(out_read, out_write) || !make_pipe(err_read, err_write) ||
      !make_pipe(report_read, report_write))
    return failure("pipe for " + command.argv[0]);
  const pid_t pid = fork();
  if (pid < 0) return failure("fork for " + command.argv[0]);
  if (pid == 0) {
    Child child{command,
                prepared->argv.data(),
                prepared->environment.empty() ? environ : prepared->environment.data(),
                prepared->netns.get(),
                prepared->mntns.get(),
                in_read.get(),
                out_write.get(),
                err_write.get(),
                report_write.get()};
    child.exec();
  }
  in_read.reset();
  out_write.reset();
  err_write.reset();
  report_write.reset();
  int child_error = 0;
  if (::read(report_read.get(), &child_error, sizeof child_error) == sizeof child_error) {
    ::waitpid(pid, nullptr, 0);
    return failure("start " + command.argv[0], child_error);
  }
  Exited exited;
  std::string_view input = command.input;
  signal(SIGPIPE, SIG_IGN);  // a child that does not read its input is no reason to die
  if (input.empty()) in_write.reset();
  if (in_write) fcntl(in_write.get(), F_SETFL, O_NONBLOCK);
  const auto deadline = std::chrono::steady_clock::now() + command.timeout;
  bool timed_out = false;
  while (out_read || err_read) {
    const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) {
      timed_out = true;
      break;
    }
    pollfd polled[3] = {{out_read.get(), POLLIN, 0}, {err_read.get(), POLLIN, 0}, {in_write.get(), POLLOUT, 0}};
    if (::poll(polled, 3, static_cast<int>(std::min<long>(left, 1000))) < 0 && errno != EINTR) break;
    if (out_read && polled[0].revents != 0 && !drain(out_read.get(), exited.output, 16U << 20U)) out_read.reset();
    if (err_read && polled[1].revents != 0 && !drain(err_read.get(), exited.errors, 1U << 20U)) err_read.reset();
    if (in_write && polled[2].revents != 0) {
      const auto written = ::write(in_write.get(), input.data(), input.size());
      if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
      if (input.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) in_write.reset();
    }
  }
  int status = 0;
  if (timed_out) ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (timed_out) return failure(command.argv[0] + " did not end in time", ETIMEDOUT);
  exited.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exited;
}

Result<std::string> run_checked(const Command& command) {
  auto exited = run(command);
  if (!exited) return exited.error();
  if (exited->status != 0)
    return failure(text::join(command.argv, " ") + " ended with " + std::to_string(exited->status) + ": " +
                       std::string(text::trim(exited->errors)),
                   0);
  return std::move(exited->output);
}

Result<pid_t> spawn_detached(const Command& command, const std::string& log_path) {
  auto prepared = prepare(command);
  if (!prepared) return prepared.error();
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC)), report_read, report_write, log;
  if (!null || !make_pipe(report_read, report_write)) return failure("open /dev/null for " + command.argv[0]);
  if (!log_path.empty()) {
    log.reset(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!log) return failure("open " + log_path);
  }
  const int sink = log ? log.get() : null.get();
  const pid_t pid = fork();
  if (pid < 0) return failure("fork for " + command.argv[0]);
  if (pid == 0) {
    Child child{command,
                prepared->argv.data(),
                prepared->environment.empty() ? environ : prepared->environment.data(),
                prepared->netns.get(),
                prepared->mntns.get(),
                null.get(),
                sink,
                sink,
                report_write.get(),
                true};
    child.exec();
  }
  report_write.reset();
  ::waitpid(pid, nullptr, 0);
  // Negative: the grandchild's pid. Positive: errno of what failed. The pipe closes when the program has started.
  pid_t started = 0;
  int word = 0;
  while (::read(report_read.get(), &word, sizeof word) == sizeof word) {
    if (word > 0) return failure("start " + command.argv[0], word);
    started = -word;
  }
  if (started == 0) return failure("start " + command.argv[0], ECHILD);
  return started;
}

Result<> in_netns(const std::string& path, const std::function<Result<>()>& work) {
  UniqueFd ns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) return failure("open namespace " + path);
  Result<> result;
  std::thread([&] {
    if (setns(ns.get(), CLONE_NEWNET) != 0) {
      result = failure("enter namespace " + path);
      return;
    }
    result = work();
  }).join();
  return result;
}

Result<std::string> read_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failure("open " + path);
  std::string out;
  char buffer[65536];
  for (;;) {
    const auto got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read " + path);
    if (got == 0) return out;
    out.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<> write_file(const std::string& path, std::string_view content, mode_t mode) {
  const std::string beside = path + ".new";
  UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) return failure("open " + beside);
  while (!content.empty()) {
    const auto written = ::write(fd.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("write " + beside);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd.get()) != 0) return failure("fsync " + beside);
  if (::rename(beside.c_str(), path.c_str()) != 0) return failure("rename " + beside + " to " + path);
  return {};
}

}  // namespace stratus
