#include "stratus/dataplane/containers/fake_containers.h"

#include <csignal>

#include "stratus/core/check.h"

namespace stratus::containers {

/// What an owner asked for is lost with the owner; what happens to containers is not (`end`).
void FakeContainers::later(Duration delay, std::function<void()> work) {
  loop_.after(delay, [this, owner = owner_, work = std::move(work)] {
    if (owner == owner_) work();
  });
}

std::optional<Failure> FakeContainers::ask(std::string_view operation, const std::string& id) const {
  return fault ? fault(operation, id) : std::nullopt;
}

void FakeContainers::open(Done<std::vector<Existing>> done) {
  if (auto failed = ask("open", "")) return later(Duration(1), [done, failed] { done(*failed); });
  later(Duration(1), [this, done] {
    std::vector<Existing> out;
    for (const auto& [id, fake] : containers_) out.push_back(fake.existing);
    done(std::move(out));
  });
}

void FakeContainers::start(ContainerSpec spec, Done<Started> done) {
  const std::string id = spec.id;
  if (containers_.contains(id)) return later(Duration(1), [id, done] { done(Failure{"container " + id, EEXIST}); });
  const Script scripted = script(spec);
  if (scripted.start_failure)
    return later(scripted.start_latency, [done, failed = *scripted.start_failure] { done(failed); });
  Fake& fake = containers_[id];
  fake.spec = std::move(spec);
  fake.script = scripted;
  fake.incarnation = next_incarnation_++;
  fake.existing.id = id;
  fake.existing.task = fake.spec.task;
  // The container starts even if its owner dies while it waits for the answer: that is what adoption must cope with.
  loop_.after(scripted.start_latency, [this, id, incarnation = fake.incarnation, owner = owner_, done] {
    const auto found = containers_.find(id);
    if (found == containers_.end() || found->second.incarnation != incarnation) {
      if (owner == owner_) done(Failure{"container " + id + " was removed", ECANCELED});
      return;
    }
    Fake& started = found->second;
    started.existing.state = State::running;
    started.existing.pid = next_pid_++;
    started.existing.started_at = loop_.clock().now();
    started.log = started.script.log_lines;
    if (started.script.exit_after)
      loop_.after(*started.script.exit_after, [this, id, incarnation] {
        const auto still = containers_.find(id);
        if (still != containers_.end())
          end(id, incarnation, still->second.script.exit_code, still->second.script.oom_killed);
      });
    if (owner != owner_) return;
    const Started answer{started.existing.pid, started.existing.started_at};
    done(answer);
    if (const auto still = containers_.find(id); still != containers_.end()) deliver(still->second);
  });
}

void FakeContainers::end(const std::string& id, std::uint64_t incarnation, int code, bool oom_killed) {
  const auto found = containers_.find(id);
  if (found == containers_.end() || found->second.incarnation != incarnation) return;
  Fake& fake = found->second;
  if (fake.existing.state != State::running) return;
  const Exit exit{id, code, oom_killed, loop_.clock().now()};
  fake.existing.state = State::exited;
  fake.existing.pid = 0;
  fake.existing.exit = exit;
  const auto stopping = std::exchange(fake.stopping, {});
  later(Duration(0), [this, id, incarnation, exit, stopping] {
    if (exit_handler_) exit_handler_(exit);
    for (const auto& done : stopping) done(exit);
    const auto still = containers_.find(id);
    if (still != containers_.end() && still->second.incarnation == incarnation) deliver(still->second);
  });
}

void FakeContainers::deliver(Fake& fake) {
  const bool finished = fake.existing.state == State::exited;
  if (!fake.followed || fake.finished || (fake.delivered == fake.log.size() && !finished)) return;
  LogBatch batch;
  batch.id = fake.existing.id;
  for (; fake.delivered < fake.log.size(); ++fake.delivered)
    batch.lines.push_back({LogLine::Stream::out, loop_.clock().now(), fake.log[fake.delivered]});
  batch.end_offset = fake.delivered;
  batch.finished = fake.finished = finished;
  later(Duration(0), [this, batch] {
    if (log_handler_) log_handler_(batch);
  });
}

void FakeContainers::signal(const std::string& id, int number, Done<> done) {
  const auto found = containers_.find(id);
  if (found == containers_.end() || found->second.existing.state != State::running)
    return later(Duration(1), [id, done] { done(Failure{"signal container " + id, ESRCH}); });
  Fake& fake = found->second;
  if (number == SIGKILL || !fake.script.ignores_stop)
    loop_.after(number == SIGKILL ? Duration(1) : fake.script.stop_latency,
                [this, id, number, incarnation = fake.incarnation] { end(id, incarnation, 128 + number, false); });
  later(Duration(1), [done] { done({}); });
}

void FakeContainers::stop(const std::string& id, Duration timeout, Done<Exit> done) {
  if (auto failed = ask("stop", id)) return later(Duration(1), [done, failed] { done(*failed); });
  const auto found = containers_.find(id);
  if (found == containers_.end())
    return later(Duration(1), [id, done] { done(Failure{"stop container " + id, ENOENT}); });
  Fake& fake = found->second;
  if (fake.existing.exit) return later(Duration(1), [done, exit = *fake.existing.exit] { done(exit); });
  fake.stopping.push_back(done);
  const auto incarnation = fake.incarnation;
  if (!fake.script.ignores_stop)
    loop_.after(fake.script.stop_latency, [this, id, incarnation] { end(id, incarnation, 128 + SIGTERM, false); });
  // The owner's timer: it dies with the owner.
  later(timeout, [this, id, incarnation] { end(id, incarnation, 128 + SIGKILL, false); });
}

void FakeContainers::remove(const std::string& id, Done<> done) {
  if (auto failed = ask("remove", id)) return later(Duration(1), [done, failed] { done(*failed); });
  const auto found = containers_.find(id);
  if (found != containers_.end()) {
    for (const auto& waiting : found->second.stopping)
      later(Duration(1), [id, waiting] { waiting(Failure{"container " + id + " was removed", ECANCELED}); });
    containers_.erase(found);
  }
  later(Duration(1), [done] { done({}); });
}

void FakeContainers::freeze(const std::string& task, Timestamp until, Done<> done) {
  const bool runs = std::any_of(containers_.begin(), containers_.end(), [&](const auto& item) {
    return item.second.spec.task == task && item.second.existing.state == State::running;
  });
  if (!runs) return later(Duration(1), [task, done] { done(Failure{"freeze task " + task, ENOENT}); });
  frozen_[task] = until;
  later(Duration(1), [done] { done({}); });
}

void FakeContainers::thaw(const std::string& task, Done<> done) {
  frozen_.erase(task);
  later(Duration(1), [done] { done({}); });
}

bool FakeContainers::frozen(const std::string& task) const {
  const auto found = frozen_.find(task);
  return found != frozen_.end() && loop_.clock().now() < found->second;
}

void FakeContainers::list(Done<std::vector<Existing>> done) {
  if (auto failed = ask("list", "")) return later(Duration(1), [done, failed] { done(*failed); });
  later(Duration(1), [this, done] {
    std::vector<Existing> out;
    for (const auto& [id, fake] : containers_)
      if (fake.existing.state != State::created) out.push_back(fake.existing);
    done(std::move(out));
  });
}

void FakeContainers::stats(const std::string& id, Done<Stats> done) {
  if (auto failed = ask("stats", id)) return later(Duration(1), [done, failed] { done(*failed); });
  const auto found = containers_.find(id);
  if (found == containers_.end() || found->second.existing.state != State::running)
    return later(Duration(1), [id, done] { done(Failure{"container " + id + " does not run", ESRCH}); });
  const Fake& fake = found->second;
  Stats out;
  const double ran_ms = static_cast<double>((loop_.clock().now() - fake.existing.started_at).count());
  out.cpu_ns = static_cast<std::uint64_t>(ran_ms * 1e6 * fake.script.cpu_vcpus);
  out.memory_bytes = fake.script.memory_bytes;
  out.memory_limit_bytes =
      fake.spec.limits.memory_bytes != 0 ? fake.spec.limits.memory_bytes : fake.spec.task_limits.memory_bytes;
  out.pids = 1;
  later(Duration(1), [done, out] { done(out); });
}

void FakeContainers::exec(const std::string& id, std::vector<std::string>, Duration timeout, Done<ExecResult> done) {
  const auto found = containers_.find(id);
  if (found == containers_.end() || found->second.existing.state != State::running)
    return later(Duration(1), [id, done] { done(Failure{"container " + id + " does not run", ESRCH}); });
  const Script& scripted = found->second.script;
  if (scripted.exec_latency > timeout)
    return later(timeout, [id, done] { done(Failure{"command in container " + id, ETIMEDOUT}); });
  later(scripted.exec_latency, [done, code = scripted.exec_exit_code] { done(ExecResult{code, ""}); });
}

void FakeContainers::follow_log(const std::string& id, std::uint64_t offset) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  Fake& fake = found->second;
  fake.followed = true;
  fake.finished = false;
  fake.delivered = std::min<std::uint64_t>(offset, fake.log.size());
  deliver(fake);
}

