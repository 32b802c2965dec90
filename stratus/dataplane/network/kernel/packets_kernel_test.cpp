// The design of README.md, asked with packets. Beside each denial stands the same thing allowed.
#include <unistd.h>

#include <future>

#include "stratus/core/process.h"
#include "world.h"

namespace stratus::network {
namespace {

class Packets : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world = std::make_unique<World>();
    world->build();
  }
  static void TearDownTestSuite() { world.reset(); }
  void TearDown() override {
    const auto back = world->apply(world->a);
    ASSERT_TRUE(back) << back.error().message();
  }
  void apply(const Vpc& model) {
    const auto applied = world->apply(model);
    ASSERT_TRUE(applied) << applied.error().message();
  }
  static std::unique_ptr<World> world;
  World& w = *world;
};
std::unique_ptr<World> Packets::world;

TEST_F(Packets, the_internet_reaches_a_public_address_on_the_port_that_its_group_allows) {
  EXPECT_EQ(w.seen("far", "198.19.0.10", 80), "203.0.113.7");
  EXPECT_TRUE(w.refused("far", "198.19.0.10", 81)) << "no rule allows 81";
  EXPECT_TRUE(w.refused("far", "10.0.2.30", 3001)) << "a private address is not on the Internet";
  EXPECT_NE(w.seen("host", "198.19.0.10", 80), "") << "the host is on the Internet too";
}

TEST_F(Packets, a_group_as_source_lets_its_members_in_and_nobody_else) {
  EXPECT_EQ(w.seen("eni-alb-a", "10.0.2.30", 3001), "10.0.1.10");
  EXPECT_TRUE(w.refused("eni-alb-a", "10.0.2.30", 3002));
  EXPECT_TRUE(w.refused("eni-other-a", "10.0.2.30", 3001)) << "same subnet, not a member";
}

TEST_F(Packets, egress_rules_of_the_source_decide_too) {
  Vpc changed = w.a;
  changed.security_groups[0].rules[0] = {true, "6", 3001, 3001, {}, {"sg-task-a"}};
  apply(changed);
  EXPECT_EQ(w.seen("eni-alb-a", "10.0.2.30", 3001), "10.0.1.10");
  EXPECT_TRUE(w.refused("eni-alb-a", "203.0.113.7", 80)) << "no egress rule";
  EXPECT_EQ(w.seen("far", "198.19.0.10", 80), "203.0.113.7") << "answers need no egress rule";
  apply(w.a);
  EXPECT_EQ(w.seen("eni-alb-a", "203.0.113.7", 80), "198.19.0.10");
}

TEST_F(Packets, private_hosts_leave_by_the_nat_gateways_address_and_public_ones_by_their_own) {
  EXPECT_EQ(w.seen("eni-task-a", "203.0.113.7", 80), "198.19.0.11");
  EXPECT_EQ(w.seen("eni-alb-a", "203.0.113.7", 80), "198.19.0.10");
  EXPECT_EQ(w.seen("eni-task-a", "198.19.0.10", 80), "198.19.0.11") << "to the own load balancer by its public address";
  EXPECT_EQ(w.seen("eni-alb-a", "198.19.0.20", 80), "198.19.0.10") << "from VPC to VPC, same private addresses";
}

TEST_F(Packets, what_a_nat_gateway_passes_on_is_counted_each_way) {
  const auto counted = [&] {
    const auto out = std::make_shared<std::promise<Result<NatTraffic>>>();
    w.loop->post([&, out] {
      w.network->nat_traffic("eni-nat-a", [out](const Result<NatTraffic>& traffic) { out->set_value(traffic); });
    });
    const auto traffic = out->get_future().get();
    EXPECT_TRUE(traffic) << traffic.error().message();
    return traffic ? *traffic : NatTraffic{};
  };
  const NatTraffic before = counted();
  EXPECT_EQ(w.seen("eni-task-a", "203.0.113.7", 80), "198.19.0.11");
  const NatTraffic after = counted();
  EXPECT_GE(after.packets_out, before.packets_out + 3) << "a connection's beginning, its end";
  EXPECT_GE(after.packets_in, before.packets_in + 2);
  EXPECT_GE(after.bytes_out, before.bytes_out + 3 * 40);
  EXPECT_GE(after.bytes_in, before.bytes_in + 2 * 40 + 11) << "and what the far side said";
  EXPECT_EQ(w.seen("eni-alb-a", "203.0.113.7", 80), "198.19.0.10");
  const NatTraffic last = counted();
  EXPECT_EQ(last.packets_out, after.packets_out) << "what does not pass it is not counted";
  apply(w.a);
  EXPECT_GE(counted().packets_out, last.packets_out) << "a look at a gateway that is sound leaves its counters";
}

