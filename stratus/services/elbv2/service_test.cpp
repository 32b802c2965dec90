#include "stratus/services/elbv2/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"
#include "stratus/dataplane/balancer/fake_balancer.h"

namespace stratus::services::elbv2 {
namespace {

/// Three subnets of vpc-1 in three zones, "subnet-a2" in the first zone again, and one of vpc-2.
struct FakeInterfaces final : Interfaces {
  explicit FakeInterfaces(Loop& l) : loop(l) {}
  Loop& loop;
  std::map<std::string, Node> nodes;
  std::map<std::string, std::vector<std::string>> groups;
  Duration boot{50};
  int made = 0;

  Node create(const std::string&, const std::string&, const std::string& subnet, const std::vector<std::string>& ids,
              const std::string&, bool is_public) override {
    const std::string eni = "eni-" + std::to_string(++made);
    groups[eni] = ids;
    return nodes[eni] = {eni,
                         "/run/netns/" + eni,
                         "10.0.0." + std::to_string(made),
                         is_public ? "198.51.100." + std::to_string(made) : "",
                         zone(subnet),
                         vpc(subnet)};
  }
  void destroy(const std::string&, const std::string&, const std::string& eni) override { nodes.erase(eni); }
  void set_groups(const std::string&, const std::string&, const std::string& eni,
                  const std::vector<std::string>& ids) override {
    groups[eni] = ids;
  }
  void when_ready(const std::string&, std::function<void(Result<>)> done) override {
    loop.after(boot, [done = std::move(done)] { done({}); });
  }
  std::string vpc_of_subnet(const std::string&, const std::string&, const std::string& subnet) override {
    return vpc(subnet);
  }
  std::string zone_of_subnet(const std::string&, const std::string&, const std::string& subnet) override {
    return zone(subnet);
  }
  void check_groups(const std::string&, const std::string&, const std::vector<std::string>& ids,
                    const std::string&) override {
    for (const auto& id : ids)
      if (!id.starts_with("sg-"))
        throw elb::errors::InvalidSecurityGroupException("Security group '" + id + "' does not exist");
  }
  std::string default_group(const std::string&, const std::string&, const std::string&) override {
    return "sg-default";
  }

  static std::string vpc(const std::string& subnet) { return subnet == "subnet-x" ? "vpc-2" : "vpc-1"; }
  static std::string zone(const std::string& subnet) {
    return std::string("us-east-1") + (subnet == "subnet-x" ? 'd' : subnet[7]);
  }
};

struct FakeCertificates final : Certificates {
  std::string pem(const std::string&, const std::string&, const std::string& arn) override {
    if (!arn.ends_with("/good")) throw elb::errors::CertificateNotFoundException("Certificate '" + arn + "' not found");
    return "PEM";
  }
};

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aws::Error& e) {
    return e.code;
  }
  return "";
}

struct Elb : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{1};
  balancer::FakeBalancer engine{loop};
  FakeInterfaces interfaces{loop};
  FakeCertificates certificates;
  Service service{loop, store, random, engine, interfaces, &certificates};
  aws::Context c;

  Elb() {
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
    service.start();
    loop.advance(Duration(10));
  }
  elb::LoadBalancer create(const std::string& name = "web") {
    const auto made = service.create_load_balancer(
        c, {.name = name, .subnets = {{"subnet-a", "subnet-b"}}, .security_groups = {{"sg-1"}}});
    return made.load_balancers->front();
  }
  std::string group(const std::string& name = "api") {
    const auto made = service.create_target_group(c, {.name = name,
                                                      .protocol = "HTTP",
                                                      .port = 3000,
                                                      .vpc_id = "vpc-1",
                                                      .health_check_path = "/health",
                                                      .target_type = "ip"});
    return *made.target_groups->front().target_group_arn;
  }
  elb::Action forward(const std::string& arn) { return {.type = "forward", .target_group_arn = arn}; }
  std::string listen(const std::string& lb, const std::string& tg, int port = 80) {
    return *service
                .create_listener(
                    c, {.load_balancer_arn = lb, .protocol = "HTTP", .port = port, .default_actions = {{forward(tg)}}})
                .listeners->front()
                .listener_arn;
  }
  std::string state(const std::string& arn) {
    return *service.describe_load_balancers(c, {.load_balancer_arns = {{arn}}}).load_balancers->front().state->code;
  }
  void pass(int ms = 1000) { loop.advance(Duration(ms)); }
};

