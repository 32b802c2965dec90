// Requests through the real HAProxy: where they go, what is added to them, what the load balancer says itself.
#include <sys/socket.h>

#include "stratus/core/text.h"
#include "stratus/dataplane/balancer/kernel/machine.h"

namespace stratus::balancer {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr auto base = "http://10.77.0.1";

Action forward_to(std::vector<WeightedGroup> groups) {
  Action out;
  out.type = Action::Type::forward;
  out.groups = std::move(groups);
  return out;
}

Rule rule(std::string id, int priority, std::vector<Condition> conditions, Action action) {
  return {std::move(id), priority, std::move(conditions), std::move(action)};
}

Condition when(Condition::Field field, std::vector<std::string> values) { return {field, "", std::move(values), {}}; }

class Requests : public BalancerKernelTest {
 protected:
  void SetUp() override {
    BalancerKernelTest::SetUp();
    web = std::make_unique<TargetServer>(wire->out_path(), "10.77.0.11", 8080, "web");
    api = std::make_unique<TargetServer>(wire->out_path(), "10.77.0.12", 8080, "api");
    desired = model();
    desired.target_groups.push_back(desired.target_groups[0]);
    desired.target_groups[1].id = "api";
    desired.target_groups[0].targets = {target(11)};
    desired.target_groups[1].targets = {target(12)};
  }
  void TearDown() override {
    BalancerKernelTest::TearDown();
    web.reset();
    api.reset();
  }
  void apply() {
    const auto applied = owner->apply(desired);
    ASSERT_TRUE(applied.ok()) << applied.error().message();
    for (const auto& group : desired.target_groups)
      for (const auto& t : group.targets) ASSERT_TRUE(becomes(group.id, t.id, State::healthy));
  }
  LoadBalancer desired;
  std::unique_ptr<TargetServer> web, api;
};

TEST_F(Requests, GoWhereTheFirstMatchingRuleSends) {
  using Field = Condition::Field;
  auto& rules = desired.listeners[0].rules;
  rules.push_back(rule("hdr", 40, {{Field::http_header, "X-Kind", {"mob*"}, {}}}, forward_to({{"api", 1}})));
  rules.push_back(rule("late", 90, {when(Field::path_pattern, {"/api/*"})}, forward_to({{"web", 1}})));
  rules.push_back(rule("path", 10, {when(Field::path_pattern, {"/api/*", "/v?/x.y"})}, forward_to({{"api", 1}})));
  rules.push_back(rule("host", 20, {when(Field::host_header, {"*.Example.com"})}, forward_to({{"api", 1}})));
  rules.push_back(
      rule("query", 30, {{Field::query_string, "", {}, {{"version", "2*"}, {"", "beta"}}}}, forward_to({{"api", 1}})));
  rules.push_back(rule("verb", 50, {when(Field::http_request_method, {"DELETE"})}, forward_to({{"api", 1}})));
  rules.push_back(rule("src", 60, {when(Field::source_ip, {"192.0.2.0/24"})}, forward_to({{"api", 1}})));
  apply();
  const std::string at = base;
  const struct {
    std::string url;
    std::vector<std::string> options;
    std::string expected;
  } cases[] = {
      {at + "/", {}, "web"},
      {at + "/api/users", {}, "api"},
      {at + "/API/users", {}, "web"},  // paths are case-sensitive
      {at + "/apix", {}, "web"},
      {at + "/v1/x.y", {}, "api"},
      {at + "/v1/xzy", {}, "web"},  // a dot is a dot
      {at + "/", {"-H", "Host: A.EXAMPLE.com:80"}, "api"},
      {at + "/", {"-H", "Host: example.com"}, "web"},
      {at + "/?a=b&version=2.1", {}, "api"},
      {at + "/?VERSION=2", {}, "api"},
      {at + "/?version=3", {}, "web"},
      {at + "/?x=beta", {}, "api"},
      {at + "/", {"-H", "x-kind: Mobile"}, "api"},
      {at + "/", {"-H", "x-kind: desk"}, "web"},
      {at + "/", {"-X", "DELETE"}, "api"},
      {at + "/api/", {"--http1.0"}, "api"},
  };
  for (const auto& c : cases) {
    const auto reply = curl(*wire, c.url, c.options);
    EXPECT_EQ(reply.body, c.expected) << c.url << " " << text::join(c.options, " ") << "\n"
                                      << reply.head << reply.error;
  }
}

TEST_F(Requests, CarryTheHeadersThatElbAdds) {
  apply();
  const auto plain = curl(*wire, std::string(base) + "/echo");
  EXPECT_THAT(text::lower(plain.body), HasSubstr("x-forwarded-for: 10.77.0.2\r\n"));
  EXPECT_THAT(text::lower(plain.body), HasSubstr("x-forwarded-proto: http\r\n"));
  EXPECT_THAT(text::lower(plain.body), HasSubstr("x-forwarded-port: 80\r\n"));
  EXPECT_THAT(text::lower(plain.body), ContainsRegex("x-amzn-trace-id: root=1-[0-9a-f]{8}-[0-9a-f]{24}\r\n"));
  EXPECT_THAT(text::lower(plain.head), HasSubstr("server: target\r\n"));
  EXPECT_THAT(plain.head, Not(HasSubstr("awselb")));
  const auto through = curl(*wire, std::string(base) + "/echo",
                            {"-H", "X-Forwarded-For: 203.0.113.9", "-H", "X-Forwarded-Proto: gopher", "-H",
                             "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678"});
  EXPECT_THAT(text::lower(through.body), HasSubstr("x-forwarded-for: 203.0.113.9, 10.77.0.2\r\n"));
  EXPECT_THAT(text::lower(through.body), HasSubstr("x-forwarded-proto: http\r\n"));
  EXPECT_THAT(through.body,
              ContainsRegex("Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678\r\n"));
}

TEST_F(Requests, AreAnsweredByTheLoadBalancerItselfAsElbWordsIt) {
  using Field = Condition::Field;
  desired.attributes.idle_timeout_seconds = 2;
  Action redirect;
  redirect.type = Action::Type::redirect;
  redirect.status = 301;
  redirect.redirect_protocol = "HTTPS";
  redirect.redirect_port = "443";
  Action elsewhere = redirect;
  elsewhere.status = 302;
  elsewhere.redirect_protocol = "#{protocol}";
  elsewhere.redirect_host = "new.#{host}";
  elsewhere.redirect_path = "/x/#{path}";
  elsewhere.redirect_query = "100%&#{query}";
  Action fixed;
  fixed.status = 404;
  fixed.content_type = "application/json";
  fixed.body = "{\"error\": \"100% 'gone'\"}\n";
  auto empty = desired.target_groups[0];
  empty.id = "empty";
  empty.targets.clear();
  auto refused = desired.target_groups[0];
  refused.id = "refused";
  refused.health_check.enabled = false;
  refused.targets = {target(13, 9)};
  desired.target_groups.push_back(empty);
  desired.target_groups.push_back(refused);
  auto& rules = desired.listeners[0].rules;
  rules.push_back(rule("redir", 1, {when(Field::path_pattern, {"/old*"})}, redirect));
  rules.push_back(rule("redir2", 2, {when(Field::path_pattern, {"/move*"})}, elsewhere));
  rules.push_back(rule("fixed", 3, {when(Field::path_pattern, {"/gone"})}, fixed));
  rules.push_back(rule("empty", 4, {when(Field::path_pattern, {"/empty"})}, forward_to({{"empty", 1}})));
  rules.push_back(rule("refused", 5, {when(Field::path_pattern, {"/refused"})}, forward_to({{"refused", 1}})));
  apply();
  const std::string at = base;

  auto reply = curl(*wire, at + "/old/path?a=1&b=2", {"-H", "Host: shop.example.com"});
  EXPECT_EQ(reply.status, 301);
  EXPECT_THAT(text::lower(reply.head), HasSubstr("location: https://shop.example.com:443/old/path?a=1&b=2\r\n"));
  EXPECT_THAT(text::lower(reply.head), HasSubstr("server: awselb/2.0\r\n"));
  EXPECT_EQ(reply.body,
            "<html>\r\n<head><title>301 Moved Permanently</title></head>\r\n<body>\r\n<center><h1>301 Moved "
            "Permanently</h1></center>\r\n</body>\r\n</html>\r\n");
  EXPECT_THAT(text::lower(curl(*wire, at + "/old", {"-H", "Host: shop.example.com"}).head),
              HasSubstr("location: https://shop.example.com:443/old\r\n"));
  reply = curl(*wire, at + "/move/me?q=%41", {"-H", "Host: a.b"});
  EXPECT_EQ(reply.status, 302);
  EXPECT_THAT(reply.head, HasSubstr("http://new.a.b:443/x/move/me?100%&q=%41\r\n"));

  reply = curl(*wire, at + "/gone");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, fixed.body);
  EXPECT_THAT(text::lower(reply.head), HasSubstr("content-type: application/json\r\n"));
  EXPECT_THAT(text::lower(reply.head), HasSubstr("server: awselb/2.0\r\n"));

