// Containers that outlive their owner, and what is left when they go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>

#include "stratus/core/text.h"
#include "stratus/dataplane/containers/kernel/machine.h"

namespace stratus::containers {
namespace {

using testing::IsEmpty;

/// Runs `work` in a process of its own, which then waits to be killed; what `work` returns comes back.
class DoomedOwner {
 public:
  explicit DoomedOwner(const std::function<std::string()>& work) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      const std::string said = work() + "\n";
      if (::write(ends[1], said.data(), said.size()) < 0) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(ends[1]);
    char c;
    while (::read(ends[0], &c, 1) == 1 && c != '\n') said_ += c;
    ::close(ends[0]);
  }
  ~DoomedOwner() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  const std::string& said() const { return said_; }

 private:
  pid_t pid_ = 0;
  std::string said_;
};

TEST(ContainerKernel, SurvivesTheKillOfItsOwnerAndIsAdoptedWithTheSamePid) {
  const Machine machine;
  DoomedOwner doomed([&]() -> std::string {
    auto* owner = new Owner(machine.settings());
    if (!owner->open()) return "no";
    const auto lives = owner->start(machine.spec("lives", "while true; do echo tick; sleep 0.05; done"));
    const auto ends = owner->start(machine.spec("ends", "until [ -e /data/go ]; do sleep 0.01; done; exit 7"));
    return lives && ends ? std::to_string(lives->pid) : "failed";
  });
  const pid_t pid = std::atoi(doomed.said().c_str());
  ASSERT_GT(pid, 0) << doomed.said();
  {
    Owner second(machine.settings());
    const auto refused = second.open();
    ASSERT_FALSE(refused.ok()) << "two owners of one run directory";
    EXPECT_EQ(refused.error().error, EBUSY);
  }
  doomed.kill();
  // It ends while nobody looks.
  const std::string exit_file = machine.settings().run_directory + "/exits/ends";
  Command in_container;
  in_container.argv = {"crun",    "--root=" + machine.settings().run_directory + "/crun", "exec", "ends", "touch",
                       "/data/go"};
  in_container.mntns = machine.settings().run_directory + "/space/mnt";
  ASSERT_TRUE(run_checked(in_container).ok());
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(exit_file); }));

  Owner owner(machine.settings());
  const auto found = owner.open();
  ASSERT_TRUE(found.ok()) << found.error().message();
  ASSERT_EQ(found->size(), 2U);
  const auto& ends = found->at(0);
  const auto& lives = found->at(1);
  EXPECT_EQ(ends.state, State::exited);
  ASSERT_TRUE(ends.exit.has_value());
  EXPECT_EQ(ends.exit->code, 7);
  EXPECT_EQ(lives.state, State::running);
  EXPECT_EQ(lives.pid, pid);
  EXPECT_EQ(::kill(pid, 0), 0);
  const auto stopped = owner.stop("lives", Duration(100));
  ASSERT_TRUE(stopped.ok()) << stopped.error().message();
  EXPECT_EQ(stopped->code, 137) << "a shell as pid 1 has no handler for SIGTERM";
  EXPECT_EQ(owner.exits().size(), 1U);
}

TEST(ContainerKernel, WhatBelongsToNoContainerIsRemovedAtTheNextOpen) {
  const Machine machine;
  const auto settings = machine.settings();
  auto spec = machine.spec("kept", "sleep 60");
  spec.volumes = {{"scratch", "/data", false}};
  {
    Owner owner(settings);
    ASSERT_TRUE(owner.open().ok());
    ASSERT_TRUE(owner.start(spec).ok());
  }
  namespace fs = std::filesystem;
  const std::vector<std::string> left{settings.state_directory + "/volumes/gone",
                                      settings.state_directory + "/writable/gone/upper",
                                      settings.run_directory + "/containers/half"};
  for (const auto& path : left) fs::create_directories(path);
  std::vector<std::string> groups;
  for (const auto& group : machine.cgroups()) groups.push_back(group + "/gone");
  for (const auto& group : groups) fs::create_directory(group);
  Owner owner(settings);
  const auto found = owner.open();
  ASSERT_TRUE(found.ok()) << found.error().message();
  for (const auto& path : left) EXPECT_FALSE(fs::exists(path)) << path;
  for (const auto& group : groups) EXPECT_FALSE(fs::exists(group)) << group;
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().state, State::running);
  EXPECT_TRUE(fs::exists(settings.state_directory + "/volumes/task/scratch"));
  EXPECT_TRUE(fs::exists(settings.state_directory + "/logs/kept.log"));
}

