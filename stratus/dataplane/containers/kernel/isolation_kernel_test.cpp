// What a container can see, do and use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "stratus/core/text.h"
#include "stratus/dataplane/containers/kernel/machine.h"

namespace stratus::containers {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string link_of(const std::string& path) { return std::filesystem::read_symlink(path).string(); }

TEST(ContainerKernel, RunsAFargateLikeTaskAndAnswersTheNineQuestions) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec =
      machine.spec("web",
                   "id; cat /proc/self/uid_map; touch /x || echo readonly; mount -t tmpfs t /tmp || echo nomount; "
                   "ip addr; echo ready; sleep 60");
  spec.user = "app";
  spec.read_only_root = true;
  const auto before = std::chrono::steady_clock::now();
  const auto started = owner.start(spec);
  const auto took = std::chrono::steady_clock::now() - before;
  ASSERT_TRUE(started.ok()) << started.error().message();
  RecordProperty("start_us", static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  const pid_t pid = started->pid;

  ASSERT_TRUE(owner.wait_log("web", "ready")) << owner.log("web");
  const std::string log = owner.log("web");
  EXPECT_THAT(log, HasSubstr("uid=1000(app) gid=1000(app) groups=1000(app),2000(extra)"));
  EXPECT_THAT(log, HasSubstr("100000"));
  EXPECT_THAT(log, HasSubstr("readonly"));
  EXPECT_THAT(log, HasSubstr("nomount"));
  EXPECT_THAT(status_of(pid, "Uid"), testing::StartsWith("101000"));
  EXPECT_EQ(status_of(pid, "CapEff"), "0000000000000000");
  EXPECT_EQ(status_of(pid, "NoNewPrivs"), "1");
  EXPECT_EQ(status_of(pid, "Seccomp"), "2");
  struct stat container {
  }, eni{};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), &container), 0);
  ASSERT_EQ(::stat(("/run/netns/" + machine.netns()).c_str(), &eni), 0);
  EXPECT_EQ(container.st_ino, eni.st_ino);
  EXPECT_NE(link_of("/proc/" + std::to_string(pid) + "/ns/user"), link_of("/proc/self/ns/user"));
  const auto stats = owner.stats("web");
  ASSERT_TRUE(stats.ok()) << stats.error().message();
  EXPECT_EQ(stats->memory_limit_bytes, 64ULL << 20U);
  EXPECT_GT(stats->memory_bytes, 0U);
  EXPECT_GT(stats->cpu_ns, 0U);
  EXPECT_NE(status_of(pid, "PPid"), std::to_string(::getpid())) << "its parent is conmon, not this process";
  EXPECT_LT(std::chrono::duration_cast<Duration>(took).count(), 2000);

  ASSERT_TRUE(owner.signal("web", SIGKILL).ok());
  const auto exit = owner.wait_exit("web");
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 137);
  EXPECT_FALSE(exit->oom_killed);
  EXPECT_TRUE(eventually([&] { return owner.log_finished("web"); }));
}

class Owners : public testing::TestWithParam<bool> {};

TEST_P(Owners, FilesOfTheImageBelongInsideToWhomTheyBelongInTheImage) {
  const Machine machine;
  auto settings = machine.settings();
  settings.idmapped_layers = GetParam();
  Owner owner(settings);
  ASSERT_TRUE(owner.open().ok());
  auto spec =
      machine.spec("ls",
                   "stat -c '%n %u %g %a' / /bin/busybox /greeting /tmp; echo more >> /greeting && cat /greeting; "
                   "touch /new && chown 7:8 /new && stat -c '%n %u %g' /new; stat -c '%u' /greeting");
  const auto started = owner.start(spec);
  ASSERT_TRUE(started.ok()) << started.error().message();
  ASSERT_TRUE(owner.wait_exit("ls").has_value());
  ASSERT_TRUE(eventually([&] { return owner.log_finished("ls"); }));
  EXPECT_EQ(owner.log("ls"),
            "/ 0 0 755\n/bin/busybox 0 0 755\n/greeting 1000 1000 644\n/tmp 0 0 1777\nfrom the upper layer\nmore\n/new "
            "7 8\n1000\n");
  // The layers, which others share, are as they were.
  EXPECT_EQ(*read_file(machine.directory() + "/upper-layer/greeting"), "from the upper layer\n");
  struct stat status {};
  ASSERT_EQ(::stat((machine.directory() + "/layer/bin/busybox").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U);
}

INSTANTIATE_TEST_SUITE_P(ContainerKernel, Owners, testing::Values(true, false),
                         [](const auto& mode) { return std::string(mode.param ? "Idmapped" : "Shifted"); });

TEST(ContainerKernel, RootInsideHasFargatesCapabilitiesButNoneOverTheHost) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec =
      machine.spec("root",
                   "cat /proc/self/status | grep CapEff; unshare -m true || echo no-namespaces; "
                   "ip link add d0 type ifb || echo no-network-admin; hostname other || echo no-hostname; "
                   "cat /proc/kcore | wc -c; touch /tmp/owned; chown 5 /tmp/owned && echo chown-works; sleep 60");
  const auto started = owner.start(spec);
  ASSERT_TRUE(started.ok()) << started.error().message();
  ASSERT_TRUE(owner.wait_log("root", "chown-works")) << owner.log("root");
  const auto log = owner.log("root");
  EXPECT_THAT(log, HasSubstr("CapEff:\t00000000a80425fb"));
  EXPECT_THAT(log, HasSubstr("no-namespaces"));
  EXPECT_THAT(log, HasSubstr("no-network-admin"));
  EXPECT_THAT(log, HasSubstr("no-hostname"));
  EXPECT_THAT(log, HasSubstr("\n0\n")) << "/proc/kcore is masked";
}