TEST_F(Elb, a_load_balancer_is_active_once_its_interfaces_and_its_engine_are) {
  const auto lb = create();
  EXPECT_EQ(lb.state->code, "provisioning");
  EXPECT_THAT(
      *lb.load_balancer_arn,
      testing::MatchesRegex("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/[0-9a-f]{16}"));
  EXPECT_THAT(*lb.dns_name, testing::MatchesRegex("web-[0-9]{10}\\.us-east-1\\.elb\\.amazonaws\\.com"));
  pass(20);
  EXPECT_EQ(state(*lb.load_balancer_arn), "provisioning");
  pass();
  EXPECT_EQ(state(*lb.load_balancer_arn), "active");
  const auto* model = engine.model(engine_id(*lb.load_balancer_arn));
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->nodes.size(), 2U);
  EXPECT_EQ(service.names().front().addresses, (std::vector<std::string>{"198.51.100.1", "198.51.100.2"}));
}

TEST_F(Elb, a_failing_engine_keeps_it_provisioning_until_it_mends) {
  bool broken = true;
  engine.fault = [&](std::string_view, const std::string&) {
    return broken ? std::optional<Failure>({"start haproxy", 0}) : std::nullopt;
  };
  const auto arn = *create().load_balancer_arn;
  pass(5000);
  EXPECT_EQ(state(arn), "provisioning");
  broken = false;
  pass(6000);
  EXPECT_EQ(state(arn), "active");
}

TEST_F(Elb, refuses_what_aws_refuses) {
  const auto subnets = [&](std::vector<std::string> ids) {
    return code_of([&] { service.create_load_balancer(c, {.name = "bad", .subnets = ids}); });
  };
  EXPECT_EQ(subnets({"subnet-a"}), "ValidationError");
  EXPECT_EQ(subnets({"subnet-a", "subnet-a2"}), "InvalidConfigurationRequest");
  EXPECT_EQ(subnets({"subnet-a", "subnet-x"}), "InvalidConfigurationRequest");
  EXPECT_EQ(code_of([&] {
              service.create_load_balancer(c, {.name = "-x", .subnets = {{"subnet-a", "subnet-b"}}});
            }),
            "ValidationError");
  EXPECT_EQ(code_of([&] {
              service.create_load_balancer(c, {.name = "n", .subnets = {{"subnet-a", "subnet-b"}}, .type = "network"});
            }),
            "NotImplemented");
  EXPECT_EQ(interfaces.made, 0);
  const auto lb = create();
  EXPECT_EQ(create().load_balancer_arn, lb.load_balancer_arn);
  EXPECT_EQ(code_of([&] {
              service.create_load_balancer(c, {.name = "web", .subnets = {{"subnet-a", "subnet-c"}}});
            }),
            "DuplicateLoadBalancerName");
  const auto tg = group();
  EXPECT_EQ(group(), tg);
  EXPECT_EQ(code_of([&] {
              service.create_target_group(
                  c, {.name = "api", .protocol = "HTTP", .port = 3001, .vpc_id = "vpc-1", .target_type = "ip"});
            }),
            "DuplicateTargetGroupName");
  listen(*lb.load_balancer_arn, tg);
  EXPECT_EQ(code_of([&] { listen(*lb.load_balancer_arn, tg); }), "DuplicateListener");
  EXPECT_EQ(code_of([&] { listen(*lb.load_balancer_arn, tg + "0", 81); }), "TargetGroupNotFound");
  EXPECT_EQ(code_of([&] { service.delete_target_group(c, {.target_group_arn = tg}); }), "ResourceInUse");
  EXPECT_EQ(code_of([&] { listen(*create("other").load_balancer_arn, tg); }), "TargetGroupAssociationLimit");
  EXPECT_EQ(code_of([&] { service.describe_load_balancers(c, {.names = {{"none"}}}); }), "LoadBalancerNotFound");
}

