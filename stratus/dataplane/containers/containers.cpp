#include "stratus/dataplane/containers/containers.h"

#include <csignal>
#include <deque>
#include <map>

#include "stratus/core/check.h"
#include "stratus/core/log.h"
#include "stratus/dataplane/containers/runtime.h"
#include "stratus/dataplane/containers/watcher.h"

namespace stratus::containers {
namespace {

/// The loop's side: who exists, who waits for what, and one operation at a time for each container.
class CrunContainers final : public Containers {
 public:
  CrunContainers(Loop& loop, Settings settings)
      : loop_(loop), runtime_(std::make_shared<Runtime>(std::move(settings))) {}

  void open(Done<std::vector<Existing>> done) override {
    purged_ = false;
    // In a queue of its own, for which a purge waits.
    in_order<std::vector<Found>>(
        "/open",
        [runtime = runtime_]() -> Result<std::vector<Found>> {
          auto records = runtime->open();
          if (!records) return records.error();
          std::vector<Found> out;
          for (auto& record : *records) {
            auto existing = runtime->existing(record);
            out.push_back({std::move(record), std::move(existing)});
          }
          return out;
        },
        [this, done = std::move(done)](Result<std::vector<Found>> found) {
          if (!found) return done(found.error());
          if (auto watching = start_watcher(); !watching) return done(watching.error());
          std::vector<Existing> out;
          for (auto& one : *found) {
            track(one.record, one.existing.exit);
            out.push_back(std::move(one.existing));
          }
          done(std::move(out));
        });
  }

  void on_exit(std::function<void(const Exit&)> handler) override { exit_handler_ = std::move(handler); }
  void on_log(std::function<void(const LogBatch&)> handler) override { log_handler_ = std::move(handler); }

  void start(ContainerSpec spec, Done<Started> done) override {
    if (purged_) {
      loop_.post(guarded([done = std::move(done)] { done(Failure{"start a container after the purge", ESHUTDOWN}); }));
      return;
    }
    STRATUS_ASSERT(watcher_ != nullptr);
    const std::string id = spec.id;
    in_order<Record>(
        id, [runtime = runtime_, spec = std::move(spec)] { return runtime->start(spec); },
        [this, done = std::move(done)](Result<Record> record) {
          if (!record) return done(record.error());
          const auto watch = track(*record, std::nullopt);
          watcher_->follow(watch, 0);
          done(Started{record->process.pid, record->started_at});
        });
  }

  void signal(const std::string& id, int number, Done<> done) override {
    in_order_with_record<std::monostate>(
        id,
        [runtime = runtime_, number](const Record& record) -> Result<std::monostate> {
          if (auto sent = runtime->signal(record, number); !sent) return sent.error();
          return std::monostate();
        },
        [done = std::move(done)](Result<std::monostate> sent) { sent ? done({}) : done(sent.error()); });
  }

  void stop(const std::string& id, Duration timeout, Done<Exit> done) override {
    // Behind a start that is on its way.
    in_order<std::monostate>(
        id, []() -> Result<std::monostate> { return std::monostate(); },
        [this, id, timeout, done = std::move(done)](Result<std::monostate>) {
          const auto found = tracked_.find(id);
          if (found == tracked_.end()) return done(Failure{"stop container " + id, ENOENT});
          Tracked& tracked = found->second;
          if (tracked.exit) return done(*tracked.exit);
          tracked.stopping.push_back(done);
          if (tracked.stopping.size() > 1) return;
          const auto watch = tracked.watch;
          send(id, tracked.record.stop_signal);
          tracked.kill_timer = loop_.after(timeout, guarded([this, id, watch] {
                                             const auto still = tracked_.find(id);
                                             if (still == tracked_.end() || still->second.watch != watch) return;
                                             still->second.kill_timer = 0;
                                             send(id, SIGKILL);
                                           }));
        });
  }

  void remove(const std::string& id, Done<> done) override {
    if (const auto found = tracked_.find(id); found != tracked_.end()) found->second.removing = true;
    in_order<std::monostate>(
        id,
        [runtime = runtime_, id]() -> Result<std::monostate> {
          if (auto removed = runtime->remove(id); !removed) return removed.error();
          return std::monostate();
        },
        [this, id, done = std::move(done)](Result<std::monostate> removed) {
          if (removed) untrack(id);
          removed ? done({}) : done(removed.error());
        });
  }