TEST_F(Packets, without_a_public_address_the_internet_gateway_lets_nothing_out) {
  Vpc changed = w.a;
  changed.subnets[1].route_table_id = "rtb-pub-a";
  apply(changed);
  EXPECT_TRUE(w.refused("eni-task-a", "203.0.113.7", 80));
  changed.enis[2].public_address = "198.19.0.12";
  apply(changed);
  EXPECT_EQ(w.seen("eni-task-a", "203.0.113.7", 80), "198.19.0.12");
}

TEST_F(Packets, without_the_nat_route_nothing_leaves_and_the_rest_goes_on) {
  Vpc changed = w.a;
  changed.route_tables[1].routes.clear();
  apply(changed);
  EXPECT_TRUE(w.refused("eni-task-a", "203.0.113.7", 80));
  EXPECT_EQ(w.seen("eni-alb-a", "10.0.2.30", 3001), "10.0.1.10");
  apply(w.a);
  EXPECT_EQ(w.seen("eni-task-a", "203.0.113.7", 80), "198.19.0.11");
}

TEST_F(Packets, a_blackhole_is_more_specific_than_the_default_route) {
  Vpc changed = w.a;
  changed.route_tables[1].routes.push_back({"203.0.113.0/24", Route::Target::blackhole, ""});
  apply(changed);
  EXPECT_TRUE(w.refused("eni-task-a", "203.0.113.7", 80));
  EXPECT_EQ(w.seen("eni-task-a", "198.19.0.10", 80), "198.19.0.11") << "the default route stays";
}

TEST_F(Packets, an_acl_is_stateless_and_ordered) {
  Vpc changed = w.a;
  auto& entries = changed.network_acls[1].entries;
  entries = {{100, true, true, "-1", "0.0.0.0/0"}, {100, false, true, "6", "0.0.0.0/0", 3001, 3001}};
  apply(changed);
  EXPECT_TRUE(w.refused("eni-task-a", "203.0.113.7", 80)) << "the way back meets no rule for ephemeral ports";
  EXPECT_EQ(w.seen("eni-alb-a", "10.0.2.30", 3001), "10.0.1.10");
  entries.push_back({110, false, true, "6", "0.0.0.0/0", 1024, 65535});
  apply(changed);
  EXPECT_EQ(w.seen("eni-task-a", "203.0.113.7", 80), "198.19.0.11");
  entries.push_back({50, false, false, "6", "10.0.1.0/24", 3001, 3001});
  apply(changed);
  EXPECT_TRUE(w.refused("eni-alb-a", "10.0.2.30", 3001)) << "the lower number decides";
}

TEST_F(Packets, an_acl_counts_between_subnets_only) {
  Vpc changed = w.a;
  changed.network_acls[1].entries.clear();
  changed.security_groups[1].rules.push_back({false, "6", 3002, 3002, {}, {"sg-none-a"}});
  apply(changed);
  EXPECT_EQ(w.seen("eni-other-a", "10.0.2.30", 3002), "10.0.2.40") << "neighbours in one subnet";
  EXPECT_TRUE(w.refused("eni-alb-a", "10.0.2.30", 3001)) << "an empty ACL closes its subnet";
}

TEST_F(Packets, an_acl_sees_private_addresses_behind_the_internet_gateway) {
  Vpc changed = w.a;
  changed.network_acls[0].entries = {{100, true, true, "-1", "0.0.0.0/0"},
                                     {90, false, false, "6", "203.0.113.0/24", 80, 80},
                                     {100, false, true, "-1", "0.0.0.0/0"}};
  apply(changed);
  EXPECT_TRUE(w.refused("far", "198.19.0.10", 80));
  EXPECT_NE(w.seen("host", "198.19.0.10", 80), "") << "another source is allowed";
}

TEST_F(Packets, a_spoofed_source_is_dropped_and_counted) {
  w.sh("eni-alb-a", "ip addr add 10.0.1.99/32 dev eth0");
  const auto spoof = [&](const std::string& source) {
    return run({.argv = {"socat", "-u", "TCP:10.0.2.30:3001,connect-timeout=1,bind=" + source, "STDOUT"},
                .netns = w.path("eni-alb-a"),
                .timeout = Duration(3000)})
               ->status == 0;
  };
  EXPECT_TRUE(spoof("10.0.1.10")) << "the own address";
  EXPECT_FALSE(spoof("10.0.1.99"));
  const auto counter = w.sh("vpc-a", "nft list counter inet stratus spoofed");
  EXPECT_EQ(counter.find("packets 0"), std::string::npos) << counter;
  apply(w.a);
  apply(w.a);
  EXPECT_EQ(w.sh("eni-alb-a", "ip addr show dev eth0").find("10.0.1.99"), std::string::npos)
      << "an address that the model does not know is removed";
}

