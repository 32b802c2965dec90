#include "world.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/network/namespaces.h"
#include "stratus/dataplane/network/netlink.h"

namespace stratus::network {
namespace {

const std::string kTag = "n" + std::to_string(::getpid());
constexpr const char* kPool = "198.19.0.0/16";

Result<UniqueFd> route_monitor() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl where{};
  where.nl_family = AF_NETLINK;
  where.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE;
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) != 0)
    return failure("watch rtnetlink");
  return fd;
}

}  // namespace

Settings World::settings() {
  Settings out;
  out.tag = kTag;
  out.public_pool = kPool;
  return out;
}

World::World()
    : loop(std::make_unique<AsioLoop>()), network(make_network(*loop, settings())), a(vpc("a", 10)), b(vpc("b", 20)) {
  thread_ = std::thread([this] { loop->run(); });
}

World::~World() {
  for (const pid_t pid : children_) {
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);  // which need not lead the group that it is in
  }
  if (auto purged = purge(); !purged) ADD_FAILURE() << purged.error().message();
  EXPECT_TRUE(remove_netns(path("far")));
  loop->stop();
  thread_.join();
  network.reset();
}

Vpc World::vpc(const std::string& name, int octet) {
  Vpc v;
  v.id = "vpc-" + name;
  v.cidrs = {"10.0.0.0/16"};
  v.internet_gateway = true;
  v.subnets = {{"subnet-pub-" + name, "10.0.1.0/24", "acl-open-" + name, "rtb-pub-" + name},
               {"subnet-priv-" + name, "10.0.2.0/24", "acl-priv-" + name, "rtb-priv-" + name}};
  v.route_tables = {{"rtb-pub-" + name, {{"0.0.0.0/0", Route::Target::internet_gateway, ""}}},
                    {"rtb-priv-" + name, {{"0.0.0.0/0", Route::Target::eni, "eni-nat-" + name}}}};
  const AclEntry in{100, false, true, "-1", "0.0.0.0/0"}, out{100, true, true, "-1", "0.0.0.0/0"};
  v.network_acls = {{"acl-open-" + name, {in, out}}, {"acl-priv-" + name, {in, out}}};
  const GroupRule all_out{true, "-1", -1, -1, {"0.0.0.0/0"}, {}};
  const GroupRule http{false, "6", 80, 80, {"0.0.0.0/0"}, {}}, icmp{false, "1", -1, -1, {"0.0.0.0/0"}, {}};
  v.security_groups = {{"sg-alb-" + name, {all_out, http, icmp}},
                       {"sg-task-" + name, {all_out, {false, "6", 3001, 3001, {}, {"sg-alb-" + name}}}},
                       {"sg-none-" + name, {all_out}}};
  const std::string pool = "198.19.0.";
  v.enis = {{"eni-alb-" + name,
             "subnet-pub-" + name,
             {"10.0.1.10"},
             {"sg-alb-" + name},
             true,
             false,
             pool + std::to_string(octet)},
            {"eni-nat-" + name, "subnet-pub-" + name, {"10.0.1.20"}, {}, false, true, pool + std::to_string(octet + 1)},
            {"eni-task-" + name, "subnet-priv-" + name, {"10.0.2.30"}, {"sg-task-" + name}, true, false, ""},
            {"eni-other-" + name, "subnet-priv-" + name, {"10.0.2.40"}, {"sg-none-" + name}, true, false, ""}};
  return v;
}

void World::build() {
  const auto started = wait([&](Done done) { network->start(std::move(done)); });
  ASSERT_TRUE(started) << started.error().message();
  for (const Vpc* v : {&a, &b}) {
    const auto applied = apply(*v);
    ASSERT_TRUE(applied) << applied.error().message();
  }
  for (const std::string name : {"a", "b"}) {
    for (const int port : {80, 81}) serve("eni-alb-" + name, port);
    for (const int port : {3001, 3002}) serve("eni-task-" + name, port);
  }
  ASSERT_TRUE(create_netns(path("far"), false, "far"));
  sh("internet", "ip link add far type veth peer name eth0 netns " + kTag + "-far");
  sh("internet", "ip addr add 203.0.113.1/24 dev far");
  sh("internet", "ip link set far up");
  sh("far", "ip addr add 203.0.113.7/24 dev eth0");
  sh("far", "ip link set eth0 up");
  sh("far", "ip route add default via 203.0.113.1");
  serve("far", 80);
  serve("host", 80);
  // All servers are up, and hear who asks from next to them.
  for (const std::string name : {"a", "b"}) {
    for (const int port : {80, 81}) ASSERT_EQ(seen("eni-alb-" + name, "127.0.0.1", port), "127.0.0.1");
    for (const int port : {3001, 3002}) ASSERT_EQ(seen("eni-task-" + name, "127.0.0.1", port), "127.0.0.1");
  }
  ASSERT_EQ(seen("far", "127.0.0.1", 80), "127.0.0.1");
  ASSERT_EQ(seen("host", "127.0.0.1", 80), "127.0.0.1");
}

