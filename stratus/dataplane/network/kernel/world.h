// Two VPCs of the same CIDR, made by the real Network in a host of their own: the test process enters a network
// namespace before anything else, so that nothing of it touches the machine.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "stratus/core/asio_loop.h"
#include "stratus/dataplane/network/network.h"

namespace stratus::network {

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// VPC "vpc-<name>", 10.0.0.0/16: a public subnet with `alb` and `nat`, a private one with `task` and `other`.
  static Vpc vpc(const std::string& name, int octet);
  static Settings settings();

  /// Both VPCs, their servers, and a host `far` on the Internet.
  void build();
  /// Another Network on the same kernel state, as after a restart.
  void restart(Settings changed = settings());
  Result<> wait(const std::function<void(Done)>& start) const;
  Result<> apply(const Vpc& model) const;
  Result<> remove(const std::string& vpc_id) const;
  Result<> purge() const;

  /// "eni-…", "vpc-…", "internet", "far" or "host" as a namespace's path; "" is the host.
  std::string path(const std::string& who) const;
  /// A server that tells each client the address that it sees.
  void serve(const std::string& who, int port);
  void start(const std::string& who, std::vector<std::string> argv);
  /// The address under which the far side saw us, within five seconds; "" where it never answered.
  std::string seen(const std::string& from, const std::string& address, int port) const;
  /// One attempt of one second found nobody.
  bool refused(const std::string& from, const std::string& address, int port) const;
  bool pings(const std::string& from, const std::string& address, int size = 56) const;
  /// Standard output of a program in a namespace; a test failure where it fails.
  std::string out(const std::string& who, std::vector<std::string> argv) const;
  /// `out` of a line split at blanks.
  std::string sh(const std::string& who, const std::string& line) const;
  static bool until(const std::function<bool()>& condition, int milliseconds = 5000);

  std::unique_ptr<AsioLoop> loop;
  std::unique_ptr<Network> network;
  Vpc a, b;

 private:
  std::string attempt(const std::string& from, const std::string& address, int port) const;
  std::thread thread_;
  std::vector<pid_t> children_;
};

/// Counts what changes in a namespace's links, addresses, routes and rules from now on.
class Watch {
 public:
  explicit Watch(const std::string& path);
  int changes() const;

 private:
  UniqueFd fd_;
};

}  // namespace stratus::network