TEST_F(Packets, nobody_on_the_internet_can_pose_as_a_member_of_a_group) {
  Vpc changed = w.a;
  changed.security_groups[0].rules[1] = {false, "6", 80, 80, {"10.0.0.0/16"}, {}};
  apply(changed);
  w.sh("far", "ip addr add 10.0.2.30/32 dev lo");
  w.sh("internet", "ip route add 10.0.2.30/32 via 203.0.113.7");
  const auto posing = [&] {
    return run({.argv = {"socat", "-u", "TCP:198.19.0.10:80,connect-timeout=1,bind=10.0.2.30", "STDOUT"},
                .netns = w.path("far"),
                .timeout = Duration(3000)});
  };
  const auto before = w.sh("vpc-a", "nft list counter inet stratus spoofed");
  EXPECT_NE(posing()->status, 0);
  EXPECT_NE(w.sh("vpc-a", "nft list counter inet stratus spoofed"), before) << "it came, and was dropped as spoofed";
  w.sh("internet", "ip route del 10.0.2.30/32");
  w.sh("far", "ip addr del 10.0.2.30/32 dev lo");
  EXPECT_EQ(w.seen("eni-task-a", "10.0.1.10", 80), "10.0.2.30") << "the real one";
}

TEST_F(Packets, the_destination_check_is_off_only_where_the_model_says_so) {
  Vpc changed = w.a;
  changed.security_groups[2].rules.push_back({false, "6", 80, 80, {"0.0.0.0/0"}, {}});
  changed.route_tables[0].routes = {{"192.0.2.0/24", Route::Target::eni, "eni-other-a"}};
  w.sh("eni-other-a", "ip addr add 192.0.2.9/32 dev lo");
  w.serve("eni-other-a", 80);
  ASSERT_EQ(w.seen("eni-other-a", "192.0.2.9", 80), "192.0.2.9");
  apply(changed);
  EXPECT_TRUE(w.refused("eni-alb-a", "192.0.2.9", 80)) << "not addressed to the ENI";
  changed.enis[3].source_dest_check = false;
  apply(changed);
  EXPECT_EQ(w.seen("eni-alb-a", "192.0.2.9", 80), "10.0.1.10");
  w.sh("eni-other-a", "ip addr del 192.0.2.9/32 dev lo");
}

TEST_F(Packets, secondary_addresses_work_and_go) {
  Vpc changed = w.a;
  changed.enis[2].addresses.push_back("10.0.2.31");
  apply(changed);
  EXPECT_EQ(w.seen("eni-alb-a", "10.0.2.31", 3001), "10.0.1.10");
  apply(w.a);
  EXPECT_TRUE(w.refused("eni-alb-a", "10.0.2.31", 3001));
  EXPECT_EQ(w.seen("eni-alb-a", "10.0.2.30", 3001), "10.0.1.10");
}

TEST_F(Packets, path_mtu_discovery_works_across_the_nat_gateway) {
  EXPECT_TRUE(w.pings("eni-task-a", "10.0.1.10", 8900)) << "9001 inside";
  EXPECT_TRUE(w.pings("eni-task-a", "203.0.113.7", 1400));
  EXPECT_FALSE(w.pings("eni-task-a", "203.0.113.7", 8900)) << "1500 outside";
  const auto route = w.sh("eni-task-a", "ip route get 203.0.113.7");
  EXPECT_NE(route.find("mtu 1500"), std::string::npos) << route;
}