void World::restart(Settings changed) {
  std::promise<void> replaced;
  loop->post([&] {
    network = make_network(*loop, std::move(changed));
    replaced.set_value();
  });
  replaced.get_future().wait();
  const auto started = wait([&](Done done) { network->start(std::move(done)); });
  ASSERT_TRUE(started) << started.error().message();
}

Result<> World::wait(const std::function<void(Done)>& start) const {
  std::promise<Result<>> promise;
  loop->post([&] { start([&](Result<> result) { promise.set_value(std::move(result)); }); });
  return promise.get_future().get();
}

Result<> World::apply(const Vpc& model) const {
  return wait([&](Done done) { network->apply(model, std::move(done)); });
}
Result<> World::remove(const std::string& vpc_id) const {
  return wait([&](Done done) { network->remove(vpc_id, std::move(done)); });
}
Result<> World::purge() const {
  return wait([&](Done done) { network->purge(std::move(done)); });
}

std::string World::path(const std::string& who) const {
  return who == "host" ? "" : settings().netns_directory + "/" + kTag + "-" + who;
}

void World::start(const std::string& who, std::vector<std::string> argv) {
  const auto pid = spawn_detached({.argv = std::move(argv), .netns = path(who)});
  ASSERT_TRUE(pid) << pid.error().message();
  children_.push_back(*pid);
}

void World::serve(const std::string& who, int port) {
  start(who,
        {"socat", "TCP-LISTEN:" + std::to_string(port) + ",fork,reuseaddr", "SYSTEM:printf %s \"$SOCAT_PEERADDR\""});
}

std::string World::attempt(const std::string& from, const std::string& address, int port) const {
  const auto answer =
      run({.argv = {"socat", "-u", "TCP:" + address + ":" + std::to_string(port) + ",connect-timeout=1", "STDOUT"},
           .netns = path(from),
           .timeout = Duration(3000)});
  return answer && answer->status == 0 ? answer->output : "";
}

std::string World::seen(const std::string& from, const std::string& address, int port) const {
  std::string answer;
  until([&] { return !(answer = attempt(from, address, port)).empty(); });
  return answer;
}

bool World::refused(const std::string& from, const std::string& address, int port) const {
  return attempt(from, address, port).empty();
}

bool World::pings(const std::string& from, const std::string& address, int size) const {
  const auto done =
      run({.argv = {"ping", "-c1", "-W1", "-M", "do", "-s", std::to_string(size), address}, .netns = path(from)});
  return done && done->status == 0;
}

std::string World::out(const std::string& who, std::vector<std::string> argv) const {
  const auto done = run_checked({.argv = std::move(argv), .netns = path(who)});
  EXPECT_TRUE(done) << (done ? "" : done.error().message());
  return done ? *done : "";
}

std::string World::sh(const std::string& who, const std::string& line) const {
  return out(who, text::split(line, ' '));
}

bool World::until(const std::function<bool()>& condition, int milliseconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Watch::Watch(const std::string& path) {
  const auto open = [this]() -> Result<> {
    auto fd = route_monitor();
    if (!fd) return fd.error();
    fd_ = std::move(*fd);
    return {};
  };
  const auto opened = path.empty() ? open() : in_netns(path, open);
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
}

int Watch::changes() const {
  char buffer[65536];
  int count = 0;
  while (::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT) > 0) ++count;
  return count;
}

}  // namespace stratus::network

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (::unshare(CLONE_NEWNET) != 0) {
    std::perror("a network namespace for the tests");
    return 1;
  }
  auto host = stratus::network::Netlink::open();
  if (!host || !host->set_up("lo")) return 1;
  return RUN_ALL_TESTS();
}