  void freeze(const std::string& task, Timestamp until, Done<> done) override {
    in_order<std::monostate>(
        queue_of(task),
        [runtime = runtime_, task, until]() -> Result<std::monostate> {
          if (auto frozen = runtime->freeze(task, until); !frozen) return frozen.error();
          return std::monostate();
        },
        [done = std::move(done)](Result<std::monostate> frozen) { frozen ? done({}) : done(frozen.error()); });
  }

  void thaw(const std::string& task, Done<> done) override {
    in_order<std::monostate>(
        queue_of(task),
        [runtime = runtime_, task]() -> Result<std::monostate> {
          if (auto thawed = runtime->thaw(task); !thawed) return thawed.error();
          return std::monostate();
        },
        [done = std::move(done)](Result<std::monostate> thawed) { thawed ? done({}) : done(thawed.error()); });
  }

  void list(Done<std::vector<Existing>> done) override {
    blocking<std::vector<Existing>>(
        [runtime = runtime_]() -> Result<std::vector<Existing>> {
          const auto records = runtime->records();
          if (!records) return records.error();
          std::vector<Existing> out;
          for (const auto& record : *records) out.push_back(runtime->existing(record));
          return out;
        },
        std::move(done));
  }

  void stats(const std::string& id, Done<Stats> done) override {
    with_record<Stats>(
        id, [runtime = runtime_](const Record& record) { return runtime->stats(record); }, std::move(done));
  }

  void exec(const std::string& id, std::vector<std::string> argv, Duration timeout, Done<ExecResult> done) override {
    with_record<ExecResult>(
        id,
        [runtime = runtime_, argv = std::move(argv), timeout](const Record& record) {
          return runtime->exec(record, argv, timeout);
        },
        std::move(done));
  }

  void follow_log(const std::string& id, std::uint64_t offset) override {
    if (const auto found = tracked_.find(id); found != tracked_.end()) watcher_->follow(found->second.watch, offset);
  }

  void acknowledge_log(const std::string& id, std::uint64_t offset) override {
    if (const auto found = tracked_.find(id); found != tracked_.end())
      watcher_->acknowledge(found->second.watch, offset);
  }

  void purge(Done<> done) override {
    purged_ = true;
    // What is on its way, a start perhaps, would leave behind what it makes.
    if (!queues_.empty()) {
      loop_.after(Duration(20), guarded([this, done = std::move(done)]() mutable { purge(std::move(done)); }));
      return;
    }
    std::vector<std::string> ids;
    for (const auto& [id, tracked] : tracked_) ids.push_back(id);
    for (const auto& id : ids) untrack(id);
    watcher_.reset();
    blocking<std::monostate>(
        [runtime = runtime_]() -> Result<std::monostate> {
          if (auto purged = runtime->purge(); !purged) return purged.error();
          return std::monostate();
        },
        [done = std::move(done)](Result<std::monostate> purged) { purged ? done({}) : done(purged.error()); });
  }

 private:
  struct Found {
    Record record;
    Existing existing;
  };
  struct Tracked {
    Record record;
    std::uint64_t watch = 0;
    std::optional<Exit> exit;
    bool removing = false;
    std::vector<Done<Exit>> stopping;
    TimerId kill_timer = 0;
  };
  struct Operation {
    std::function<void()> work, then;
  };

  /// `work` that comes back after this object is gone does nothing.
  std::function<void()> guarded(std::function<void()> work) const {
    return [alive = std::weak_ptr<int>(alive_), work = std::move(work)] {
      if (!alive.expired()) work();
    };
  }

  template <class T>
  void blocking(std::function<Result<T>()> work, Done<T> done) {
    const auto result = std::make_shared<Result<T>>(Failure{"not done", 0});
    loop_.run_blocking([result, work = std::move(work)] { *result = work(); },
                       guarded([result, done = std::move(done)] { done(std::move(*result)); }));
  }

  /// No container's id has a slash: a task's freezes and thaws wait for each other, and for nothing else.
  static std::string queue_of(const std::string& task) { return "task/" + task; }

  template <class T>
  void in_order(const std::string& id, std::function<Result<T>()> work, Done<T> done) {
    const auto result = std::make_shared<Result<T>>(Failure{"not done", 0});
    auto& queue = queues_[id];
    queue.push_back({[result, work = std::move(work)] { *result = work(); },
                     [result, done = std::move(done)] { done(std::move(*result)); }});
    if (queue.size() == 1) next(id);
  }

  void next(const std::string& id) {
    loop_.run_blocking(queues_.at(id).front().work, guarded([this, id] {
                         // What follows sees what this operation changed. It stays in front meanwhile: what `then`
                         // itself asks for queues behind it.
                         queues_.at(id).front().then();
                         auto& queue = queues_.at(id);
                         queue.pop_front();
                         if (queue.empty())
                           queues_.erase(id);
                         else
                           next(id);
                       }));
  }