TEST_F(Packets, a_cut_interface_is_reached_by_nobody_until_the_instant_at_which_the_cut_ends_by_itself) {
  const auto now = [] {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  Vpc changed = w.a;
  changed.faults = {{.enis = {"eni-task-a", "eni-gone"}, .until = now() + 6}};
  apply(changed);
  EXPECT_TRUE(w.refused("eni-alb-a", "10.0.2.30", 3001));
  EXPECT_TRUE(w.refused("eni-task-a", "203.0.113.7", 80)) << "nor does it reach anybody";
  EXPECT_EQ(w.seen("far", "198.19.0.10", 80), "203.0.113.7") << "others go on";
  // The model still says so, and nobody touches the router.
  EXPECT_TRUE(World::until([&] { return w.seen("eni-alb-a", "10.0.2.30", 3001) == "10.0.1.10"; }, 12000));
}

TEST_F(Packets, a_cut_subnet_keeps_what_stays_inside_and_a_lossy_one_loses_some) {
  const std::int64_t later = 4'000'000'000;
  Vpc changed = w.a;
  changed.faults = {{.enis = {"eni-task-a", "eni-other-a"}, .inside_subnet = false, .until = later}};
  for (auto& group : changed.security_groups)
    if (group.id == "sg-task-a") group.rules.push_back({false, "1", -1, -1, {"10.0.0.0/16"}, {}});
  apply(changed);
  EXPECT_TRUE(w.refused("eni-alb-a", "10.0.2.30", 3001));
  EXPECT_TRUE(w.pings("eni-other-a", "10.0.2.30")) << "the same subnet";
  changed.faults = {{.enis = {"eni-task-a"}, .loss_percent = 50, .until = later}};
  apply(changed);
  const std::string said = w.out("eni-other-a", {"sh", "-c", "ping -c200 -i0.005 -W1 10.0.2.30 || true"});
  const auto at = said.find(" received");
  ASSERT_NE(at, std::string::npos) << said;
  const int received = std::stoi(said.substr(said.rfind(' ', at - 1) + 1));
  EXPECT_GT(received, 10) << said;  // 25 % of the pairs arrive
  EXPECT_LT(received, 100) << said;
}

TEST_F(Packets, a_cut_may_be_of_some_peers_only_or_of_all_but_some) {
  const std::int64_t later = 4'000'000'000;
  Vpc changed = w.a;
  changed.faults = {{.enis = {"eni-task-a"}, .peers = {"10.0.1.0/24", "10.0.3.0/24"}, .until = later}};
  apply(changed);
  EXPECT_TRUE(w.refused("eni-alb-a", "10.0.2.30", 3001)) << "the other subnet is a peer";
  EXPECT_EQ(w.seen("eni-task-a", "203.0.113.7", 80).empty(), false) << "the world is none";
  changed.faults[0].peers = {"10.0.0.0/16"};
  changed.faults[0].except_peers = true;
  apply(changed);
  EXPECT_EQ(w.seen("eni-alb-a", "10.0.2.30", 3001), "10.0.1.10") << "inside the VPC nothing is cut";
  EXPECT_TRUE(w.refused("eni-task-a", "203.0.113.7", 80)) << "the world is cut off";
}

TEST_F(Packets, leaving_a_group_takes_its_permissions_and_joining_gives_them) {
  Vpc changed = w.a;
  changed.enis[0].groups = {"sg-none-a"};
  apply(changed);
  EXPECT_TRUE(w.refused("eni-alb-a", "10.0.2.30", 3001));
  apply(w.a);
  EXPECT_EQ(w.seen("eni-alb-a", "10.0.2.30", 3001), "10.0.1.10");
}

TEST_F(Packets, vpcs_open_no_flow_to_the_host_and_the_host_reaches_them) {
  EXPECT_TRUE(w.refused("eni-alb-a", "198.19.255.254", 80)) << "the host's end of its link, where a server listens";
  EXPECT_EQ(w.seen("host", "198.19.255.254", 80), "198.19.255.254");
  EXPECT_EQ(w.seen("host", "198.19.0.10", 80), "198.19.255.254");
}

TEST_F(Packets, the_router_answers_the_resolvers_port_and_nothing_else) {
  std::vector<UniqueFd> open;
  for (const auto& address : resolver_addresses(w.a))
    for (const int port : {53, 54}) {
      auto listener =
          open_listener(w.network->router_netns_path("vpc-a"), address, static_cast<std::uint16_t>(port), true);
      ASSERT_TRUE(listener) << listener.error().message();
      open.push_back(std::move(*listener));
    }
  const auto connects = [&](const std::string& address, int port) {
    return run({.argv = {"socat", "-u", "/dev/null",
                         "TCP:" + address + ":" + std::to_string(port) + ",connect-timeout=1"},
                .netns = w.path("eni-task-a"),
                .timeout = Duration(3000)})
               ->status == 0;
  };
  for (const std::string address : {"10.0.0.2", "169.254.169.253"}) {
    EXPECT_TRUE(connects(address, 53)) << address;
    EXPECT_FALSE(connects(address, 54)) << address << ": a listener is there";
  }
}

}  // namespace
}  // namespace stratus::network
