// cgroup v2 as the kernel shows it, played by a directory: what is written where. v1 is tested on the kernel.
#include "stratus/dataplane/containers/cgroups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "stratus/core/process.h"

namespace stratus::containers {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class CgroupV2 : public testing::Test {
 protected:
  CgroupV2() {
    std::string pattern = testing::TempDir() + "stratus-cgroup-XXXXXX";
    mount_ = ::mkdtemp(pattern.data());
  }
  ~CgroupV2() override { fs::remove_all(mount_); }
  /// The kernel makes these files with the group.
  void group(const std::string& path, const std::string& controllers = "cpuset cpu io memory pids\n") const {
    fs::create_directories(mount_ + path);
    file(path + "/cgroup.controllers", controllers);
    for (const char* name :
         {"/cgroup.subtree_control", "/cpu.max", "/memory.max", "/memory.swap.max", "/pids.max", "/cgroup.procs"})
      file(path + name, "");
  }
  void file(const std::string& path, const std::string& content) const { std::ofstream(mount_ + path) << content; }
  std::string content(const std::string& path) const { return *read_file(mount_ + path); }
  std::string mount_;
};

TEST_F(CgroupV2, TheTaskSizeBecomesHardLimitsOfTheTasksGroup) {
  group("");
  group("/machine");
  group("/machine/st");
  group("/machine/st/task");
  Cgroups cgroups(mount_, "machine", "st");
  ASSERT_TRUE(cgroups.prepare().ok());
  EXPECT_TRUE(cgroups.v2());
  EXPECT_TRUE(cgroups.limits_swap());
  ASSERT_TRUE(cgroups.make_task("task", {256, 512U << 20U, 100}).ok());
  EXPECT_EQ(content("/machine/st/task/cpu.max"), "25000 100000");
  EXPECT_EQ(content("/machine/st/task/memory.max"), "536870912");
  EXPECT_EQ(content("/machine/st/task/memory.swap.max"), "0");
  EXPECT_EQ(content("/machine/st/task/pids.max"), "100");
  EXPECT_THAT(content("/machine/st/task/cgroup.subtree_control"), HasSubstr("+cpu +memory +pids"));
  EXPECT_EQ(cgroups.container_path("task", "app"), "/machine/st/task/app");
}

TEST_F(CgroupV2, AControllerThatIsNotDelegatedIsNamed) {
  group("");
  group("/slice", "cpu pids\n");
  Cgroups cgroups(mount_, "slice", "st");
  const auto prepared = cgroups.prepare();
  ASSERT_FALSE(prepared.ok());
  EXPECT_THAT(prepared.error().what, HasSubstr("controller memory is not delegated to " + mount_ + "/slice"));
}

TEST_F(CgroupV2, StatsLeaveInactiveFilesOutAndTakeTheSmallerLimit) {
  group("");
  group("/st");
  group("/st/task");
  group("/st/task/app");
  file("/st/task/app/memory.current", "1000000\n");
  file("/st/task/app/memory.stat", "anon 1\ninactive_file 400000\n");
  file("/st/task/app/cpu.stat", "usage_usec 1500\nuser_usec 1\n");
  file("/st/task/app/memory.max", "max\n");
  file("/st/task/memory.max", "536870912\n");
  file("/st/task/app/pids.current", "3\n");
  file("/st/task/app/memory.events", "low 0\noom 1\noom_kill 2\n");
  Cgroups cgroups(mount_, "", "st");
  ASSERT_TRUE(cgroups.prepare().ok());
  const auto stats = cgroups.stats("task", "app");
  ASSERT_TRUE(stats.ok()) << stats.error().message();
  EXPECT_EQ(stats->memory_bytes, 600'000U);
  EXPECT_EQ(stats->cpu_ns, 1'500'000U);
  EXPECT_EQ(stats->memory_limit_bytes, 536'870'912U);
  EXPECT_EQ(stats->pids, 3U);
  EXPECT_EQ(cgroups.oom_kills("task", "app"), 2U);
  EXPECT_EQ(cgroups.stats("task", "absent").error().error, ENOENT);
}

TEST_F(CgroupV2, ATaskThatDoesNotStandStillIsNotCalledFrozen) {
  group("");
  group("/st");
  group("/st/task");
  file("/st/task/cgroup.freeze", "0");
  file("/st/task/cgroup.events", "populated 1\nfrozen 0\n");
  Cgroups cgroups(mount_, "", "st");
  ASSERT_TRUE(cgroups.prepare().ok());
  const auto frozen = cgroups.set_frozen("task", true);
  ASSERT_FALSE(frozen.ok());
  EXPECT_EQ(frozen.error().error, ETIMEDOUT);
  EXPECT_TRUE(cgroups.set_frozen("task", false).ok());
  file("/st/task/cgroup.events", "populated 1\nfrozen 1\n");
  EXPECT_TRUE(cgroups.set_frozen("task", true).ok());
  EXPECT_EQ(content("/st/task/cgroup.freeze"), "1");
}

}  // namespace
}  // namespace stratus::containers
