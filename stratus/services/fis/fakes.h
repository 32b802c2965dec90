// Tasks, packets and what else this room acts on, for its tests.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "stratus/core/loop.h"
#include "stratus/services/fis/ports.h"

namespace stratus::services::fis {

inline constexpr const char* kAccount = "000000000000";
inline constexpr const char* kRegion = "us-east-1";

inline std::string arn_of(const std::string& id) { return "arn:aws:ecs:us-east-1:000000000000:task/shop/" + id; }

struct FakeTasks final : Tasks {
  explicit FakeTasks(Loop& l) : loop(l) {}
  Loop& loop;
  std::vector<TaskTarget> tasks;
  std::vector<std::string> stopped, killed;
  std::map<std::string, Timestamp> frozen;
  bool fails = false;

  TaskTarget& add(const std::string& id, const std::string& zone = "us-east-1a") {
    tasks.push_back({.account = kAccount,
                     .region = kRegion,
                     .arn = arn_of(id),
                     .cluster = "shop",
                     .service = "web",
                     .zone = zone,
                     .subnet_id = "subnet-" + zone,
                     .vpc_id = "vpc-1",
                     .interface_id = "eni-" + id});
    return tasks.back();
  }
  std::vector<TaskTarget> running(const std::string& account, const std::string& region) override {
    std::vector<TaskTarget> out;
    for (const auto& task : tasks)
      if (task.account == account && task.region == region) out.push_back(task);
    return out;
  }
  std::string describe(const TaskTarget& task) override {
    return R"({"taskArn":")" + task.arn + R"(","availabilityZone":")" + task.zone +
           R"(","containers":[{"name":"main"},{"name":"side"}],"desired":1})";
  }
  Result<> stop(const std::string& arn, const std::string&) override {
    if (fails) return failure("task " + arn + " does not run", ENOENT);
    stopped.push_back(arn);
    return {};
  }
  void kill(const std::string& arn, std::function<void(Result<>)> done) override {
    killed.push_back(arn);
    loop.post([done] { done({}); });
  }
  void freeze(const std::string& arn, Timestamp until, std::function<void(Result<>)> done) override {
    frozen[arn] = until;
    loop.post([done] { done({}); });
  }
  void thaw(const std::string& arn, std::function<void(Result<>)> done) override {
    frozen.erase(arn);
    loop.post([done] { done({}); });
  }
};

struct FakeNetwork final : Network {
  explicit FakeNetwork(Loop& l) : loop(l) {}
  Loop& loop;
  std::vector<InterfaceTarget> all = {{"eni-1", "vpc-1", "subnet-us-east-1a", "us-east-1a"},
                                      {"eni-2", "vpc-1", "subnet-us-east-1b", "us-east-1b"},
                                      {"eni-nat", "vpc-1", "subnet-us-east-1a", "us-east-1a"},
                                      {"eni-other", "vpc-2", "subnet-other", "us-east-1a"}};
  std::vector<std::string> told;

  std::vector<InterfaceTarget> interfaces(const std::string&, const std::string&) override { return all; }
  std::vector<NatGatewayTarget> nat_gateways(const std::string&, const std::string&) override {
    return {{"nat-1", "eni-nat", "vpc-1", "subnet-us-east-1a", "us-east-1a"}};
  }
  std::vector<SubnetTarget> subnets(const std::string&, const std::string&) override {
    std::vector<SubnetTarget> out;
    for (const char* zone : {"us-east-1a", "us-east-1b"})
      out.push_back({.arn = "arn:aws:ec2:us-east-1:000000000000:subnet/subnet-" + std::string(zone),
                     .id = "subnet-" + std::string(zone),
                     .vpc_id = "vpc-1",
                     .zone = zone,
                     .zone_id = zone == std::string("us-east-1a") ? "use1-az1" : "use1-az2",
                     .cidr = zone == std::string("us-east-1a") ? "10.0.1.0/24" : "10.0.2.0/24",
                     .tags = {{"zone", zone}},
                     .json = "{}"});
    return out;
  }
  bool subnet_exists(const std::string&, const std::string&, const std::string& id) override {
    return id.starts_with("subnet-us-east-1");
  }
  bool vpc_exists(const std::string&, const std::string&, const std::string& id) override { return id == "vpc-1"; }
  std::vector<std::string> cidrs(const std::string&, const std::string&, const std::string&) override {
    return {"10.0.0.0/16"};
  }
  std::vector<std::string> zones(const std::string&, const std::string&) override {
    return {"us-east-1a", "us-east-1b"};
  }
  void changed(const std::string&, const std::string&, const std::string& vpc, std::function<void()> done) override {
    told.push_back(vpc);
    loop.post(std::move(done));
  }
};

}  // namespace stratus::services::fis
