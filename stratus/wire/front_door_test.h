// A front door on a free loopback port with small services behind it, and raw sockets to knock with.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "stratus/core/asio_loop.h"
#include "stratus/core/fd.h"
#include "stratus/models/ecs.h"
#include "stratus/wire/front_door.h"

namespace stratus::wire::testing {

struct Row {
  std::string name;
  STRATUS_SHAPE(Row, name)
};

/// ECS with two operations that do something: CreateCluster writes a row, ListClusters lists them.
class Clusters final : public aws::ecs::Operations {
 public:
  explicit Clusters(state::Store& store) : rows(store, "test_clusters") {}
  aws::ecs::CreateClusterResponse create_cluster(aws::Context& context,
                                                 const aws::ecs::CreateClusterRequest& request) override;
  aws::ecs::ListClustersResponse list_clusters(aws::Context& context,
                                               const aws::ecs::ListClustersRequest& request) override;
  state::Table<Row> rows;
};

/// As much of S3 as moves payloads: PutObject keeps one object's file, GetObject sends a part of it.
class Objects final : public aws::Service {
 public:
  explicit Objects(std::string directory) : directory_(std::move(directory)) {}
  static const aws::ServiceModel& model();
  void put(aws::Context& context, const std::string& body);
  void get(aws::Context& context) const;
  std::map<std::string, std::string> headers;  ///< of the last PutObject
  bool from_file = false;                      ///< whether its payload came as a file

 private:
  const std::string directory_;
};

class Keys final : public Credentials {
 public:
  std::optional<Credential> find(const std::string& access_key_id) const override;
};

/// Refuses what is named "Forbidden", as an authorizer says it.
class Guard final : public Authorizer {
 public:
  void authorize(const aws::Context& context, const std::string& action,
                 const std::vector<std::string>& resources) const override;
};

class Trail final : public Audit {
 public:
  void record(const CallRecord& call) override;
  std::vector<std::string> lines;  ///< "service:Operation read request response error"
};

/// The loop runs on a thread of its own from `start` to `finish`.
class Running {
 public:
  explicit Running(ServerSettings limits = {});
  ~Running();
  void finish();
  /// Runs `work` on the loop and waits for it.
  void on_loop(const std::function<void()>& work);
  std::string spool() const { return directory + "/spool"; }

  std::string directory;
  AsioLoop loop;
  std::unique_ptr<state::Store> store;
  SystemRandom random;
  std::unique_ptr<Clusters> clusters;
  std::unique_ptr<Objects> objects;
  Keys keys;
  Guard guard;
  Trail trail;
  std::unique_ptr<FrontDoor> door;
  std::uint16_t port = 0;
  std::thread thread;
};

/// A blocking client; it gives up after a few seconds.
class Client {
 public:
  explicit Client(std::uint16_t port);
  void send(std::string_view bytes) const;
  /// One reply with its body: "HTTP/1.1 200 OK\r\n…"; what came so far where the connection ended.
  std::string receive(bool head = false);
  /// True once the server has closed.
  bool closed();

 private:
  bool more();
  UniqueFd fd_;
  std::string buffer_;
};

std::string status_of(const std::string& reply);
std::string body_of(const std::string& reply);

struct Signing {
  std::string key = "AKIDTEST", secret = "secret", region = "eu-west-1", service = "ecs", token;
  std::string payload_hash;  ///< instead of the body's digest
};

/// A signed request as it travels.
std::string signed_request(const std::string& method, const std::string& target,
                           std::map<std::string, std::string> headers, const std::string& body,
                           const Signing& signing = {});
/// A signed ECS call.
std::string ecs(const std::string& operation, const std::string& body, const Signing& signing = {});

}  // namespace stratus::wire::testing
