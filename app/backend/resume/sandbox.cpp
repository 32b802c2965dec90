#include "app/backend/resume/sandbox.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <chrono>

namespace counselor {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::use_awaitable;

namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr rlim_t kMemory = 256UL << 20, kSeconds = 6;
constexpr std::size_t kMostAnswer = 4 * DocumentLimits::kText;

void limit(int what, rlim_t most) {
  const rlimit value{most, most};
  ::setrlimit(static_cast<__rlimit_resource_t>(what), &value);
}

/// After this only memory, the two pipes and the end are left.
bool lock_in() {
  limit(RLIMIT_CPU, kSeconds);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NPROC, 0);
  ::setpriority(PRIO_PROCESS, 0, 10);  // whoever waits for a page goes before a file that is hard to read
#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)  // sanitizers need terabytes of addresses, pipes and more calls
  limit(RLIMIT_NOFILE, 3);
  limit(RLIMIT_AS, kMemory);
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return false;
  bool ok = true;
  for (const int call :
       {SCMP_SYS(read),           SCMP_SYS(write),        SCMP_SYS(brk),           SCMP_SYS(mmap),
        SCMP_SYS(munmap),         SCMP_SYS(mremap),       SCMP_SYS(mprotect),      SCMP_SYS(madvise),
        SCMP_SYS(futex),          SCMP_SYS(exit),         SCMP_SYS(exit_group),    SCMP_SYS(rt_sigreturn),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
        SCMP_SYS(time),           SCMP_SYS(getrandom),    SCMP_SYS(newfstatat),    SCMP_SYS(fstat),
        SCMP_SYS(lseek),          SCMP_SYS(close),        SCMP_SYS(getpid),        SCMP_SYS(gettid)})
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
  // abort() sends itself a signal; to anybody else, the server above all, none goes.
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                              SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()))) == 0;
  // A file cannot be opened, but asking is no crime: qpdf's and libc's odd look at the time zone or the random device
  // fails softly.
  for (const int call :
       {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(access), SCMP_SYS(ioctl)})
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), call, 0) == 0;
  ok = ok && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return ok;
#else
  return true;
#endif
}

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(1, text.data(), text.size());
    if (wrote <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int release(int i) {
    const int fd = ends[i];
    ends[i] = -1;
    return fd;
  }
  void close(int i) {
    if (ends[i] >= 0) ::close(ends[i]);
    ends[i] = -1;
  }
  bool ok() const { return ends[0] >= 0; }
};

/// Kills and buries the child, whatever happened before.
struct Child {
  pid_t pid = -1;
  explicit Child(pid_t p) : pid(p) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    // It is dead already or dies at once: it holds nothing that the kernel would have to wait for.
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
};

Document failed() { return refused("busy", "Files cannot be read just now."); }

}  // namespace

int document_child() {
  if (!lock_in()) return 3;
  std::string bytes;
  char block[65536];
  ssize_t got = 0;
  while ((got = ::read(0, block, sizeof block)) > 0) {
    bytes.append(block, static_cast<std::size_t>(got));
    if (bytes.size() > DocumentLimits::kBytes) return 4;
  }
  Document document;
  try {
    document = read_document(bytes);
  } catch (const std::bad_alloc&) {
    document = refused("file-limits", "The file unpacks to far more than a résumé has.");
  } catch (const std::exception&) {
    document = refused("file-unreadable", "The file is damaged and cannot be read.");
  }
  const auto answer = json::serialize(json::object{{"problem", document.problem},
                                                   {"detail", document.detail},
                                                   {"text", document.text},
                                                   {"pages", document.pages},
                                                   {"truncated", document.truncated}});
  return write_all(answer) ? 0 : 5;
}

asio::awaitable<Document> read_in_sandbox(asio::io_context& context, const std::string& bytes) {
  using namespace asio::experimental::awaitable_operators;
  Pipe in, out;
  if (!in.ok() || !out.ok()) co_return failed();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.ends[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);  // the sockets of everybody else
  // The environment, and the key in it, stays behind.
  char name[] = "counselor-backend", mode[] = "--read-document";
  char* arguments[] = {name, mode, nullptr};
  char* environment[] = {nullptr};
  pid_t pid = -1;
  const int spawned = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) co_return failed();
  const Child child(pid);
  in.close(0);
  out.close(1);
  asio::posix::stream_descriptor to(context, in.release(1)), from(context, out.release(0));
  asio::steady_timer clock(context, kPatience);
  std::string answer;
  boost::system::error_code wrote, read, waited;
  const auto talk = [&]() -> asio::awaitable<void> {
    co_await asio::async_write(to, asio::buffer(bytes), asio::redirect_error(use_awaitable, wrote));
    to.close();
    co_await asio::async_read(from, asio::dynamic_buffer(answer, kMostAnswer),
                              asio::redirect_error(use_awaitable, read));
  };
  const auto first = co_await (talk() || clock.async_wait(asio::redirect_error(use_awaitable, waited)));
  if (first.index() == 1) co_return refused("file-limits", "The file takes too long to read.");
  boost::system::error_code broken;
  const auto parsed = json::parse(answer, broken);
  // A child that was stopped by its limits has said nothing.
  if (broken || !parsed.is_object())
    co_return refused("file-limits", "The file cannot be read within the limits of memory and time.");
  Document document;
  document.problem = std::string(parsed.at("problem").as_string());
  document.detail = std::string(parsed.at("detail").as_string());
  document.text = std::string(parsed.at("text").as_string());
  document.pages = parsed.at("pages").to_number<int>();
  document.truncated = parsed.at("truncated").as_bool();
  co_return document;
}

}  // namespace counselor