void FakeContainers::acknowledge_log(const std::string& id, std::uint64_t offset) {
  if (const auto found = containers_.find(id); found != containers_.end())
    found->second.acknowledged = std::max(found->second.acknowledged, offset);
}

void FakeContainers::purge(Done<> done) {
  containers_.clear();
  later(Duration(1), [done] { done({}); });
}

void FakeContainers::exit_now(const std::string& id, int code, bool oom_killed) {
  const auto found = containers_.find(id);
  STRATUS_ASSERT(found != containers_.end());
  end(id, found->second.incarnation, code, oom_killed);
}

void FakeContainers::print(const std::string& id, const std::string& line) {
  const auto found = containers_.find(id);
  STRATUS_ASSERT(found != containers_.end());
  found->second.log.push_back(line);
  deliver(found->second);
}

Script* FakeContainers::script_of(const std::string& id) {
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : &found->second.script;
}

const ContainerSpec* FakeContainers::spec_of(const std::string& id) const {
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : &found->second.spec;
}

std::vector<std::string> FakeContainers::running() const {
  std::vector<std::string> out;
  for (const auto& [id, fake] : containers_)
    if (fake.existing.state == State::running) out.push_back(id);
  return out;
}

std::uint64_t FakeContainers::acknowledged(const std::string& id) const {
  const auto found = containers_.find(id);
  return found == containers_.end() ? 0 : found->second.acknowledged;
}

void FakeContainers::lose_owner() {
  ++owner_;
  exit_handler_ = nullptr;
  log_handler_ = nullptr;
  for (auto& [id, fake] : containers_) {
    fake.stopping.clear();
    fake.followed = false;
  }
}

}  // namespace stratus::containers