TEST(ContainerKernel, ListensOnALowPortInTheEnisNamespaceAndIsReachedThere) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto server = machine.spec("server", "echo hello | nc -l -p 80; sleep 60");
  server.user = "1000";
  ASSERT_TRUE(owner.start(server).ok());
  ASSERT_TRUE(owner.start(machine.spec("client", "until nc 127.0.0.1 80; do true; done; sleep 60")).ok());
  EXPECT_TRUE(owner.wait_log("client", "hello")) << owner.log("client") << owner.log("server");
}

TEST(ContainerKernel, ContainersOfATaskShareNetworkAndVolume) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto writer = machine.spec("writer", "echo shared > /data/file; sleep 60");
  writer.volumes = {{"scratch", "/data", false}};
  auto reader =
      machine.spec("reader", "until cat /data/file; do true; done; touch /data/no || echo read-only; sleep 60");
  reader.volumes = {{"scratch", "/data", true}};
  auto stranger = machine.spec("stranger", "ls /data | wc -l; sleep 60");
  stranger.task = "other";
  stranger.volumes = {{"scratch", "/data", false}};
  const auto first = owner.start(writer), second = owner.start(reader);
  ASSERT_TRUE(first.ok()) << first.error().message();
  ASSERT_TRUE(second.ok()) << second.error().message();
  ASSERT_TRUE(owner.start(stranger).ok());
  EXPECT_TRUE(owner.wait_log("reader", "read-only")) << owner.log("reader");
  EXPECT_THAT(owner.log("reader"), HasSubstr("shared"));
  EXPECT_TRUE(owner.wait_log("stranger", "0")) << "another task's volume of the same name is another volume";
  EXPECT_EQ(link_of("/proc/" + std::to_string(first->pid) + "/ns/net"),
            link_of("/proc/" + std::to_string(second->pid) + "/ns/net"));
  EXPECT_NE(link_of("/proc/" + std::to_string(first->pid) + "/ns/pid"),
            link_of("/proc/" + std::to_string(second->pid) + "/ns/pid"));
}

TEST(ContainerKernel, IsKilledBeyondItsMemoryLimitAndSaysSo) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  // The control: 20 MiB within the same limit of 64.
  const std::string fill = "dd if=/dev/zero of=/dev/null bs=";
  ASSERT_TRUE(owner.start(machine.spec("modest", "exec " + fill + "20M count=1")).ok());
  ASSERT_TRUE(owner.start(machine.spec("greedy", "exec " + fill + "200M count=1")).ok());
  const auto modest = owner.wait_exit("modest"), greedy = owner.wait_exit("greedy");
  ASSERT_TRUE(modest && greedy);
  EXPECT_EQ(modest->code, 0);
  EXPECT_FALSE(modest->oom_killed);
  EXPECT_EQ(greedy->code, 137);
  EXPECT_TRUE(greedy->oom_killed);
}

