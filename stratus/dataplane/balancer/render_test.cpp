#include "stratus/dataplane/balancer/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "stratus/core/process.h"
#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/dataplane/balancer/conditions.h"
#include "stratus/dataplane/balancer/responses.h"
#include "stratus/dataplane/balancer/servers.h"
#include "stratus/dataplane/balancer/text_safety.h"

namespace stratus::balancer {
namespace {

using testing::HasSubstr;
using testing::Not;
using Field = Condition::Field;

const Node node{"eni-1", "", "127.0.0.1", "us-east-1a"};

Action forward_to(std::vector<WeightedGroup> groups) {
  Action out;
  out.type = Action::Type::forward;
  out.groups = std::move(groups);
  return out;
}

LoadBalancer everything() {
  LoadBalancer out;
  out.id = "lb1";
  TargetGroup web, api, tls;
  web.id = "web";
  web.targets = {{"a", "10.0.0.5", 3000, "", false}, {"b", "10.0.0.6", 3000, "", true}};
  web.stickiness_seconds = 60;
  web.slow_start_seconds = 30;
  api.id = "api";
  api.app_cookie = "SESSION";
  api.stickiness_seconds = 60;
  api.health_check.port = 8081;
  api.health_check.path = "/ok?a=100%&b='x'";
  api.health_check.protocol = Protocol::https;
  api.algorithm = TargetGroup::Algorithm::least_outstanding_requests;
  tls.id = "tls";
  tls.protocol = Protocol::https;
  tls.health_check.matcher = "200-299,302";
  tls.targets = {{"c", "10.0.0.7", 443, "", false}};
  tls.algorithm = TargetGroup::Algorithm::weighted_random;
  out.target_groups = {web, api, tls};

  Listener http;
  http.id = "http";
  http.port = 8099;
  http.default_action = forward_to({{"web", 1}});
  auto split = forward_to({{"api", 3}, {"web", 1}, {"tls", 0}});
  split.group_stickiness_seconds = 30;
  http.rules.push_back({"split", 20, {{Field::path_pattern, "", {"/api/*", "/v?/$x\"y'z #"}, {}}}, split});
  Action redirect;
  redirect.type = Action::Type::redirect;
  redirect.status = 302;
  redirect.redirect_path = "/a b/#{path}/100%";
  http.rules.push_back(
      {"redir",
       10,
       {{Field::host_header, "", {"*.example.com"}, {}}, {Field::source_ip, "", {"10.0.0.0/8", "fd00::/8"}, {}}},
       redirect});
  Action fixed;
  fixed.status = 404;
  fixed.content_type = "application/json";
  fixed.body = "{\"a\": \"100%\"}\nnext";
  http.rules.push_back({"fixed",
                        30,
                        {{Field::http_header, "X-Kind", {"a b*"}, {}},
                         {Field::query_string, "", {}, {{"k", "v*"}, {"", "w"}}},
                         {Field::http_request_method, "", {"POST", "PUT"}, {}}},
                        fixed});
  out.listeners = {http};
  out.attributes.drop_invalid_header_fields = true;
  out.attributes.xff_client_port = true;
  return out;
}

RenderSettings settings(const std::string& directory = "/run/x") {
  RenderSettings out;
  out.directory = directory;
  out.socket = directory + "/1.sock";
  out.state_file = directory + "/1.state";
  out.user = "haproxy";
  out.group = "haproxy";
  return out;
}

TEST(Render, WritesWhatHaproxyAccepts) {
  char made[] = "/tmp/balancer-render-XXXXXX";
  ASSERT_NE(mkdtemp(made), nullptr);
  const std::string directory = made;
  auto model = everything();
  for (const auto forwarded :
       {Attributes::ForwardedFor::append, Attributes::ForwardedFor::preserve, Attributes::ForwardedFor::remove}) {
    model.attributes.forwarded_for = forwarded;
    const auto rendered = render(model, node, settings(directory));
    ASSERT_TRUE(rendered.ok()) << rendered.error().message();
    for (const auto& [file, content] : rendered->files)
      ASSERT_TRUE(write_file(directory + "/" + file, content, 0600).ok());
    ASSERT_TRUE(write_file(directory + "/1.state", server_state(model.target_groups, "")).ok());
    ASSERT_TRUE(write_file(directory + "/1.cfg", rendered->config).ok());
    Command command;
    command.argv = {"haproxy", "-c", "-f", directory + "/1.cfg"};
    const auto checked = run(command);
    ASSERT_TRUE(checked.ok());
    EXPECT_EQ(checked->status, 0) << checked->errors << rendered->config;
  }
  std::filesystem::remove_all(directory);
}

TEST(Render, PutsRulesInTheOrderOfTheirPriority) {
  const auto rendered = render(everything(), node, settings());
  const auto at = [&](const std::string& id) { return rendered->config.find("set-var(txn.rule) str(" + id + ")"); };
  EXPECT_LT(at("redir"), at("split"));
  EXPECT_LT(at("split"), at("fixed"));
  EXPECT_LT(at("fixed"), at("default"));
  EXPECT_NE(at("default"), std::string::npos);
}

TEST(Render, TellsAChangeOfTargetsFromAChangeOfStructure) {
  const auto structure = [](const LoadBalancer& model, const RenderSettings& s = settings()) {
    return render(model, node, s)->structure;
  };
  const auto before = structure(everything());
  auto other_generation = settings();
  other_generation.socket = "/run/x/2.sock";
  other_generation.state_file = "/run/x/2.state";
  EXPECT_EQ(structure(everything(), other_generation), before);

  auto targets = everything();
  targets.target_groups[0].targets.clear();
  targets.target_groups[2].targets[0].draining = true;
  EXPECT_EQ(structure(targets), before);

  const std::vector<std::function<void(LoadBalancer&)>> changes = {
      [](auto& m) { m.listeners[0].rules[0].priority = 99; },
      [](auto& m) { m.listeners[0].rules[2].action.body += "!"; },
      [](auto& m) { m.target_groups[0].health_check.interval_seconds = 7; },
      [](auto& m) { m.target_groups[1].health_check.healthy_threshold = 7; },  // of a group without targets
      [](auto& m) { m.target_groups[0].health_check.path = "/other"; },
      [](auto& m) { m.attributes.idle_timeout_seconds = 61; },
      [](auto& m) { m.listeners[0].port = 81; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto changed = everything();
    changes[i](changed);
    EXPECT_NE(structure(changed), before) << i;
  }
}

TEST(Render, KeepsCertificatesOutOfTheConfigurationAndNoticesANewOne) {
  auto model = everything();
  model.listeners[0].protocol = Protocol::https;
  model.listeners[0].tls_policy = "ELBSecurityPolicy-TLS13-1-2-2021-06";
  model.listeners[0].certificates = {{"second", {"b.example.com"}, false}, {"SECRET KEY", {"a.example.com"}, true}};
  const auto first = render(model, node, settings());
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_THAT(first->config, Not(HasSubstr("SECRET")));
  EXPECT_THAT(first->config, HasSubstr("ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3"));
  EXPECT_THAT(first->config, HasSubstr("alpn h2,http/1.1"));
  for (const auto& [name, content] : first->files)
    if (name.starts_with("certificates-")) {
      EXPECT_LT(content.find("certificate-"), content.find("b.example.com"));
    }
  model.listeners[0].certificates[1].pem = "RENEWED";
  EXPECT_NE(render(model, node, settings())->structure, first->structure);
}

TEST(Validate, NamesWhatCannotBeCarried) {
  EXPECT_TRUE(validate(everything()).ok());
  const std::vector<std::pair<std::function<void(LoadBalancer&)>, std::string>> cases = {
      {[](auto& m) { m.id = "../x"; }, "'../x'"},
      {[](auto& m) {
         m.target_groups.push_back({});
         m.target_groups.back().id = "a b";
       },
       "'a b'"},
      {[](auto& m) { m.target_groups[0].health_check.matcher = "2xx"; }, "'2xx'"},
      {[](auto& m) { m.target_groups[0].health_check.path = "/a\nserver x"; }, "health check path"},
      {[](auto& m) { m.target_groups[0].targets[0].address = "10.0.0.5 weight 1"; }, "IPv4"},
      {[](auto& m) { m.listeners[0].rules[0].conditions[0].values = {"/a\n"}; }, "condition"},
      {[](auto& m) { m.listeners[0].rules[2].conditions[0].header_name = "X) -m"; }, "http-header"},
      {[](auto& m) { m.listeners[0].rules[1].conditions[1].values = {"10.0.0.0/33"}; }, "10.0.0.0/33"},
      {[](auto& m) {
         m.listeners[0].default_action = forward_to({{"nowhere", 1}});
       },
       "'nowhere'"},
      {[](auto& m) { m.listeners[0].rules[1].action.status = 307; }, "307"},
      {[](auto& m) { m.listeners.push_back(m.listeners[0]); }, "8099"},
      {[](auto& m) {
         m.listeners[0].protocol = Protocol::https;
         m.listeners[0].tls_policy = "ELBSecurityPolicy-X";
       },
       "ELBSecurityPolicy-X"},
  };
  for (const auto& [change, expected] : cases) {
    auto model = everything();
    change(model);
    const auto valid = validate(model);
    ASSERT_FALSE(valid.ok()) << expected;
    EXPECT_THAT(valid.error().message(), HasSubstr(expected));
  }
}

TEST(Conditions, BecomeAcls) {
  EXPECT_EQ(*acl({}), "");
  EXPECT_EQ(*acl({{Field::path_pattern, "", {"/api/*", "/?"}, {}}}), "{ path -m reg -- '^(?:\\/api\\/.*|\\/.)$' }");
  EXPECT_EQ(*acl({{Field::host_header, "", {"*.a.b"}, {}}}),
            "{ req.hdr(host),host_only -m reg -i -- '^(?:.*\\.a\\.b)$' }");
  EXPECT_EQ(*acl({{Field::source_ip, "", {"10.0.0.0/8"}, {}}, {Field::http_request_method, "", {"GET"}, {}}}),
            "{ src -- 10.0.0.0/8 } { method -m str -- 'GET' }");
  EXPECT_EQ(*acl({{Field::query_string, "", {}, {{"k", "v*"}, {"", "w"}}}}),
            "{ query -m reg -i -- '(?:^|&)(?:k=v[^&]*|(?:[^&=]*=)?w)(?:&|$)' }");
  EXPECT_FALSE(acl({{Field::path_pattern, "", {}, {}}}).ok());
}

TEST(TextSafety, QuotesWhatIsSpecial) {
  EXPECT_EQ(quoted("a'b\"$c #"), "'a'\\''b\"$c #'");
  EXPECT_EQ(literal_format("100%"), "100%%");
  EXPECT_EQ(wildcard_regex("a.b*c?(d)"), "a\\.b.*c.\\(d\\)");
}

TEST(Responses, AreElbsPages) {
  EXPECT_EQ(page(503),
            "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
            "<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n");
}

}  // namespace
}  // namespace stratus::balancer
