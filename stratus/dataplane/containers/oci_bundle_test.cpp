#include "stratus/dataplane/containers/oci_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <csignal>

#include <boost/json.hpp>

namespace stratus::containers {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

ContainerSpec spec_of_test() {
  ContainerSpec out;
  out.id = "app";
  out.task = "0123456789abcdef";
  out.uid_base = 200'000;
  out.image.command = {"/app"};
  out.layer_directories = {"/layer"};
  return out;
}

BundleFacts facts_of_test() {
  BundleFacts out;
  out.root = "/run/x/root";
  out.cgroup_path = "/stratus/0123456789abcdef/app";
  out.netns = "/run/x/netns";
  out.user = {1000, 1000, {1000}, "/"};
  return out;
}

json::object config_of(const ContainerSpec& spec, const BundleFacts& facts = facts_of_test()) {
  const auto config = oci_config(spec, facts);
  EXPECT_TRUE(config.ok()) << config.error().message();
  return json::parse(*config).as_object();
}

std::string pointer(const json::object& config, const char* path) {
  return json::serialize(json::value(config).at_pointer(path));
}

TEST(OciConfig, SaysWhatTheSpecSays) {
  auto spec = spec_of_test();
  spec.limits = {128, 64U << 20U, 32U << 20U, 99};
  spec.read_only_root = true;
  spec.hostname = "ip-10-0-10-5";
  auto facts = facts_of_test();
  facts.limits_swap = true;
  const auto config = config_of(spec, facts);
  EXPECT_EQ(pointer(config, "/root"), R"({"path":"/run/x/root","readonly":true})");
  EXPECT_EQ(pointer(config, "/process/user"), R"({"uid":1000,"gid":1000,"additionalGids":[1000]})");
  EXPECT_EQ(pointer(config, "/process/noNewPrivileges"), "true");
  EXPECT_EQ(pointer(config, "/process/cwd"), R"("/")");
  EXPECT_EQ(pointer(config, "/linux/cgroupsPath"), R"("/stratus/0123456789abcdef/app")");
  EXPECT_EQ(pointer(config, "/linux/uidMappings"), R"([{"containerID":0,"hostID":200000,"size":65536}])");
  EXPECT_EQ(pointer(config, "/linux/resources/memory"), R"({"limit":67108864,"swap":67108864,"reservation":33554432})");
  EXPECT_EQ(pointer(config, "/linux/resources/cpu"), R"({"shares":128})");
  EXPECT_EQ(pointer(config, "/linux/resources/pids"), R"({"limit":99})");
  EXPECT_THAT(pointer(config, "/linux/namespaces"), HasSubstr(R"({"type":"network","path":"/run/x/netns"})"));
  EXPECT_EQ(pointer(config, "/linux/seccomp/defaultAction"), R"("SCMP_ACT_ERRNO")");
}

TEST(OciConfig, OnlyRootHoldsCapabilitiesAndOnlyFargatesOwn) {
  auto spec = spec_of_test();
  auto facts = facts_of_test();
  EXPECT_EQ(pointer(config_of(spec, facts), "/process/capabilities/effective"), "[]");
  EXPECT_EQ(pointer(config_of(spec, facts), "/process/capabilities/permitted"), "[]");
  facts.user = User();
  const auto root = pointer(config_of(spec, facts), "/process/capabilities/effective");
  EXPECT_THAT(root, HasSubstr("CAP_NET_BIND_SERVICE"));
  EXPECT_THAT(root, testing::Not(HasSubstr("CAP_SYS_ADMIN")));
  EXPECT_THAT(root, testing::Not(HasSubstr("CAP_SYS_PTRACE")));
  spec.add_capabilities = {"SYS_PTRACE"};
  spec.drop_capabilities = {"ALL"};
  EXPECT_EQ(pointer(config_of(spec, facts), "/process/capabilities/effective"), R"(["CAP_SYS_PTRACE"])");
  spec.add_capabilities = {"FLY"};
  EXPECT_EQ(oci_config(spec, facts).error().error, EINVAL);
}

TEST(OciConfig, AnOverrideOfTheEntrypointForgetsTheImagesCommand) {
  auto spec = spec_of_test();
  spec.image.entrypoint = {"/entry"};
  spec.image.command = {"image"};
  EXPECT_THAT(arguments_of(spec), ElementsAre("/entry", "image"));
  spec.command = {"mine"};
  EXPECT_THAT(arguments_of(spec), ElementsAre("/entry", "mine"));
  spec.command.reset();
  spec.entrypoint = {"/other"};
  EXPECT_THAT(arguments_of(spec), ElementsAre("/other"));
  spec.command = {"mine"};
  EXPECT_THAT(arguments_of(spec), ElementsAre("/other", "mine"));
  auto facts = facts_of_test();
  facts.init = "/dev/init";
  EXPECT_EQ(pointer(config_of(spec, facts), "/process/args"), R"(["/dev/init","--","/other","mine"])");
}

TEST(OciConfig, TheSpecsEnvironmentGoesOverTheImagesAndDefaultsFillIn) {
  auto spec = spec_of_test();
  spec.image.environment = {{"PATH", "/image"}, {"A", "image"}};
  spec.environment = {{"A", "spec"}, {"B", "x=y"}};
  spec.hostname = "host";
  EXPECT_THAT(environment_of(spec, {1, 1, {}, "/home/app"}),
              ElementsAre(Pair("PATH", "/image"), Pair("A", "spec"), Pair("B", "x=y"), Pair("HOME", "/home/app"),
                          Pair("HOSTNAME", "host")));
}

TEST(OciConfig, WhatMakesNoSenseIsRefusedByName) {
  const auto refused = [](const std::function<void(ContainerSpec&)>& change) {
    auto spec = spec_of_test();
    change(spec);
    const auto config = oci_config(spec, facts_of_test());
    return config ? std::string("accepted") : config.error().what;
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_THAT(refused([](auto& s) { s.id = "../x"; }), HasSubstr("../x"));
  EXPECT_THAT(refused([](auto& s) { s.id = ""; }), HasSubstr("container id"));
  EXPECT_THAT(refused([](auto& s) { s.task = "a/b"; }), HasSubstr("a/b"));
  EXPECT_THAT(refused([](auto& s) { s.uid_base = 0; }), HasSubstr("user range"));
  EXPECT_THAT(refused([](auto& s) { s.uid_base = UINT32_MAX - 10; }), HasSubstr("user range"));
  EXPECT_THAT(refused([](auto& s) { s.image.command.clear(); }), HasSubstr("no command"));
  EXPECT_THAT(refused([](auto& s) { s.environment = {{"A=B", "x"}}; }), HasSubstr("A=B"));
  EXPECT_THAT(refused([](auto& s) { s.tmpfs = {{"/a/../../b", 0, {}}}; }), HasSubstr("/a/../../b"));
  EXPECT_THAT(refused([](auto& s) { s.volumes = {{"v", "relative", false}}; }), HasSubstr("relative"));
  EXPECT_THAT(refused([](auto& s) { s.volumes = {{"../v", "/x", false}}; }), HasSubstr("../v"));
  EXPECT_THAT(refused([](auto& s) { s.ulimits = {{"luck", 1, 1}}; }), HasSubstr("luck"));
  EXPECT_THAT(refused([](auto& s) { s.ulimits = {{"nofile", 2, 1}}; }), HasSubstr("nofile"));
  EXPECT_THAT(refused([](auto& s) { s.working_directory = "../up"; }), HasSubstr("../up"));
  const auto secret = refused([](auto& s) { s.environment = {{"", "s3cr3t"}}; });
  EXPECT_THAT(secret, testing::Not(HasSubstr("s3cr3t"))) << "values are never told";
}

TEST(SeccompProfile, AllowsClosedListsAndRefusesWhatReachesOut) {
  const auto profile = json::parse(json::string_view(seccomp_profile().data(), seccomp_profile().size())).as_object();
  EXPECT_EQ(profile.at("defaultAction").as_string(), "SCMP_ACT_ERRNO");
  std::map<std::string, std::string> actions;
  for (const auto& rule : profile.at("syscalls").as_array())
    for (const auto& name : rule.at("names").as_array()) {
      const std::string action(rule.at("action").as_string());
      const auto [at, fresh] = actions.emplace(std::string(name.as_string()), action);
      EXPECT_TRUE(fresh || (rule.as_object().contains("args") && at->second == action)) << name << " is named twice";
    }
  for (const char* name : {"read", "execve", "futex", "clone", "openat", "epoll_wait"})
    EXPECT_EQ(actions.at(name), "SCMP_ACT_ALLOW") << name;
  for (const char* name :
       {"mount", "bpf", "setns", "unshare", "kexec_load", "init_module", "open_by_handle_at", "io_uring_setup"})
    EXPECT_EQ(actions.at(name), "SCMP_ACT_ERRNO") << name;
}

TEST(Signals, AreUnderstoodByNameAndNumber) {
  for (const auto& [name, number] : {std::pair{"SIGTERM", SIGTERM},
                                     {"TERM", SIGTERM},
                                     {"SIGQUIT", SIGQUIT},
                                     {"9", 9},
                                     {"SIGRTMIN+3", SIGRTMIN + 3},
                                     {"SIGRTMAX", SIGRTMAX},
                                     {"SIGNOPE", 0},
                                     {"", 0},
                                     {"0", 0},
                                     {"-1", 0},
                                     {"1000", 0},
                                     {"SIGRTMIN-1", 0}})
    EXPECT_EQ(signal_number(name), number) << name;
}

TEST(Users, AreLookedUpInTheImage) {
  const std::string passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/srv:/bin/sh\nbroken\n";
  const std::string group = "root:x:0:\napp:x:1001:\nextra:x:50:other,app\n";
  const auto by_name = resolve_user("app", passwd, group);
  ASSERT_TRUE(by_name.ok());
  EXPECT_EQ(by_name->uid, 1000U);
  EXPECT_EQ(by_name->gid, 1001U);
  EXPECT_EQ(by_name->home, "/srv");
  EXPECT_THAT(by_name->groups, ElementsAre(1001U, 50U));
  EXPECT_EQ(resolve_user("", passwd, group)->home, "/root");
  EXPECT_EQ(resolve_user("1000", passwd, group)->gid, 1001U);
  EXPECT_EQ(resolve_user("4242", passwd, group)->uid, 4242U);
  EXPECT_EQ(resolve_user("4242", passwd, group)->gid, 0U);
  EXPECT_EQ(resolve_user("app:extra", passwd, group)->gid, 50U);
  EXPECT_EQ(resolve_user("7:8", "", "")->gid, 8U);
  EXPECT_EQ(resolve_user("ghost", passwd, group).error().error, ENOENT);
  EXPECT_EQ(resolve_user("app:ghosts", passwd, group).error().error, ENOENT);
}

}  // namespace
}  // namespace stratus::containers