TEST(ContainerKernel, ContainersOfATaskTogetherGetNoMoreCpuThanTheTask) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec = machine.spec("busy-1", "while true; do true; done");
  spec.limits.cpu_shares = 128;
  ASSERT_TRUE(owner.start(spec).ok());
  spec.id = "busy-2";
  ASSERT_TRUE(owner.start(spec).ok());
  const auto used = [&] { return owner.stats("busy-1")->cpu_ns + owner.stats("busy-2")->cpu_ns; };
  const auto cpu_before = used();
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() - before > std::chrono::seconds(2); }));
  const double cpu = static_cast<double>(used() - cpu_before);
  const double wall = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - before).count();
  EXPECT_LT(cpu / wall, 0.32) << "256 CPU units are a quarter of one";
  EXPECT_GT(cpu / wall, 0.05);
}

TEST(ContainerKernel, EnvironmentFilesLimitsAndMountsAreAsTheSpecSays) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec = machine.spec(
      "spec",
      "env; cat /etc/resolv.conf /etc/hosts /etc/hostname; ulimit -n; hostname; "
      "echo pwd=$PWD; touch /scratch/ok && echo tmpfs-ok; touch /no || echo root-read-only; "
      "stat -c %a /dev/shm; echo limit=$(cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max); "
      "mkdir /sys/fs/cgroup/memory/x /sys/fs/cgroup/x || echo cgroup-read-only; echo done; sleep 60");
  spec.image.environment = {{"FROM_IMAGE", "image"}, {"BOTH", "image"}};
  spec.environment = {{"BOTH", "spec"}, {"SECRET", "s3cr3t with spaces"}};
  spec.working_directory = "/srv/app";
  spec.resolv_conf = "nameserver 10.0.0.2\n";
  spec.hosts = "127.0.0.1 localhost\n";
  spec.read_only_root = true;
  spec.tmpfs = {{"/scratch", 1U << 20U, {}}};
  spec.ulimits = {{"nofile", 123, 456}};
  const auto started = owner.start(spec);
  ASSERT_TRUE(started.ok()) << started.error().message();
  ASSERT_TRUE(owner.wait_log("spec", "done"));
  const auto log = owner.log("spec");
  for (const char* line :
       {"FROM_IMAGE=image\n", "BOTH=spec\n", "SECRET=s3cr3t with spaces\n", "HOME=/root\n", "nameserver 10.0.0.2\n",
        "127.0.0.1 localhost\n", "ip-10-0-10-5\n", "123\n", "pwd=/srv/app\n", "tmpfs-ok\n", "root-read-only\n",
        "1777\n", "limit=67108864\n", "cgroup-read-only\n"})
    EXPECT_THAT(log, HasSubstr(line));
  const std::string bundle = machine.settings().run_directory + "/containers/spec/bundle";
  struct stat status {};
  ASSERT_EQ(::stat((bundle + "/config.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U) << "it holds secrets";
}

TEST(ContainerKernel, AnImageWithoutTheProgramFailsByNameAndLeavesNothing) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec = machine.spec("bad", "");
  spec.command = {"/bin/no-such-program"};
  const auto started = owner.start(spec);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().error, ENOENT) << started.error().message();
  EXPECT_THAT(started.error().message(), HasSubstr("no-such-program"));
  spec.command = {"/bin/true"};
  spec.user = "nobody-here";
  const auto stranger = owner.start(spec);
  ASSERT_FALSE(stranger.ok());
  EXPECT_THAT(stranger.error().message(), HasSubstr("nobody-here"));
  EXPECT_THAT(*owner.list(), IsEmpty());
  EXPECT_THAT(machine.processes(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(machine.settings().run_directory + "/containers/bad"));
  spec.user = "";
  EXPECT_TRUE(owner.start(spec).ok()) << "the id is free again";
}

TEST(ContainerKernel, AnInitReapsAndHandsSignalsOn) {
  const Machine machine;
  Owner owner(machine.settings());
  ASSERT_TRUE(owner.open().ok());
  auto spec = machine.spec(
      "init",
      "trap 'echo got-term; exit 3' TERM; cat /proc/1/cmdline; echo; echo ready; while true; do sleep 0.1; done");
  spec.init = true;
  const auto started = owner.start(spec);
  ASSERT_TRUE(started.ok()) << started.error().message();
  ASSERT_TRUE(owner.wait_log("init", "ready"));
  EXPECT_THAT(owner.log("init"), HasSubstr("/dev/init"));
  const auto exit = owner.stop("init", Duration(5000));
  ASSERT_TRUE(exit.ok()) << exit.error().message();
  EXPECT_EQ(exit->code, 3);
  EXPECT_TRUE(owner.wait_log("init", "got-term"));
}

}  // namespace
}  // namespace stratus::containers
