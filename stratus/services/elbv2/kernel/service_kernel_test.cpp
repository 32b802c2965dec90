// The service on the real balancer: what is created by calls answers requests. Needs root.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "stratus/core/asio_loop.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {
namespace {

void must(const std::string& words) {
  const auto done = run_checked({.argv = text::split(words, ' ')});
  if (!done) throw std::runtime_error(done.error().message());
}

/// Two nodes, each a namespace of its own, wired to one namespace that holds the clients and the targets.
struct Wire final : Interfaces {
  explicit Wire(Loop& l) : loop(l) {
    must("ip netns add " + out);
    must(fmt::format("ip -n {} link set lo up", out));
    for (int i = 1; i <= 2; ++i) {
      must("ip netns add " + node(i));
      must(fmt::format("ip link add eth0 netns {} type veth peer name eth{} netns {}", node(i), i, out));
      must(fmt::format("ip -n {} addr add 10.81.{}.2/24 dev eth0", node(i), i));
      must(fmt::format("ip -n {} link set eth0 up", node(i)));
      must(fmt::format("ip -n {} addr add 10.81.{}.1/24 dev eth{}", out, i, i));
      must(fmt::format("ip -n {} link set eth{} up", out, i));
      must(fmt::format("ip -n {} route add default via 10.81.{}.1", node(i), i));
    }
  }
  ~Wire() override {
    for (const auto& ns : {out, node(1), node(2)}) {
      if (const auto pids = run_checked({.argv = {"ip", "netns", "pids", ns}}))
        for (const auto& pid : text::split(*pids, '\n'))
          if (const int number = std::atoi(pid.c_str()); number > 1) ::kill(number, SIGKILL);
      (void)run({.argv = {"ip", "netns", "del", ns}});
    }
  }
  std::string node(int i) const { return fmt::format("{}n{}", name, i); }
  std::string processes() const {
    std::string all;
    for (int i = 1; i <= 2; ++i)
      if (const auto pids = run_checked({.argv = {"ip", "netns", "pids", node(i)}})) all += *pids;
    return all;
  }

  Node create(const std::string&, const std::string&, const std::string& subnet, const std::vector<std::string>&,
              const std::string&, bool) override {
    const int i = subnet == "subnet-1" ? 1 : 2;
    return {fmt::format("eni-{}{}", name, i), "/run/netns/" + node(i),
            fmt::format("10.81.{}.2", i),     "",
            zone_of_subnet("", "", subnet),   "vpc-1"};
  }
  void destroy(const std::string&, const std::string&, const std::string& eni) override { destroyed.push_back(eni); }
  void set_groups(const std::string&, const std::string&, const std::string&,
                  const std::vector<std::string>&) override {}
  void when_ready(const std::string&, std::function<void(Result<>)> done) override {
    loop.post([done = std::move(done)] { done({}); });
  }
  std::string vpc_of_subnet(const std::string&, const std::string&, const std::string&) override { return "vpc-1"; }
  std::string zone_of_subnet(const std::string&, const std::string&, const std::string& subnet) override {
    return "us-east-1" + subnet.substr(7);
  }
  void check_groups(const std::string&, const std::string&, const std::vector<std::string>&,
                    const std::string&) override {}
  std::string default_group(const std::string&, const std::string&, const std::string&) override { return "sg-1"; }

  Loop& loop;
  std::string name = fmt::format("el{}", ::getpid()), out = name + "o";
  std::vector<std::string> destroyed;
};

struct OnTheKernel : testing::Test {
  const std::string directory = fmt::format("/tmp/elbv2-kernel-{}", ::getpid());
  AsioLoop loop{2};
  Wire wire{loop};
  state::Store store{loop, ""};
  SystemRandom random;
  std::unique_ptr<balancer::Balancer> engine = balancer::make_balancer(loop, {.run_directory = directory, .tag = "t"});
  std::optional<Service> service;
  aws::Context c;

