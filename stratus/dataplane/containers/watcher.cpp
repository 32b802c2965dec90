#include "stratus/dataplane/containers/watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <csignal>

#include "stratus/core/log.h"

namespace stratus::containers {
namespace {

/// Watches count from 1 up; these two stand for the thread's own descriptors.
constexpr std::uint64_t wake_key = UINT64_MAX, inotify_key = UINT64_MAX - 1;
constexpr int backstop_ms = 1000;
/// A container that prints without pause is read in pieces of some size, not line by line.
constexpr auto breather = std::chrono::milliseconds(10);

bool add(int epoll, int fd, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Watcher::Watcher(std::shared_ptr<const Runtime> runtime, Events events)
    : runtime_(std::move(runtime)), events_(std::move(events)) {}

Watcher::~Watcher() {
  if (!thread_.joinable()) return;
  tell([this] { stopping_ = true; });
  thread_.join();
}

Result<> Watcher::open() {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  inotify_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!epoll_ || !wake_ || !inotify_) return failure("watch containers");
  if (::inotify_add_watch(inotify_.get(), runtime_->log_directory().c_str(), IN_MODIFY) < 0)
    return failure("watch " + runtime_->log_directory());
  if (!add(epoll_.get(), wake_.get(), wake_key) || !add(epoll_.get(), inotify_.get(), inotify_key))
    return failure("watch containers");
  thread_ = std::thread([this] { run(); });
  return {};
}

void Watcher::tell(std::function<void()> command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  const std::uint64_t one = 1;
  if (wake_) [[maybe_unused]]
    const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Watcher::watch(std::uint64_t watch, const Record& record, bool exited) {
  tell([this, watch, record, exited] {
    Watched& watched = watched_[watch];
    watched.record = record;
    watched.exited = exited;
    if (exited) return;
    auto supervisor = record.supervisor.open();
    if (!supervisor || !add(epoll_.get(), supervisor->get(), watch)) return see_end(watch, watched);
    watched.supervisor = std::move(*supervisor);
  });
}

void Watcher::follow(std::uint64_t watch, std::uint64_t offset) {
  tell([this, watch, offset] {
    const auto found = watched_.find(watch);
    if (found == watched_.end()) return;
    const auto& id = found->second.record.id;
    auto reader = LogReader::open(runtime_->log_path(id), offset, runtime_->settings().log_reclaim_bytes);
    if (!reader) return log::error("log_not_followed", {{"container", id}, {"reason", reader.error().message()}});
    found->second.log = std::move(*reader);
    found->second.grown = true;
    found->second.told_all = false;
  });
}

void Watcher::acknowledge(std::uint64_t watch, std::uint64_t offset) {
  tell([this, watch, offset] {
    const auto found = watched_.find(watch);
    if (found == watched_.end() || !found->second.log) return;
    auto& watched = found->second;
    const bool last = watched.told_all && offset >= watched.log->resume_offset();
    if (auto done = last ? watched.log->free_all() : watched.log->acknowledge(offset); !done)
      log::warning("log_not_freed", {{"container", watched.record.id}, {"reason", done.error().message()}});
    if (last) watched.log.reset();
    watched.grown = !watched.told_all;
  });
}

void Watcher::forget(std::uint64_t watch) {
  tell([this, watch] { watched_.erase(watch); });
}

void Watcher::see_end(std::uint64_t watch, Watched& watched) {
  watched.supervisor.reset();
  watched.exited = true;
  watched.grown = true;
  // A supervisor that was killed leaves its container without anyone to see it end: it ends now.
  if (!runtime_->exit_of(watched.record) || watched.record.process.alive())
    if (auto killed = runtime_->signal(watched.record, SIGKILL); !killed && killed.error().error != ESRCH)
      log::error("container_without_supervisor",
                 {{"container", watched.record.id}, {"reason", killed.error().message()}});
  if (const auto exit = runtime_->exit_of(watched.record)) events_.exited(watch, *exit);
}

bool Watcher::read_log(std::uint64_t watch, Watched& watched) {
  watched.grown = false;
  auto& reader = *watched.log;
  auto lines = reader.read();
  if (!lines) {
    log::error("log_not_read", {{"container", watched.record.id}, {"reason", lines.error().message()}});
    watched.log.reset();
    return false;
  }
  LogBatch batch;
  batch.id = watched.record.id;
  batch.lines = std::move(*lines);
  const bool held = reader.waits_for_acknowledgement();
  const bool end = reader.at_end();
  batch.finished = watched.exited && end;
  if (batch.finished)
    for (auto& line : reader.finish()) batch.lines.push_back(std::move(line));
  batch.end_offset = reader.resume_offset();
  const bool finished = batch.finished;
  if (finished || !batch.lines.empty()) events_.logged(watch, std::move(batch));
  if (finished) {
    watched.told_all = true;
    return false;
  }
  watched.grown = !end && !held;
  return watched.grown;
}

void Watcher::take_commands() {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto got = ::read(wake_.get(), &ignored, sizeof ignored);
  std::vector<std::function<void()>> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (const auto& command : commands) command();
}

void Watcher::take_growth() {
  alignas(inotify_event) char buffer[64 * 1024];
  for (ssize_t got; (got = ::read(inotify_.get(), buffer, sizeof buffer)) > 0;) {
    for (char* at = buffer; at < buffer + got;) {
      const auto& event = *reinterpret_cast<const ::inotify_event*>(at);
      at += sizeof event + event.len;
      const std::string name = event.len > 0 ? event.name : "";
      for (auto& [watch, watched] : watched_)
        if (name == watched.record.id + ".log" || (event.mask & IN_Q_OVERFLOW) != 0) watched.grown = true;
    }
  }
}

void Watcher::run() {
  bool more = false;
  while (!stopping_) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_.get(), events, 64, more ? 0 : backstop_ms);
    bool read_something = false;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t key = events[i].data.u64;
      if (key == wake_key) {
        take_commands();
      } else if (key == inotify_key) {
        take_growth();
      } else if (const auto found = watched_.find(key); found != watched_.end()) {
        see_end(key, found->second);
      }
    }
    more = false;
    for (auto& [watch, watched] : watched_) {
      if (count == 0) watched.grown = true;
      if (!watched.log || !watched.grown || watched.told_all) continue;
      read_something = true;
      more = read_log(watch, watched) || more;
    }
    if (read_something && !more) std::this_thread::sleep_for(breather);
  }
}

}  // namespace stratus::containers