TEST_F(Elb, a_target_goes_from_initial_to_healthy_to_draining_to_gone) {
  const auto lb = create();
  const auto tg = group();
  std::vector<std::string> told;
  service.on_target_health([&](const std::string&, const std::string& ip, int port, const std::string& health) {
    told.push_back(ip + ":" + std::to_string(port) + " " + health);
  });
  service.register_target(tg, "10.0.1.5", 3000, "us-east-1a");
  EXPECT_EQ(service.target_health(tg, "10.0.1.5", 3000), "unused");
  EXPECT_FALSE(service.has_listener(tg));
  listen(*lb.load_balancer_arn, tg);
  EXPECT_TRUE(service.has_listener(tg));
  EXPECT_EQ(service.target_health(tg, "10.0.1.5", 3000), "initial");
  pass();
  EXPECT_EQ(service.target_health(tg, "10.0.1.5", 3000), "healthy");
  engine.drained_after.reset();
  service.deregister_target(tg, "10.0.1.5", 3000);
  EXPECT_EQ(service.target_health(tg, "10.0.1.5", 3000), "draining");
  pass(299'000);
  EXPECT_EQ(service.target_health(tg, "10.0.1.5", 3000), "draining");
  pass(2'000);
  EXPECT_EQ(service.target_health(tg, "10.0.1.5", 3000), "unused");
  EXPECT_TRUE(service.describe_target_health(c, {.target_group_arn = tg}).target_health_descriptions->empty());
  EXPECT_EQ(told,
            (std::vector<std::string>{"10.0.1.5:3000 healthy", "10.0.1.5:3000 draining", "10.0.1.5:3000 unused"}));
}

TEST_F(Elb, draining_ends_early_when_no_connection_is_left) {
  const auto lb = create();
  const auto tg = group();
  listen(*lb.load_balancer_arn, tg);
  service.register_targets(c, {.target_group_arn = tg, .targets = {{{.id = "10.0.1.5"}}}});
  pass();
  service.deregister_targets(c, {.target_group_arn = tg, .targets = {{{.id = "10.0.1.5"}}}});
  pass();
  EXPECT_TRUE(service.describe_target_health(c, {.target_group_arn = tg}).target_health_descriptions->empty());
  EXPECT_TRUE(engine.model(engine_id(*lb.load_balancer_arn))->target_groups.front().targets.empty());
}

TEST_F(Elb, unhealthy_targets_are_described_with_their_reason) {
  const auto lb = create();
  const auto tg = group();
  listen(*lb.load_balancer_arn, tg);
  service.register_target(tg, "10.0.1.5", 3000, "");
  pass();
  engine.set_health(engine_id(tg), "10.0.1.5:3000", balancer::State::unhealthy, "Target.Timeout", "Request timed out");
  const auto health =
      *service.describe_target_health(c, {.target_group_arn = tg}).target_health_descriptions->front().target_health;
  EXPECT_EQ(health.state, "unhealthy");
  EXPECT_EQ(health.reason, "Target.Timeout");
}

TEST_F(Elb, rules_reach_the_engine_and_keep_their_priorities_apart) {
  const auto lb = create();
  const auto web = group("web"), api = group("api");
  const auto listener = listen(*lb.load_balancer_arn, web);
  const auto rule = service
                        .create_rule(c, {.listener_arn = listener,
                                         .conditions = {{{.field = "path-pattern", .values = {{"/api/*"}}}}},
                                         .priority = 10,
                                         .actions = {{forward(api)}}})
                        .rules->front();
  EXPECT_EQ(rule.conditions->front().path_pattern_config->values, rule.conditions->front().values);
  EXPECT_EQ(code_of([&] {
              service.create_rule(c, {.listener_arn = listener,
                                      .conditions = {{{.field = "path-pattern", .values = {{"/x"}}}}},
                                      .priority = 10,
                                      .actions = {{forward(api)}}});
            }),
            "PriorityInUse");
  pass();
  const auto* model = engine.model(engine_id(*lb.load_balancer_arn));
  ASSERT_EQ(model->listeners.front().rules.size(), 1U);
  EXPECT_EQ(model->listeners.front().rules.front().conditions.front().values, std::vector<std::string>{"/api/*"});
  EXPECT_EQ(model->target_groups.size(), 2U);
  const auto all = *service.describe_rules(c, {.listener_arn = listener}).rules;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all.back().priority, "default");
  EXPECT_EQ(code_of([&] { service.delete_rule(c, {.rule_arn = all.back().rule_arn}); }), "OperationNotPermitted");
  service.delete_rule(c, {.rule_arn = rule.rule_arn});
  pass();
  EXPECT_TRUE(engine.model(engine_id(*lb.load_balancer_arn))->listeners.front().rules.empty());
}

TEST_F(Elb, https_needs_a_certificate_that_exists_and_a_known_policy) {
  const auto lb = *create().load_balancer_arn;
  const auto tg = group();
  const auto https = [&](const std::string& certificate, const std::string& policy) {
    return code_of([&] {
      service.create_listener(c, {.load_balancer_arn = lb,
                                  .protocol = "HTTPS",
                                  .port = 443,
                                  .ssl_policy = policy,
                                  .certificates = {{{.certificate_arn = certificate}}},
                                  .default_actions = {{forward(tg)}}});
    });
  };
  const std::string arn = "arn:aws:acm:us-east-1:000000000000:certificate/";
  EXPECT_EQ(https(arn + "bad", "ELBSecurityPolicy-TLS13-1-2-2021-06"), "CertificateNotFound");
  EXPECT_EQ(https(arn + "good", "ELBSecurityPolicy-Nothing"), "SSLPolicyNotFound");
  EXPECT_EQ(https(arn + "good", "ELBSecurityPolicy-TLS13-1-2-2021-06"), "");
  pass();
  EXPECT_EQ(engine.model(engine_id(lb))->listeners.front().certificates.front().pem, "PEM");
}

TEST_F(Elb, attributes_read_back_with_defaults_and_reach_the_engine) {
  const auto lb = *create().load_balancer_arn;
  const auto tg = group();
  listen(lb, tg);
  service.modify_load_balancer_attributes(
      c, {.load_balancer_arn = lb, .attributes = {{{.key = "idle_timeout.timeout_seconds", .value = "120"}}}});
  service.modify_target_group_attributes(
      c, {.target_group_arn = tg, .attributes = {{{.key = "stickiness.enabled", .value = "true"}}}});
  pass();
  const auto* model = engine.model(engine_id(lb));
  EXPECT_EQ(model->attributes.idle_timeout_seconds, 120);
  EXPECT_EQ(model->target_groups.front().stickiness_seconds, 86400);
  EXPECT_EQ(service.describe_load_balancer_attributes(c, {.load_balancer_arn = lb}).attributes->size(),
            load_balancer_attribute_defaults().size());
  const auto modify = [&](const std::string& key, const std::string& value) {
    return code_of([&] {
      service.modify_load_balancer_attributes(
          c, {.load_balancer_arn = lb, .attributes = {{{.key = key, .value = value}}}});
    });
  };
  EXPECT_EQ(modify("idle_timeout.timeout_seconds", "0"), "InvalidConfigurationRequest");
  EXPECT_EQ(modify("no.such.key", "0"), "InvalidConfigurationRequest");
  EXPECT_EQ(modify("access_logs.s3.enabled", "true"), "NotImplemented");
}

TEST_F(Elb, deletion_takes_listeners_rules_processes_and_interfaces_with_it) {
  const auto lb = *create().load_balancer_arn;
  const auto tg = group();
  const auto listener = listen(lb, tg);
  pass();
  service.modify_load_balancer_attributes(
      c, {.load_balancer_arn = lb, .attributes = {{{.key = "deletion_protection.enabled", .value = "true"}}}});
  EXPECT_EQ(code_of([&] { service.delete_load_balancer(c, {.load_balancer_arn = lb}); }), "OperationNotPermitted");
  service.modify_load_balancer_attributes(
      c, {.load_balancer_arn = lb, .attributes = {{{.key = "deletion_protection.enabled", .value = "false"}}}});
  service.delete_load_balancer(c, {.load_balancer_arn = lb});
  EXPECT_EQ(code_of([&] { service.describe_listeners(c, {.listener_arns = {{listener}}}); }), "ListenerNotFound");
  EXPECT_EQ(interfaces.nodes.size(), 2U) << "a process may still use them";
  pass();
  EXPECT_TRUE(engine.list().empty());
  EXPECT_TRUE(interfaces.nodes.empty());
  service.delete_target_group(c, {.target_group_arn = tg});
  EXPECT_FALSE(service.target_group_exists(tg));
}

TEST_F(Elb, subnets_and_groups_change_while_it_runs) {
  const auto lb = *create().load_balancer_arn;
  pass();
  service.set_security_groups(c, {.load_balancer_arn = lb, .security_groups = {{"sg-2"}}});
  EXPECT_EQ(interfaces.groups["eni-1"], std::vector<std::string>{"sg-2"});
  service.set_subnets(c, {.load_balancer_arn = lb, .subnets = {{"subnet-b", "subnet-c"}}});
  EXPECT_TRUE(interfaces.nodes.contains("eni-1")) << "its process runs until the engine has the new nodes";
  pass();
  EXPECT_FALSE(interfaces.nodes.contains("eni-1"));
  std::vector<std::string> enis;
  for (const auto& node : engine.model(engine_id(lb))->nodes) enis.push_back(node.eni_id);
  EXPECT_EQ(enis, (std::vector<std::string>{"eni-2", "eni-3"}));
}

TEST_F(Elb, a_restarted_service_applies_what_is_recorded_and_ends_what_is_not) {
  const auto lb = *create().load_balancer_arn;
  const auto tg = group();
  listen(lb, tg);
  pass();
  balancer::FakeBalancer survivor(loop);
  balancer::LoadBalancer orphan{.id = "orphan"};
  survivor.apply(orphan, [](const Result<>&) {});
  Service again(loop, store, random, survivor, interfaces, &certificates);
  again.start();
  pass();
  EXPECT_EQ(survivor.list(), std::vector<std::string>{engine_id(lb)});
}

TEST_F(Elb, a_reset_account_leaves_no_process_behind) {
  create();
  pass();
  ASSERT_EQ(engine.list().size(), 1U);
  store.clear("");
  pass(6000);
  EXPECT_TRUE(engine.list().empty());
}

TEST_F(Elb, a_change_that_fails_changes_nothing) {
  const auto lb = *create().load_balancer_arn;
  const auto tg = group();
  const auto listener = listen(lb, tg);
  EXPECT_EQ(code_of([&] {
              store.call([&] {
                service.modify_listener(
                    c, {.listener_arn = listener, .port = 81, .default_actions = {{forward(tg + "0")}}});
              });
            }),
            "TargetGroupNotFound");
  EXPECT_EQ(service.describe_listeners(c, {.listener_arns = {{listener}}}).listeners->front().port, 80);
}

TEST_F(Elb, tags_read_back_on_every_kind_of_resource) {
  const auto lb = *create().load_balancer_arn;
  const auto tg = group();
  const auto listener = listen(lb, tg);
  service.add_tags(c, {.resource_arns = {{lb, tg, listener}},
                       .tags = {{{.key = "env", .value = "dev"}, {.key = "x", .value = "y"}}}});
  service.remove_tags(c, {.resource_arns = {{lb}}, .tag_keys = {{"x"}}});
  const auto described = *service.describe_tags(c, {.resource_arns = {{lb, tg, listener}}}).tag_descriptions;
  EXPECT_EQ(described[0].tags->size(), 1U);
  EXPECT_EQ(described[2].tags->size(), 2U);
  EXPECT_EQ(code_of([&] { service.describe_tags(c, {.resource_arns = {{tg + "f"}}}); }), "TargetGroupNotFound");
}

}  // namespace
}  // namespace stratus::services::elbv2
