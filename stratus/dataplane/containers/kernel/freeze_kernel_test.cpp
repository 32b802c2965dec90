// Frozen tasks stand still, and go on in time, whoever is left to see to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "stratus/core/text.h"
#include "stratus/dataplane/containers/kernel/machine.h"

namespace stratus::containers {
namespace {

/// Clock ticks that a process has used: one that stands still uses no more.
std::uint64_t ticks(pid_t pid) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  if (!stat) return 0;
  const auto fields = text::split(stat->substr(stat->rfind(')') + 2), ' ');
  return std::stoull(fields[11]) + std::stoull(fields[12]);
}

bool stands_still(pid_t pid) {
  const auto before = ticks(pid);
  std::this_thread::sleep_for(Duration(300));
  return ticks(pid) == before;
}

Timestamp in(Duration delay) { return SystemClock().now() + delay; }

constexpr const char* kBusy = "while true; do :; done";

TEST(ContainerKernel, AFrozenTaskStandsStillUntilItIsThawed) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  const auto started = owner.start(machine.spec("busy", kBusy));
  ASSERT_TRUE(started.ok()) << started.error().message();
  ASSERT_FALSE(stands_still(started->pid));
  const auto frozen = owner.freeze(machine.spec("busy", kBusy).task, in(std::chrono::minutes(5)));
  ASSERT_TRUE(frozen.ok()) << frozen.error().message();
  EXPECT_TRUE(stands_still(started->pid));
  ASSERT_TRUE(owner.thaw(machine.spec("busy", kBusy).task).ok());
  EXPECT_FALSE(stands_still(started->pid));
  EXPECT_EQ(owner.freeze("nobody", in(std::chrono::minutes(5))).error().error, ENOENT);
}

TEST(ContainerKernel, AFreezeEndsInTimeAlthoughItsOwnerIsGone) {
  const Machine machine;
  pid_t pid = 0;
  {
    Owner owner(machine.settings());
    ASSERT_TRUE(owner.open().ok());
    const auto started = owner.start(machine.spec("busy", kBusy));
    ASSERT_TRUE(started.ok()) << started.error().message();
    pid = started->pid;
    ASSERT_TRUE(owner.freeze(machine.spec("busy", kBusy).task, in(std::chrono::seconds(3))).ok());
    EXPECT_TRUE(stands_still(pid));
  }
  EXPECT_TRUE(eventually([&] { return !stands_still(pid); }, std::chrono::seconds(60)));
  // Nothing of the guard is left.
  EXPECT_TRUE(eventually([&] {
    return !std::filesystem::exists(machine.settings().run_directory + "/frozen/" + machine.spec("busy", kBusy).task);
  }));
}

TEST(ContainerKernel, AFreezeWhoseGuardIsFirstDoesNotLast) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  const auto started = owner.start(machine.spec("busy", kBusy));
  ASSERT_TRUE(started.ok()) << started.error().message();
  // The guards end these at once, some of them before the task is frozen.
  for (int i = 0; i < 20; ++i) {
    const auto frozen = owner.freeze(machine.spec("busy", kBusy).task, in(-std::chrono::seconds(1)));
    ASSERT_TRUE(frozen.ok()) << frozen.error().message();
    ASSERT_TRUE(eventually([&] { return !stands_still(started->pid); }, std::chrono::seconds(10))) << i;
  }
}

TEST(ContainerKernel, FreezesAndThawsHappenInTheOrderOfTheCalls) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  const std::string task = machine.spec("busy", kBusy).task;
  const auto started = owner.start(machine.spec("busy", kBusy));
  ASSERT_TRUE(started.ok()) << started.error().message();
  const auto frozen = owner.freeze_and_thaw(task, in(std::chrono::minutes(5)));
  ASSERT_TRUE(frozen.ok()) << frozen.error().message();
  EXPECT_FALSE(stands_still(started->pid));
}

TEST(ContainerKernel, AnOwnerThatComesBackGuardsWhatIsFrozen) {
  const Machine machine;
  pid_t pid = 0;
  const std::string task = machine.spec("busy", kBusy).task;
  {
    Owner owner(machine.settings());
    ASSERT_TRUE(owner.open().ok());
    const auto started = owner.start(machine.spec("busy", kBusy));
    ASSERT_TRUE(started.ok()) << started.error().message();
    pid = started->pid;
    ASSERT_TRUE(owner.freeze(task, in(std::chrono::seconds(5))).ok());
  }
  // The guard dies too.
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto line = read_file(entry.path().string() + "/cmdline");
    if (line && line->find("stratus-thaw") != std::string::npos && line->find(machine.directory()) != std::string::npos)
      ::kill(std::atoi(entry.path().filename().c_str()), SIGKILL);
  }
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  EXPECT_TRUE(eventually([&] { return !stands_still(pid); }, std::chrono::seconds(60)));
}

TEST(ContainerKernel, AFrozenContainerCanBeKilledAndRemoved) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  for (const char* id : {"killed", "removed"}) ASSERT_TRUE(owner.start(machine.spec(id, kBusy)).ok());
  const std::string task = machine.spec("killed", kBusy).task;
  ASSERT_TRUE(owner.freeze(task, in(std::chrono::minutes(5))).ok());
  ASSERT_TRUE(owner.signal("killed", SIGKILL).ok());
  EXPECT_TRUE(owner.wait_exit("killed").has_value());
  ASSERT_TRUE(owner.freeze(task, in(std::chrono::minutes(5))).ok());
  const auto removed = owner.remove("removed");
  EXPECT_TRUE(removed.ok()) << removed.error().message();
}

}  // namespace
}  // namespace stratus::containers