  template <class T>
  void with_record(const std::string& id, std::function<Result<T>(const Record&)> work, Done<T> done) {
    const auto found = tracked_.find(id);
    if (found == tracked_.end() || found->second.exit)
      return loop_.post(guarded([id, done = std::move(done)] {
        done(Failure{"container " + id + " does not run", ESRCH});
      }));
    blocking<T>([record = found->second.record, work = std::move(work)] { return work(record); }, std::move(done));
  }

  template <class T>
  void in_order_with_record(const std::string& id, std::function<Result<T>(const Record&)> work, Done<T> done) {
    in_order<std::monostate>(
        id, []() -> Result<std::monostate> { return std::monostate(); },
        [this, id, work = std::move(work), done = std::move(done)](Result<std::monostate>) {
          with_record<T>(id, work, done);
        });
  }

  void send(const std::string& id, int number) {
    signal(id, number, [id, number](Result<> sent) {
      if (!sent && sent.error().error != ESRCH)
        log::error("container_not_signalled",
                   {{"container", id}, {"signal", number}, {"reason", sent.error().message()}});
    });
  }

  Result<> start_watcher() {
    const std::weak_ptr<int> alive = alive_;
    Watcher::Events events;
    // From the watcher's thread, which ends before this object does: `loop_` is there.
    events.exited = [this](std::uint64_t watch, const Exit& exit) {
      loop_.post(guarded([this, watch, exit] { see_exit(watch, exit); }));
    };
    events.logged = [this](std::uint64_t watch, LogBatch batch) {
      loop_.post(guarded([this, watch, batch = std::move(batch)] { see_log(watch, batch); }));
    };
    watcher_ = std::make_unique<Watcher>(runtime_, std::move(events));
    return watcher_->open();
  }

  std::uint64_t track(const Record& record, std::optional<Exit> exit) {
    Tracked& tracked = tracked_[record.id];
    tracked = Tracked();
    tracked.record = record;
    tracked.watch = next_watch_++;
    tracked.exit = std::move(exit);
    watched_ids_[tracked.watch] = record.id;
    watcher_->watch(tracked.watch, record, tracked.exit.has_value());
    return tracked.watch;
  }

  void untrack(const std::string& id) {
    const auto found = tracked_.find(id);
    if (found == tracked_.end()) return;
    const Tracked tracked = std::move(found->second);
    tracked_.erase(found);
    watched_ids_.erase(tracked.watch);
    watcher_->forget(tracked.watch);
    if (tracked.kill_timer != 0) loop_.cancel(tracked.kill_timer);
    for (const auto& done : tracked.stopping) done(Failure{"container " + id + " was removed", ECANCELED});
  }

  Tracked* of_watch(std::uint64_t watch) {
    const auto id = watched_ids_.find(watch);
    return id == watched_ids_.end() ? nullptr : &tracked_.at(id->second);
  }

  void see_exit(std::uint64_t watch, const Exit& exit) {
    Tracked* tracked = of_watch(watch);
    // One that is being removed has no exit to tell: its files may be gone already.
    if (tracked == nullptr || tracked->removing || tracked->exit) return;
    tracked->exit = exit;
    if (tracked->kill_timer != 0) loop_.cancel(std::exchange(tracked->kill_timer, 0));
    const auto stopping = std::exchange(tracked->stopping, {});
    if (exit_handler_) exit_handler_(exit);
    for (const auto& done : stopping) done(exit);
  }

  void see_log(std::uint64_t watch, const LogBatch& batch) {
    if (of_watch(watch) != nullptr && log_handler_) log_handler_(batch);
  }

  Loop& loop_;
  std::shared_ptr<Runtime> runtime_;  ///< shared with work on the pool that may end after us
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::map<std::string, Tracked> tracked_;
  std::map<std::uint64_t, std::string> watched_ids_;
  std::map<std::string, std::deque<Operation>> queues_;
  std::uint64_t next_watch_ = 1;
  std::function<void(const Exit&)> exit_handler_;
  std::function<void(const LogBatch&)> log_handler_;
  std::unique_ptr<Watcher> watcher_;
  bool purged_ = false;  ///< for good: nothing starts any more
};

}  // namespace

std::unique_ptr<Containers> make_containers(Loop& loop, Settings settings) {
  return std::make_unique<CrunContainers>(loop, std::move(settings));
}

}  // namespace stratus::containers