  reply = curl(*wire, at + "/empty");
  EXPECT_THAT(reply.head, HasSubstr("HTTP/1.1 503 Service Temporarily Unavailable\r\n"));
  EXPECT_THAT(reply.body, HasSubstr("<center><h1>503 Service Temporarily Unavailable</h1></center>"));

  for (const auto* path : {"/close", "/garbage", "/refused"}) {
    reply = curl(*wire, at + path);
    EXPECT_THAT(reply.head, HasSubstr("HTTP/1.1 502 Bad Gateway\r\n")) << path;
    EXPECT_THAT(reply.body, HasSubstr("<head><title>502 Bad Gateway</title></head>\r\n")) << path;
    EXPECT_THAT(text::lower(reply.head), HasSubstr("server: awselb/2.0\r\n")) << path;
    EXPECT_THAT(text::lower(reply.head), HasSubstr("\r\ndate: ")) << path;
  }
  reply = curl(*wire, at + "/hang");
  EXPECT_THAT(reply.head, HasSubstr("HTTP/1.1 504 Gateway Time-out\r\n"));
  EXPECT_THAT(reply.body, HasSubstr("<center><h1>504 Gateway Time-out</h1></center>"));
  // A target's own 503 is the target's.
  reply = curl(*wire, at + "/503");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "mine");
}

