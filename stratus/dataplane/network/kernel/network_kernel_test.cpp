// The design of README.md asked with packets: builds two VPCs of the same CIDR through the real Network. Needs root and
// socat.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "stratus/core/asio_loop.h"
#include "stratus/core/process.h"
#include "stratus/dataplane/network/namespaces.h"
#include "stratus/dataplane/network/network.h"
#include "stratus/dataplane/network/ruleset.h"

namespace stratus::network {
namespace {

const std::string kTag = "nt" + std::to_string(::getpid() % 10000);
const Settings kSettings{kTag, "198.19.0.0/16", "/run/netns"};

/// Everything that a group of tests shares; built once, removed at the end.
class World : public testing::Environment {
 public:
  static World* self;
  std::unique_ptr<AsioLoop> loop;
  std::unique_ptr<Network> network;
  std::thread thread;
  std::vector<pid_t> servers;
  Vpc a, b;

  static Vpc vpc(const std::string& name, int octet) {
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
    v.security_groups = {
        {"sg-alb-" + name, {all_out, {false, "6", 80, 80, {"0.0.0.0/0"}, {}}, {false, "1", -1, -1, {"0.0.0.0/0"}, {}}}},
        {"sg-task-" + name, {all_out, {false, "6", 3001, 3001, {}, {"sg-alb-" + name}}}},
        {"sg-none-" + name, {all_out}}};
    const std::string pool = "198.19.0.";
    v.enis = {
        {"eni-alb-" + name,
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

  Result<> wait(const std::function<void(Done)>& start) const {
    std::promise<Result<>> promise;
    loop->post([&] { start([&](Result<> r) { promise.set_value(std::move(r)); }); });
    return promise.get_future().get();
  }
  Result<> apply(const Vpc& v) const {
    return wait([&](Done done) { network->apply(v, std::move(done)); });
  }
  void serve(const std::string& ns, int port) {
    const auto pid = spawn_detached({.argv = {"socat", "TCP-LISTEN:" + std::to_string(port) + ",fork,reuseaddr",
                                              "SYSTEM:printf %s \"$SOCAT_PEERADDR\""},
                                     .netns = ns});
    ASSERT_TRUE(pid) << pid.error().message();
    servers.push_back(*pid);
  }

  void SetUp() override {
    self = this;
    loop = std::make_unique<AsioLoop>();
    network = make_network(*loop, kSettings);
    thread = std::thread([this] { loop->run(); });
    const auto started = wait([&](Done done) { network->start(std::move(done)); });
    ASSERT_TRUE(started) << started.error().message();
    a = vpc("a", 10);
    b = vpc("b", 20);
    for (const Vpc* v : {&a, &b}) {
      const auto applied = apply(*v);
      ASSERT_TRUE(applied) << applied.error().message();
    }
    for (const std::string name : {"a", "b"}) {
      serve(network->netns_path("eni-alb-" + name), 80);
      serve(network->netns_path("eni-alb-" + name), 81);
      serve(network->netns_path("eni-task-" + name), 3001);
      serve(network->netns_path("eni-task-" + name), 3002);
    }
    // A host somewhere on the Internet.
    const std::string far = "/run/netns/" + kTag + "-far";
    ASSERT_TRUE(ensure_netns(far, false));
    const auto ip = [](const std::vector<std::string>& args, const std::string& ns = "") {
      std::vector<std::string> argv = {"ip"};
      argv.insert(argv.end(), args.begin(), args.end());
      const auto done = run_checked({.argv = argv, .netns = ns});
      ASSERT_TRUE(done) << done.error().message();
    };
    const std::string internet = network->internet_netns_path();
    ip({"link", "add", "far", "type", "veth", "peer", "name", "eth0", "netns", kTag + "-far"}, internet);
    ip({"link", "set", "far", "up"}, internet);
    ip({"addr", "add", "203.0.113.1/24", "dev", "far"}, internet);
    ip({"addr", "add", "203.0.113.7/24", "dev", "eth0"}, far);
    ip({"link", "set", "eth0", "up"}, far);
    ip({"route", "add", "default", "via", "203.0.113.1"}, far);
    serve(far, 80);
    ASSERT_TRUE(until([&] { return seen_from("eni-alb-a", "203.0.113.7", 80) != ""; }));
    ASSERT_TRUE(until([&] { return seen_from("eni-alb-a", "10.0.2.30", 3001) != ""; }));
  }

  void TearDown() override {
    for (const pid_t pid : servers) ::kill(pid, SIGKILL);
    if (network) {
      const auto purged = wait([&](Done done) { network->purge(std::move(done)); });
      EXPECT_TRUE(purged);
      EXPECT_TRUE(list_netns("/run/netns", kTag + "-").empty());
    }
    if (loop) loop->stop();
    if (thread.joinable()) thread.join();
  }

  static bool until(const std::function<bool()>& condition) {
    for (int i = 0; i < 50; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  /// The address under which the far side saw us; "" where nothing came through.
  std::string seen_from(const std::string& eni, const std::string& address, int port) const {
    const std::string ns = eni == "far" ? "/run/netns/" + kTag + "-far" : eni == "host" ? "" : network->netns_path(eni);
    const auto answer =
        run({.argv = {"socat", "-u", "TCP:" + address + ":" + std::to_string(port) + ",connect-timeout=1", "STDOUT"},
             .netns = ns,
             .timeout = Duration(3000)});
    return answer && answer->status == 0 ? answer->output : "";
  }
};
World* World::self = nullptr;

struct Packets : testing::Test {
  World& w = *World::self;
  void TearDown() override { ASSERT_TRUE(w.apply(w.a)); }
};

TEST_F(Packets, the_internet_reaches_a_public_address_on_the_port_that_its_group_allows) {
  EXPECT_EQ(w.seen_from("far", "198.19.0.10", 80), "203.0.113.7");
  EXPECT_EQ(w.seen_from("far", "198.19.0.10", 81), "") << "no rule allows 81";
  EXPECT_EQ(w.seen_from("far", "10.0.2.30", 3001), "") << "a private address is not on the Internet";
  EXPECT_NE(w.seen_from("host", "198.19.0.10", 80), "") << "the host is on the Internet too";
}

TEST_F(Packets, a_group_as_source_lets_its_members_in_and_nobody_else) {
  EXPECT_EQ(w.seen_from("eni-alb-a", "10.0.2.30", 3001), "10.0.1.10");
  EXPECT_EQ(w.seen_from("eni-alb-a", "10.0.2.30", 3002), "");
  EXPECT_EQ(w.seen_from("eni-other-a", "10.0.2.30", 3001), "") << "same subnet, not a member";
}

TEST_F(Packets, private_hosts_leave_by_the_nat_gateways_address_and_public_ones_by_their_own) {
  EXPECT_EQ(w.seen_from("eni-task-a", "203.0.113.7", 80), "198.19.0.11");
  EXPECT_EQ(w.seen_from("eni-alb-a", "203.0.113.7", 80), "198.19.0.10");
  EXPECT_EQ(w.seen_from("eni-task-a", "198.19.0.10", 80), "198.19.0.11") << "hairpin to the own load balancer";
  EXPECT_EQ(w.seen_from("eni-alb-a", "198.19.0.20", 80), "198.19.0.10") << "from VPC to VPC, same private addresses";
}

TEST_F(Packets, without_the_nat_route_nothing_leaves_and_the_rest_goes_on) {
  Vpc changed = w.a;
  changed.route_tables[1].routes.clear();
  ASSERT_TRUE(w.apply(changed));
  EXPECT_EQ(w.seen_from("eni-task-a", "203.0.113.7", 80), "");
  EXPECT_NE(w.seen_from("eni-alb-a", "10.0.2.30", 3001), "");
  ASSERT_TRUE(w.apply(w.a));
  EXPECT_EQ(w.seen_from("eni-task-a", "203.0.113.7", 80), "198.19.0.11");
}

TEST_F(Packets, an_acl_is_stateless_and_ordered_and_between_subnets_only) {
  Vpc changed = w.a;
  changed.network_acls[1].entries = {{100, true, true, "-1", "0.0.0.0/0"},
                                     {100, false, true, "6", "0.0.0.0/0", 3001, 3001}};
  ASSERT_TRUE(w.apply(changed));
  EXPECT_EQ(w.seen_from("eni-task-a", "203.0.113.7", 80), "") << "the way back meets no rule for ephemeral ports";
  EXPECT_NE(w.seen_from("eni-alb-a", "10.0.2.30", 3001), "") << "positive control";
  changed.network_acls[1].entries.push_back({110, false, true, "6", "0.0.0.0/0", 1024, 65535});
  ASSERT_TRUE(w.apply(changed));
  EXPECT_EQ(w.seen_from("eni-task-a", "203.0.113.7", 80), "198.19.0.11");
  changed.network_acls[1].entries.push_back({50, false, false, "6", "10.0.1.0/24", 3001, 3001});
  ASSERT_TRUE(w.apply(changed));
  EXPECT_EQ(w.seen_from("eni-alb-a", "10.0.2.30", 3001), "") << "the lower number decides";
}

TEST_F(Packets, a_spoofed_source_is_dropped_and_counted) {
  const std::string ns = w.network->netns_path("eni-alb-a");
  ASSERT_TRUE(run_checked({.argv = {"ip", "addr", "add", "10.0.1.99/32", "dev", "eth0"}, .netns = ns}));
  const auto answer = run({.argv = {"socat", "-u", "TCP:10.0.2.30:3001,bind=10.0.1.99,connect-timeout=1", "STDOUT"},
                           .netns = ns,
                           .timeout = Duration(3000)});
  EXPECT_NE(answer->status, 0);
  const auto counted = run_checked({.argv = {"nft", "list", "counter", "inet", "stratus", "spoofed"},
                                    .netns = w.network->router_netns_path("vpc-a")});
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->find("packets 0"), std::string::npos) << *counted;
  ASSERT_TRUE(w.apply(w.a));
  const auto addresses = run_checked({.argv = {"ip", "addr", "show", "dev", "eth0"}, .netns = ns});
  EXPECT_EQ(addresses->find("10.0.1.99"), std::string::npos) << "an address that the model does not know is removed";
}

TEST_F(Packets, path_mtu_discovery_works_across_the_nat_gateway) {
  const std::string ns = w.network->netns_path("eni-task-a");
  Vpc changed = w.a;
  changed.security_groups[0].rules.push_back({false, "1", -1, -1, {"0.0.0.0/0"}, {}});
  ASSERT_TRUE(w.apply(changed));
  EXPECT_EQ(run({.argv = {"ping", "-c1", "-W1", "-M", "do", "-s", "8900", "10.0.1.10"}, .netns = ns})->status, 0)
      << "9001 inside";
  EXPECT_NE(run({.argv = {"ping", "-c1", "-W1", "-M", "do", "-s", "8900", "203.0.113.7"}, .netns = ns})->status, 0)
      << "1500 outside";
  const auto route = run_checked({.argv = {"ip", "route", "get", "203.0.113.7"}, .netns = ns});
  ASSERT_TRUE(route);
  EXPECT_NE(route->find("mtu 1500"), std::string::npos) << *route;
}

TEST_F(Packets, an_established_flow_outlives_its_rule_and_a_new_one_does_not_start) {
  Vpc changed = w.a;
  changed.security_groups[1].rules.push_back({false, "6", 3003, 3003, {}, {"sg-alb-a"}});
  ASSERT_TRUE(w.apply(changed));
  const std::string file = "/tmp/" + kTag + ".flow";
  const auto server =
      spawn_detached({.argv = {"socat", "-u", "TCP-LISTEN:3003,reuseaddr,fork", "OPEN:" + file + ",creat,append"},
                      .netns = w.network->netns_path("eni-task-a")});
  ASSERT_TRUE(server);
  w.servers.push_back(*server);
  const auto client = spawn_detached({.argv = {"socat", "-u", "SYSTEM:sleep 0.2; echo early; sleep 2; echo late",
                                               "TCP:10.0.2.30:3003,retry=20,interval=0.05"},
                                      .netns = w.network->netns_path("eni-alb-a")});
  ASSERT_TRUE(client);
  w.servers.push_back(*client);
  const auto has = [&](const char* word) {
    const auto content = read_file(file);
    return content && content->find(word) != std::string::npos;
  };
  ASSERT_TRUE(World::until([&] { return has("early"); })) << "the flow never began";
  ASSERT_TRUE(w.apply(w.a));
  EXPECT_EQ(run({.argv = {"socat", "-u", "TCP:10.0.2.30:3003,connect-timeout=1", "STDOUT"},
                 .netns = w.network->netns_path("eni-alb-a"),
                 .timeout = Duration(3000)})
                    ->status != 0,
            true);
  bool late = false;
  for (int i = 0; i < 5 && !late; ++i) late = World::until([&] { return has("late"); });
  EXPECT_TRUE(late);
  ::unlink(file.c_str());
}

TEST_F(Packets, leaving_a_group_takes_its_permissions_and_joining_gives_them) {
  Vpc changed = w.a;
  changed.enis[0].groups = {"sg-none-a"};
  ASSERT_TRUE(w.apply(changed));
  EXPECT_EQ(w.seen_from("eni-alb-a", "10.0.2.30", 3001), "");
  ASSERT_TRUE(w.apply(w.a));
  EXPECT_NE(w.seen_from("eni-alb-a", "10.0.2.30", 3001), "");
}

TEST_F(Packets, what_somebody_broke_in_the_kernel_is_repaired) {
  const std::string router = w.network->router_netns_path("vpc-a");
  ASSERT_TRUE(run_checked({.argv = {"nft", "flush", "ruleset"}, .netns = router}));
  ASSERT_TRUE(run_checked({.argv = {"ip", "rule", "del", "iif", link_name("eni-task-a")}, .netns = router}));
  ASSERT_TRUE(run_checked({.argv = {"ip", "link", "del", link_name("eni-other-a")}, .netns = router}));
  EXPECT_EQ(w.seen_from("eni-task-a", "203.0.113.7", 80), "");
  ASSERT_TRUE(w.apply(w.a));
  EXPECT_EQ(w.seen_from("eni-task-a", "203.0.113.7", 80), "198.19.0.11");
  EXPECT_EQ(w.seen_from("eni-alb-a", "10.0.2.30", 3002), "") << "rules are back";
  EXPECT_NE(w.seen_from("eni-other-a", "203.0.113.7", 80), "") << "the link is back";
}

TEST_F(Packets, another_process_takes_over_what_is_there) {
  auto successor = make_network(*w.loop, kSettings);
  ASSERT_TRUE(w.wait([&](Done done) { successor->start(std::move(done)); }));
  ASSERT_TRUE(w.wait([&](Done done) { successor->apply(w.a, std::move(done)); }));
  EXPECT_NE(w.seen_from("eni-alb-a", "10.0.2.30", 3001), "");
}

}  // namespace
}  // namespace stratus::network

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new stratus::network::World);
  return RUN_ALL_TESTS();
}