TEST(ContainerKernel, AnOwnerKilledInTheMiddleOfAStartLeavesAWholeContainerOrNone) {
  int whole = 0, none = 0;
  for (int delay = 0; delay <= 60; delay += 4) {
    const Machine machine;
    auto spec = machine.spec("torn", "sleep 60");
    spec.volumes = {{"scratch", "/data", false}};
    DoomedOwner doomed([&]() -> std::string {
      auto* owner = new Owner(machine.settings());
      if (!owner->open()) return "no";
      std::thread([owner, spec] { [[maybe_unused]] const auto lost = owner->start(spec); }).detach();
      return "starting";
    });
    ASSERT_EQ(doomed.said(), "starting");
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));  // not a wait: the moment of the kill is the case
    doomed.kill();
    Owner owner(machine.settings());
    const auto found = owner.open();
    ASSERT_TRUE(found.ok()) << delay << " ms: " << found.error().message();
    if (found->empty()) {
      ++none;
      EXPECT_THAT(machine.processes(), IsEmpty()) << delay << " ms";
      const auto again = owner.start(spec);
      EXPECT_TRUE(again.ok()) << delay << " ms: " << again.error().message();
    } else {
      ++whole;
      EXPECT_EQ(found->front().state, State::running) << delay << " ms";
    }
    const auto purged = owner.purge();
    ASSERT_TRUE(purged.ok()) << delay << " ms: " << purged.error().message();
    EXPECT_THAT(machine.processes(), IsEmpty()) << delay << " ms";
    EXPECT_THAT(machine.cgroups(), IsEmpty()) << delay << " ms";
    EXPECT_THAT(machine.mounts(), IsEmpty()) << delay << " ms";
  }
  RecordProperty("whole", whole);
  RecordProperty("none", none);
  EXPECT_GT(none, 0);
}

TEST(ContainerKernel, PurgeWhileItOpensLeavesNothing) {
  Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open_and_purge().ok());
  EXPECT_THAT(machine.cgroups(), IsEmpty());
  EXPECT_THAT(machine.mounts(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(machine.settings().run_directory));
}