TEST_F(Requests, ToATargetThatDoesNotAcceptTimeOutAfterTenSeconds) {
  desired.target_groups[0].health_check.enabled = false;
  desired.target_groups[0].targets = {target(99)};
  apply();
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = curl(*wire, std::string(base) + "/");
  EXPECT_THAT(reply.head, HasSubstr("HTTP/1.1 504 Gateway Time-out\r\n"));
  EXPECT_THAT(reply.body, HasSubstr("<center><h1>504 Gateway Time-out</h1></center>"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(9));
}

TEST_F(Requests, ReachEveryNodeAndAllNodesMustFindATargetHealthy) {
  desired.nodes.push_back({"eni-2", wire->node_path(), "10.77.0.3", "us-east-1b"});
  apply();
  EXPECT_EQ(curl(*wire, std::string(base) + "/").body, "web");
  EXPECT_EQ(curl(*wire, "http://10.77.0.3/").body, "web");
  EXPECT_GE(web->checks, 2);
  desired.nodes.erase(desired.nodes.begin());
  const auto applied = owner->apply(desired);
  ASSERT_TRUE(applied.ok());
  EXPECT_TRUE(eventually([&] { return curl(*wire, std::string(base) + "/").status == 0; }));
  EXPECT_EQ(curl(*wire, "http://10.77.0.3/").body, "web");
}

TEST_F(Requests, AreSharedByWeightAndStickToTheirTargetAndGroup) {
  desired.listeners[0].default_action = forward_to({{"web", 3}, {"api", 1}});
  desired.listeners[0].default_action.group_stickiness_seconds = 60;
  desired.target_groups[0].stickiness_seconds = 60;
  auto second = std::make_unique<TargetServer>(wire->out_path(), "10.77.0.13", 8080, "web2");
  desired.target_groups[0].targets.push_back(target(13));
  apply();
  std::map<std::string, int> answers;
  for (int i = 0; i < 200; ++i) ++answers[curl(*wire, std::string(base) + "/").body];
  EXPECT_NEAR(answers["web"] + answers["web2"], 150, 30);
  EXPECT_NEAR(answers["api"], 50, 30);
  EXPECT_GT(answers["web"], 30);
  EXPECT_GT(answers["web2"], 30);

  const auto jar = wire->directory() + "/jar";
  std::map<std::string, int> stuck;
  for (int i = 0; i < 30; ++i) ++stuck[curl(*wire, std::string(base) + "/", {"-b", jar, "-c", jar}).body];
  EXPECT_EQ(stuck.size(), 1U);
}

TEST_F(Requests, StreamEventsAndUpgradeToWebSocket) {
  apply();
  const auto stream = connect_in(wire->out_path(), "10.77.0.1", 80);
  ASSERT_TRUE(stream);
  const std::string ask = "GET /sse HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(::send(stream.get(), ask.data(), ask.size(), 0), static_cast<ssize_t>(ask.size()));
  std::string seen;
  const auto read_until = [&](int fd, std::string_view wanted) {
    return eventually([&] {
      char buffer[4096];
      const auto got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got > 0) seen.append(buffer, static_cast<std::size_t>(got));
      return seen.find(wanted) != std::string::npos;
    });
  };
  EXPECT_TRUE(read_until(stream.get(), "data: 1")) << seen;  // while the target holds the rest back
  EXPECT_EQ(seen.find("data: 2"), std::string::npos);
  web->release = true;
  EXPECT_TRUE(read_until(stream.get(), "data: 2")) << seen;

  const auto socket = connect_in(wire->out_path(), "10.77.0.1", 80);
  const std::string upgrade =
      "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  ASSERT_EQ(::send(socket.get(), upgrade.data(), upgrade.size(), 0), static_cast<ssize_t>(upgrade.size()));
  seen.clear();
  EXPECT_TRUE(read_until(socket.get(), "101")) << seen;
  ASSERT_EQ(::send(socket.get(), "ping-pong", 9, 0), 9);
  EXPECT_TRUE(read_until(socket.get(), "ping-pong")) << seen;
}

