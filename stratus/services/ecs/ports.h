// What ECS needs of the services below it; the daemon adapts them, tests fake them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/clock.h"
#include "stratus/core/result.h"
#include "stratus/dataplane/images/image_store.h"

namespace stratus::services::ecs {

struct TaskInterface {
  std::string id, netns, private_ip, public_ip, mac, subnet_id, zone;
  std::string resolver;  ///< addresses of name servers, with a blank between them
  std::string subnet_cidr;
  std::string search;  ///< the domain that names without a dot are looked up in
};

/// Errors as aws::Error.
class Network {
 public:
  virtual ~Network() = default;
  virtual void check(const std::string& account, const std::string& region, const std::vector<std::string>& subnets,
                     const std::vector<std::string>& groups) = 0;
  virtual TaskInterface create(const std::string& account, const std::string& region, const std::string& subnet,
                               const std::vector<std::string>& groups, bool public_address,
                               const std::string& description) = 0;
  virtual void destroy(const std::string& account, const std::string& region, const std::string& id) = 0;
  virtual void when_ready(const std::string& id, std::function<void(Result<>)> done) = 0;
};

class Registry {
 public:
  virtual ~Registry() = default;
  virtual void pull(const std::string& reference, std::function<void(Result<images::UnpackedImage>)> done) = 0;
  /// "" where the image is not of this registry.
  virtual std::string repository_arn(const std::string& reference) = 0;
  /// Whether the role and the repository's policy allow `action` ("ecr:BatchGetImage").
  virtual bool permits(const std::string& role_arn, const std::string& action, const std::string& repository_arn) = 0;
};

class Secrets {
 public:
  virtual ~Secrets() = default;
  virtual std::string value(const std::string& account, const std::string& region, const std::string& reference) = 0;
};

struct LogEvent {
  Timestamp time;
  std::string message;
};

class Logs {
 public:
  virtual ~Logs() = default;
  virtual bool group_exists(const std::string& account, const std::string& region, const std::string& group) = 0;
  virtual void create_group(const std::string& account, const std::string& region, const std::string& group) = 0;
  virtual void create_stream(const std::string& account, const std::string& region, const std::string& group,
                             const std::string& stream) = 0;
  virtual void append(const std::string& account, const std::string& region, const std::string& group,
                      const std::string& stream, const std::vector<LogEvent>& events) = 0;
};

class LoadBalancers {
 public:
  virtual ~LoadBalancers() = default;
  /// InvalidParameterException where the group does not exist or no listener uses it.
  virtual void check(const std::string& target_group_arn) = 0;
  virtual void add(const std::string& target_group_arn, const std::string& ip, int port, const std::string& zone) = 0;
  virtual void remove(const std::string& target_group_arn, const std::string& ip, int port) = 0;
  /// "initial", "healthy", "unhealthy", "draining", "unused"
  virtual std::string health(const std::string& target_group_arn, const std::string& ip, int port) = 0;
};

struct RoleCredentials {
  std::string access_key_id, secret, token;
  Timestamp expires;
};

class Permissions {
 public:
  virtual ~Permissions() = default;
  virtual bool trusts(const std::string& role_arn, const std::string& service) = 0;
  virtual bool allows(const std::string& role_arn, const std::string& action, const std::string& resource) = 0;
  /// A session of the role; nothing where the role is gone. Writes: inside a call of the store.
  virtual std::optional<RoleCredentials> assume(const std::string& role_arn, const std::string& session,
                                                Duration lifetime) = 0;
};

/// EventBridge.
class Events {
 public:
  virtual ~Events() = default;
  virtual void publish(const std::string& account, const std::string& region, const std::string& source,
                       const std::string& detail_type, const std::vector<std::string>& resources,
                       const std::string& detail_json) = 0;
};

/// The address 169.254.170.2 inside a task's network namespace; what comes there is asked of `Ecs::answer`.
class Endpoints {
 public:
  virtual ~Endpoints() = default;
  virtual void open(const std::string& task_id, const std::string& netns, std::function<void(Result<>)> done) = 0;
  /// At once: a socket that is left keeps the namespace.
  virtual void close(const std::string& task_id) = 0;
};

/// Objects of S3 that hold environment variables.
class Files {
 public:
  virtual ~Files() = default;
  /// What a session of the role may read at the object's ARN; errors as aws::Error. Writes: inside a call of the store.
  virtual std::string read(const std::string& role_arn, const std::string& session, const std::string& region,
                           const std::string& object_arn) = 0;
};

/// CloudWatch's alarms, which fail a deployment.
class Alarms {
 public:
  virtual ~Alarms() = default;
  struct Look {
    bool alarmed = false;
    Duration window{0};  ///< that the alarm looks at
  };
  /// Nothing where there is no such alarm.
  virtual std::optional<Look> look(const std::string& account, const std::string& region, const std::string& name) = 0;
};

struct Ports {
  Network& network;
  Registry& registry;
  Secrets& secrets;
  Logs& logs;
  LoadBalancers& balancers;
  Permissions& permissions;
  Events& events;
  Endpoints& endpoints;
  Alarms& alarms;
  Files& files;
};

}  // namespace stratus::services::ecs