  void SetUp() override {
    c.account = "000000000000";
    c.region = "us-east-1";
    std::filesystem::create_directories(directory + "/www/api");
    ASSERT_TRUE(write_file(directory + "/www/health", "ok").ok());
    ASSERT_TRUE(write_file(directory + "/www/index.html", "page").ok());
    service.emplace(loop, store, random, *engine, wire, nullptr);
    service->start();
  }
  void TearDown() override {
    bool purged = false;
    engine->purge([&](const Result<>&) { purged = true; });
    EXPECT_TRUE(until([&] { return purged; }));
    std::filesystem::remove_all(directory);
  }
  bool until(const std::function<bool()>& condition, int seconds = 20) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop.context().run_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  /// Status and body, through node `i`.
  std::string get(int i, const std::string& path) {
    const auto answer = run(
        {.argv = {"curl", "-s", "--max-time", "5", "-w", " %{http_code}", fmt::format("http://10.81.{}.2{}", i, path)},
         .netns = "/run/netns/" + wire.out});
    return answer.ok() ? answer->output : answer.error().message();
  }
};

TEST_F(OnTheKernel, what_calls_create_answers_requests_and_what_they_delete_is_gone) {
  const auto server =
      spawn_detached({.argv = {"python3", "-m", "http.server", "3000", "--directory", directory + "/www"},
                      .netns = "/run/netns/" + wire.out});
  ASSERT_TRUE(server.ok());
  const auto lb = *service->create_load_balancer(c, {.name = "web", .subnets = {{"subnet-1", "subnet-2"}}})
                       .load_balancers->front()
                       .load_balancer_arn;
  const auto tg = *service
                       ->create_target_group(c, {.name = "app",
                                                 .protocol = "HTTP",
                                                 .port = 3000,
                                                 .vpc_id = "vpc-1",
                                                 .health_check_path = "/health",
                                                 .target_type = "ip"})
                       .target_groups->front()
                       .target_group_arn;
  const auto listener = *service
                             ->create_listener(c, {.load_balancer_arn = lb,
                                                   .protocol = "HTTP",
                                                   .port = 80,
                                                   .default_actions = {{{.type = "forward", .target_group_arn = tg}}}})
                             .listeners->front()
                             .listener_arn;
  service->create_rule(
      c, {.listener_arn = listener,
          .conditions = {{{.field = "path-pattern", .values = {{"/teapot*"}}}}},
          .priority = 1,
          .actions = {{{.type = "fixed-response",
                        .fixed_response_config = elb::FixedResponseActionConfig{
                            .message_body = "short and stout", .status_code = "418", .content_type = "text/plain"}}}}});
  ASSERT_TRUE(until([&] {
    return service->describe_load_balancers(c, {.load_balancer_arns = {{lb}}}).load_balancers->front().state->code ==
           "active";
  }));
  ASSERT_TRUE(until([&] { return get(1, "/teapot/x") == "short and stout 418"; }));
  EXPECT_THAT(get(1, "/"), testing::HasSubstr("503 Service Temporarily Unavailable"));

  std::vector<std::string> told;
  service->on_target_health([&](const std::string&, const std::string& ip, int, const std::string& state) {
    told.push_back(ip + " " + state);
  });
  service->register_target(tg, "10.81.1.1", 3000, "");
  ASSERT_TRUE(until([&] { return service->target_health(tg, "10.81.1.1", 3000) == "healthy"; }))
      << service->target_health(tg, "10.81.1.1", 3000);
  EXPECT_TRUE(until([&] { return get(1, "/index.html") == "page 200" && get(2, "/index.html") == "page 200"; }));

  service->deregister_target(tg, "10.81.1.1", 3000);
  ASSERT_TRUE(until([&] { return service->target_health(tg, "10.81.1.1", 3000) == "unused"; }));
  EXPECT_TRUE(until([&] { return get(1, "/index.html").ends_with(" 503"); }));
  EXPECT_THAT(told, testing::Contains("10.81.1.1 healthy"));
  EXPECT_EQ(told.back(), "10.81.1.1 unused");

  EXPECT_FALSE(wire.processes().empty());
  service->delete_load_balancer(c, {.load_balancer_arn = lb});
  EXPECT_TRUE(until([&] { return wire.destroyed.size() == 2; }));
  EXPECT_EQ(wire.processes(), "");
}

}  // namespace
}  // namespace stratus::services::elbv2