TEST_F(Requests, ReachTheRightCertificateOverTls) {
  const auto make = [&](const std::string& name) {
    Command command;
    command.directory = wire->directory();
    command.argv = {"openssl", "req",         "-x509", "-newkey",     "rsa:2048", "-nodes",
                    "-days",   "2",           "-subj", "/CN=" + name, "-addext",  "subjectAltName=DNS:" + name,
                    "-keyout", name + ".key", "-out",  name + ".crt"};
    const auto done = run_checked(command);
    EXPECT_TRUE(done.ok());
    return *read_file(wire->directory() + "/" + name + ".crt") + *read_file(wire->directory() + "/" + name + ".key");
  };
  Listener https = desired.listeners[0];
  https.id = "https";
  https.port = 443;
  https.protocol = Protocol::https;
  https.tls_policy = "ELBSecurityPolicy-TLS13-1-2-2021-06";
  https.certificates = {{make("other.example.org"), {"other.example.org", "*.wild.org"}, false},
                        {make("default.example.org"), {}, true}};
  desired.listeners.push_back(https);
  apply();
  const auto ask = [&](const std::string& name, std::vector<std::string> options) {
    options.insert(options.end(), {"--resolve", name + ":443:10.77.0.1"});
    return curl(*wire, "https://" + name + "/echo", options);
  };
  const auto ca = [&](const std::string& name) { return wire->directory() + "/" + name + ".crt"; };
  const auto h2 = ask("default.example.org", {"--cacert", ca("default.example.org")});
  EXPECT_THAT(h2.head, HasSubstr("HTTP/2 200")) << h2.error;
  EXPECT_THAT(text::lower(h2.body), HasSubstr("x-forwarded-proto: https\r\n"));
  EXPECT_THAT(text::lower(h2.body), HasSubstr("x-forwarded-port: 443\r\n"));
  EXPECT_EQ(ask("other.example.org", {"--cacert", ca("other.example.org"), "--http1.1"}).status, 200);
  EXPECT_THAT(ask("other.example.org", {"--cacert", ca("default.example.org")}).error, HasSubstr("certificate"));
  EXPECT_EQ(ask("unknown.example.org", {"-k"}).status, 200);
  EXPECT_EQ(ask("default.example.org", {"-k", "--tls-max", "1.1"}).status, 0);
  EXPECT_EQ(ask("default.example.org", {"-k", "--tls-max", "1.2"}).status, 200);

  desired.listeners[1].tls_policy = "ELBSecurityPolicy-Unheard-Of";
  const auto refused = owner->apply(desired);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("ELBSecurityPolicy-Unheard-Of"));
}

TEST_F(Requests, AreCounted) {
  Action fixed;
  fixed.status = 404;
  desired.listeners[0].rules.push_back(rule("fixed", 1, {when(Condition::Field::path_pattern, {"/gone"})}, fixed));
  apply();
  for (int i = 0; i < 5; ++i) curl(*wire, std::string(base) + "/");
  for (int i = 0; i < 2; ++i) curl(*wire, std::string(base) + "/gone");
  curl(*wire, std::string(base) + "/503");
  curl(*wire, std::string(base) + "/close");
  ASSERT_TRUE(eventually([&] { return owner->stats("lb1").new_connections >= 9; }));
  const auto counters = owner->stats("lb1");
  EXPECT_EQ(counters.requests, 7U);
  EXPECT_EQ(counters.groups.at("web").target_2xx, 5U);
  EXPECT_EQ(counters.groups.at("web").target_5xx, 1U);
  EXPECT_EQ(counters.groups.at("web").healthy, 1);
  EXPECT_EQ(counters.elb_5xx, 1U);
  EXPECT_EQ(counters.elb_4xx, 0U);
  EXPECT_EQ(counters.fixed_responses, 2U);
  EXPECT_GT(counters.sent_bytes, 100U);
}

}  // namespace
}  // namespace stratus::balancer
