// What the kernel tests stand on: two namespaces with a wire between them (the node's, and one for clients and
// targets), targets that misbehave on request, clients that count, and an owner with its loop.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "stratus/core/asio_loop.h"
#include "stratus/core/fd.h"
#include "stratus/core/process.h"
#include "stratus/dataplane/balancer/balancer.h"

namespace stratus::balancer {

bool eventually(const std::function<bool()>& condition, Duration limit = Duration(15'000));

/// Namespaces "bt<pid>-node" at 10.77.0.1 and .3 and "bt<pid>-out" at 10.77.0.2, .11, .12, .13; a temporary directory.
/// All gone after.
class Wire {
 public:
  Wire();
  ~Wire();
  std::string node_path() const { return "/run/netns/" + name_ + "-node"; }
  std::string out_path() const { return "/run/netns/" + name_ + "-out"; }
  const std::string& directory() const { return directory_; }

 private:
  std::string name_, directory_;
};

/// An HTTP server at an address of the "out" namespace. "/health" answers `health` (0: never). "/close", "/garbage",
/// "/hang" do what they say; "/sse" sends one event, waits for `release`, sends another; "/ws" upgrades and echoes;
/// "/echo" gives the request's head back; "/503" answers 503 by itself. Anything else: 200 and the target's name.
class TargetServer {
 public:
  TargetServer(const std::string& netns, std::string address, std::uint16_t port, std::string name);
  ~TargetServer();
  std::atomic<int> health{200};
  std::atomic<int> requests{0};  ///< but health checks
  std::atomic<int> checks{0};
  std::atomic<bool> release{false};
  std::atomic<int> delay_ms{0};

 private:
  void accept_all();
  void serve(int fd);
  std::string name_;
  UniqueFd listener_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<int> open_;
  std::atomic<int> serving_{0};  ///< connections, each with a thread
  std::thread acceptor_;
};

struct Reply {
  int status = 0;
  std::string head, body, error;
};

/// curl inside the "out" namespace.
Reply curl(const Wire& wire, const std::string& url, std::vector<std::string> options = {});

/// Clients that ask without pause: half over one connection after another, half over connections that they keep.
class Load {
 public:
  Load(const Wire& wire, std::string path, int clients = 6);
  ~Load() { stop(); }
  void stop();
  std::atomic<int> good{0}, bad{0};
  std::string first_failure();

 private:
  void client(bool keep);
  void fail(std::string why);
  std::string netns_, path_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::string failure_;
  std::vector<std::thread> threads_;
};

/// The daemon's part: a loop on its own thread and the balancer on it. Destroyed, it leaves the processes running, as a
/// killed daemon does.
class Owner {
 public:
  explicit Owner(const Settings& settings);
  ~Owner();
  std::vector<Existing> start();
  Result<> apply(const LoadBalancer& model);
  Result<> remove(const std::string& id);
  Result<> purge();
  std::vector<TargetHealth> health(const std::string& id, const std::string& group);
  Counters stats(const std::string& id);
  std::vector<HealthChange> changes();

 private:
  template <class T>
  T on_loop(const std::function<T()>& work);
  template <class T>
  Result<T> call(const std::function<void(Done<T>)>& operation);
  AsioLoop loop_{4};
  std::unique_ptr<Balancer> balancer_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<HealthChange> changes_;
};

/// A connected socket made inside `netns`.
UniqueFd connect_in(const std::string& netns, const std::string& address, std::uint16_t port);

/// A wire, an owner, and a load balancer "lb1" on 10.77.0.1 with listener "http" on port 80 that forwards to group
/// "web".
class BalancerKernelTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  Settings settings() const;
  LoadBalancer model() const;
  Target target(int last, std::uint16_t port = 8080) const;
  State state(const std::string& group, const std::string& target_id);
  bool becomes(const std::string& group, const std::string& target_id, State wanted, Duration limit = Duration(15'000));
  pid_t serving_pid() const;

  std::unique_ptr<Wire> wire;
  std::unique_ptr<Owner> owner;
};

}  // namespace stratus::balancer