TEST(ContainerKernel, LosesNoLogLineWhenItsOwnerIsKilled) {
  const Machine machine;
  const std::string store = machine.directory() + "/stored";
  // The owner stores what it is told, then acknowledges: lines first, the offset after them in the same write.
  const auto storing = [&](Owner& owner) {
    owner.on_batch = [&owner, store](const LogBatch& batch) {
      std::string text = read_file(store) ? *read_file(store) : std::string("0\n");
      text = text.substr(text.find('\n') + 1);
      for (const auto& line : batch.lines) text += line.text + "\n";
      if (!write_file(store, std::to_string(batch.end_offset) + "\n" + text)) std::abort();
      owner.acknowledge_log(batch.id, batch.end_offset);
    };
  };
  DoomedOwner doomed([&]() -> std::string {
    auto* owner = new Owner(machine.settings());
    storing(*owner);
    if (!owner->open()) return "no";
    auto spec = machine.spec("talks", "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); echo line $i; done");
    spec.task_limits.cpu_units = 0;
    if (!owner->start(spec)) return "failed";
    return eventually([&] { return !owner->batches("talks").empty(); }) ? "talking" : "silent";
  });
  ASSERT_EQ(doomed.said(), "talking");
  doomed.kill();
  ASSERT_EQ(read_file(store)->find("line 50000\n"), std::string::npos) << "killed in the middle";
  Owner owner(machine.settings());
  storing(owner);
  const auto found = owner.open();
  ASSERT_TRUE(found.ok()) << found.error().message();
  const auto stored = *read_file(store);
  owner.follow_log("talks", std::stoull(stored.substr(0, stored.find('\n'))));
  ASSERT_TRUE(eventually([&] { return owner.log_finished("talks"); }, Duration(30'000)));
  std::string expected;
  for (int i = 1; i <= 50'000; ++i) expected += "line " + std::to_string(i) + "\n";
  const auto all = *read_file(store);
  EXPECT_TRUE(all.substr(all.find('\n') + 1) == expected)
      << all.size() << " bytes stored, " << expected.size() << " expected";
}

TEST(ContainerKernel, DeliversALineWithinASecondWithItsStream) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  ASSERT_TRUE(owner
                  .start(machine.spec("says",
                                      "echo out; echo err >&2; dd if=/dev/zero bs=20000 count=1 2>/dev/null | "
                                      "busybox tr '\\000' x; echo; sleep 60"))
                  .ok());
  ASSERT_TRUE(eventually([&] { return owner.log("says").find(std::string(20'000, 'x') + "\n") != std::string::npos; },
                         Duration(1000)));
  const auto first = owner.batches("says").front().lines.front();
  EXPECT_EQ(first.text, "out");
  bool error_stream = false;
  for (const auto& batch : owner.batches("says"))
    for (const auto& line : batch.lines)
      error_stream = error_stream || (line.text == "err" && line.stream == LogLine::Stream::err);
  EXPECT_TRUE(error_stream);
}

TEST(ContainerKernel, FreesTheDiskBehindWhatIsAcknowledgedAndNeverBlocksTheContainer) {
  const Machine machine;
  auto settings = machine.settings();
  settings.log_reclaim_bytes = 1U << 20U;
  Owner owner(settings);
  std::atomic<bool> acknowledging = false;
  owner.on_batch = [&](const LogBatch& batch) {
    if (acknowledging) owner.acknowledge_log(batch.id, batch.end_offset);
  };
  ASSERT_TRUE(owner.open().ok());
  auto spec = machine.spec("chatty", "busybox yes 0123456789012345678901234567890123456789 | busybox head -n 200000");
  spec.task_limits.cpu_units = 0;
  ASSERT_TRUE(owner.start(spec).ok());
  ASSERT_TRUE(eventually([&] { return !owner.exits().empty(); }, Duration(60'000)))
      << "unread output must not hold it up";
  EXPECT_FALSE(owner.log_finished("chatty")) << "no more than 4 MiB beyond what is acknowledged";
  acknowledging = true;
  const auto batches = owner.batches("chatty");
  owner.acknowledge_log("chatty", batches.back().end_offset);
  ASSERT_TRUE(eventually([&] { return owner.log_finished("chatty"); }, Duration(30'000)));
  std::size_t lines = 0;
  for (const auto& batch : owner.batches("chatty")) lines += batch.lines.size();
  EXPECT_EQ(lines, 200'000U);
  // The last acknowledgement comes after the end, and frees the rest.
  struct stat status {};
  const auto kept = [&] {
    return ::stat((settings.state_directory + "/logs/chatty.log").c_str(), &status) == 0 ? status.st_blocks * 512 : -1;
  };
  EXPECT_TRUE(eventually([&] { return kept() >= 0 && kept() <= 64 << 10; }, Duration(10'000))) << kept();
  EXPECT_GT(status.st_size, 15 << 20);
}

TEST(ContainerKernel, RunsHealthChecksInsideAndKillsTheOnesThatHang) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec = machine.spec("checked", "sleep 60");
  spec.user = "1000";
  const auto started = owner.start(spec);
  ASSERT_TRUE(started.ok()) << started.error().message();
  const auto good = owner.exec("checked", {"/bin/sh", "-c", "id -u; exit 0"});
  ASSERT_TRUE(good.ok()) << good.error().message();
  EXPECT_EQ(good->exit_code, 0);
  EXPECT_EQ(good->output, "1000\n");
  const auto bad = owner.exec("checked", {"/bin/sh", "-c", "exit 3"});
  ASSERT_TRUE(bad.ok());
  EXPECT_EQ(bad->exit_code, 3);
  // An argument that no other process of the machine has.
  const std::string mark = std::to_string(::getpid()) + ".25";
  const auto hanging = [&] {
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
      const auto line = read_file(process.path().string() + "/cmdline");
      if (line && line->starts_with("/bin/sleep") && line->find(mark) != std::string::npos) return true;
    }
    return false;
  };
  auto answer = std::async(std::launch::async, [&] {
    return owner.exec("checked", {"/bin/sleep", mark}, Duration(700));
  });
  EXPECT_TRUE(eventually(hanging));
  const auto hung = answer.get();
  ASSERT_FALSE(hung.ok());
  EXPECT_EQ(hung.error().error, ETIMEDOUT);
  EXPECT_TRUE(eventually([&] { return !hanging(); }));
  EXPECT_EQ(owner.exec("absent", {"/bin/true"}).error().error, ESRCH);
}

TEST(ContainerKernel, AContainerWhoseSupervisorIsKilledEndsToo) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  const auto started = owner.start(machine.spec("orphan", "sleep 60"));
  ASSERT_TRUE(started.ok());
  ASSERT_EQ(::kill(std::stoi(status_of(started->pid, "PPid")), SIGKILL), 0);
  const auto exit = owner.wait_exit("orphan");
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, -1) << "nobody saw how it ended";
  EXPECT_TRUE(eventually(
      [&] { return status_of(started->pid, "State").empty() || status_of(started->pid, "State")[0] == 'Z'; }));
  EXPECT_TRUE(owner.remove("orphan").ok());
}

TEST(ContainerKernel, TwoInstancesDoNotMeet) {
  const Machine machine, other;
  Owner owner(machine.settings()), second(other.settings());
  ASSERT_TRUE(owner.open().ok());
  ASSERT_TRUE(second.open().ok());
  ASSERT_TRUE(owner.start(machine.spec("same", "sleep 60")).ok());
  ASSERT_TRUE(second.start(other.spec("same", "sleep 60")).ok());
  EXPECT_EQ(owner.start(machine.spec("same", "sleep 60")).error().error, EEXIST);
  ASSERT_TRUE(second.purge().ok());
  EXPECT_EQ(second.start(other.spec("late", "sleep 60")).error().error, ESHUTDOWN) << "nothing is made again";
  EXPECT_EQ(owner.list()->at(0).state, State::running);
}

TEST(ContainerKernel, RemoveLeavesNothingOfAContainerAndPurgeNothingOfTheInstance) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec = machine.spec("first", "sleep 60");
  spec.volumes = {{"scratch", "/data", false}};
  ASSERT_TRUE(owner.start(spec).ok());
  spec.id = "second";
  ASSERT_TRUE(owner.start(spec).ok());
  EXPECT_THAT(machine.mounts(), testing::Not(IsEmpty()));
  EXPECT_THAT(machine.cgroups(), testing::Not(IsEmpty()));
  EXPECT_THAT(machine.processes(), testing::Not(IsEmpty()));

  ASSERT_TRUE(owner.remove("first").ok());
  const auto& state = machine.settings().state_directory;
  EXPECT_TRUE(std::filesystem::exists(state + "/volumes/task")) << "its sibling still needs it";
  ASSERT_TRUE(owner.remove("second").ok());
  EXPECT_TRUE(owner.remove("second").ok()) << "removing what is gone is no failure";
  EXPECT_FALSE(std::filesystem::exists(state + "/volumes/task"));
  EXPECT_TRUE(std::filesystem::is_empty(state + "/writable"));
  EXPECT_TRUE(std::filesystem::is_empty(state + "/logs"));
  EXPECT_THAT(machine.processes(), IsEmpty());
  EXPECT_TRUE(owner.exits().empty()) << "a removal is no exit";

  ASSERT_TRUE(owner.start(spec).ok());
  const auto purged = owner.purge();
  ASSERT_TRUE(purged.ok()) << purged.error().message();
  EXPECT_THAT(machine.mounts(), IsEmpty());
  EXPECT_THAT(machine.cgroups(), IsEmpty());
  EXPECT_THAT(machine.processes(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(machine.settings().run_directory));
  EXPECT_FALSE(std::filesystem::exists(state));
  EXPECT_TRUE(owner.open().ok()) << "and it can begin again";
}

}  // namespace
}  // namespace stratus::containers
