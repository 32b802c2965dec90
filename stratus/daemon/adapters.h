// The ports of services, fulfilled by the services below them.
#pragma once

#include "stratus/services/ec2/service.h"
#include "stratus/services/ecr/service.h"
#include "stratus/services/ecs/ports.h"
#include "stratus/services/elbv2/service.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/s3/service.h"
#include "stratus/services/secretsmanager/service.h"

namespace stratus::daemon {

class BalancerInterfaces final : public services::elbv2::Interfaces {
 public:
  explicit BalancerInterfaces(services::ec2::Service& ec2) : ec2_(ec2) {}
  Node create(const std::string& account, const std::string& region, const std::string& subnet_id,
              const std::vector<std::string>& group_ids, const std::string& description, bool is_public) override;
  void destroy(const std::string& account, const std::string& region, const std::string& eni_id) override {
    ec2_.delete_interface(account, region, eni_id);
  }
  void set_groups(const std::string& account, const std::string& region, const std::string& eni_id,
                  const std::vector<std::string>& group_ids) override {
    ec2_.set_interface_groups(account, region, eni_id, group_ids);
  }
  void when_ready(const std::string& eni_id, std::function<void(Result<>)> done) override {
    ec2_.when_ready(eni_id, std::move(done));
  }
  std::string vpc_of_subnet(const std::string& account, const std::string& region,
                            const std::string& subnet_id) override;
  std::string zone_of_subnet(const std::string& account, const std::string& region,
                             const std::string& subnet_id) override;
  void check_groups(const std::string& account, const std::string& region, const std::vector<std::string>& group_ids,
                    const std::string& vpc_id) override;
  std::string default_group(const std::string& account, const std::string& region, const std::string& vpc_id) override {
    return ec2_.vpc(account, region, vpc_id).default_group;
  }

 private:
  services::ec2::Service& ec2_;
};

class TaskNetwork final : public services::ecs::Network {
 public:
  TaskNetwork(services::ec2::Service& ec2, services::iam::Service& iam) : ec2_(ec2), iam_(iam) {}
  void check(const std::string& account, const std::string& region, const std::vector<std::string>& subnets,
             const std::vector<std::string>& groups) override;
  services::ecs::TaskInterface create(const std::string& account, const std::string& region, const std::string& subnet,
                                      const std::vector<std::string>& groups, bool public_address,
                                      const std::string& description) override;
  void destroy(const std::string& account, const std::string& region, const std::string& id) override {
    ec2_.delete_interface(account, region, id);
  }
  void when_ready(const std::string& id, std::function<void(Result<>)> done) override {
    ec2_.when_ready(id, std::move(done));
  }

 private:
  services::ec2::Service& ec2_;
  services::iam::Service& iam_;
};

class TaskRegistry final : public services::ecs::Registry {
 public:
  TaskRegistry(services::ecr::Service& ecr, services::iam::Service& iam) : ecr_(ecr), iam_(iam) {}
  void pull(const std::string& reference, std::function<void(Result<images::UnpackedImage>)> done) override {
    ecr_.pull(reference, std::move(done));
  }
  std::string repository_arn(const std::string& reference) override {
    return services::ecr::Service::repository_arn(reference);
  }
  bool permits(const std::string& role_arn, const std::string& action, const std::string& arn) override;

 private:
  services::ecr::Service& ecr_;
  services::iam::Service& iam_;
};

class TaskSecrets final : public services::ecs::Secrets {
 public:
  explicit TaskSecrets(services::secretsmanager::Service& secrets) : secrets_(secrets) {}
  std::string value(const std::string& account, const std::string& region, const std::string& reference) override {
    return secrets_.value_of(account, region, reference);
  }

 private:
  services::secretsmanager::Service& secrets_;
};

class TaskLogs final : public services::ecs::Logs {
 public:
  explicit TaskLogs(services::logs::Service& logs) : logs_(logs) {}
  bool group_exists(const std::string& account, const std::string& region, const std::string& group) override {
    return logs_.group_exists(account, region, group);
  }
  void create_group(const std::string& account, const std::string& region, const std::string& group) override {
    logs_.create_group_if_missing(account, region, group);
  }
  void create_stream(const std::string& account, const std::string& region, const std::string& group,
                     const std::string& stream) override {
    logs_.create_stream_if_missing(account, region, group, stream);
  }
  void append(const std::string& account, const std::string& region, const std::string& group,
              const std::string& stream, const std::vector<services::ecs::LogEvent>& events) override;

 private:
  services::logs::Service& logs_;
};

class TaskBalancers final : public services::ecs::LoadBalancers {
 public:
  explicit TaskBalancers(services::elbv2::Service& elbv2) : elbv2_(elbv2) {}
  void check(const std::string& target_group_arn) override;
  void add(const std::string& target_group_arn, const std::string& ip, int port, const std::string& zone) override {
    elbv2_.register_target(target_group_arn, ip, port, zone);
  }
  void remove(const std::string& target_group_arn, const std::string& ip, int port) override;
  std::string health(const std::string& target_group_arn, const std::string& ip, int port) override;

 private:
  services::elbv2::Service& elbv2_;
};

class TaskPermissions final : public services::ecs::Permissions {
 public:
  explicit TaskPermissions(services::iam::Service& iam) : iam_(iam) {}
  bool trusts(const std::string& role_arn, const std::string& service) override {
    return iam_.role_trusts(role_arn, service);
  }
  bool allows(const std::string& role_arn, const std::string& action, const std::string& resource) override {
    return iam_.role_allows(role_arn, action, resource);
  }
  std::optional<services::ecs::RoleCredentials> assume(const std::string& role_arn, const std::string& session,
                                                       Duration lifetime) override;

 private:
  services::iam::Service& iam_;
};

class TaskFiles final : public services::ecs::Files {
 public:
  TaskFiles(Loop& loop, services::iam::Service& iam, services::s3::Service& s3) : loop_(loop), iam_(iam), s3_(s3) {}
  std::string read(const std::string& role_arn, const std::string& session, const std::string& region,
                   const std::string& object_arn) override;

 private:
  Loop& loop_;
  services::iam::Service& iam_;
  services::s3::Service& s3_;
};

}  // namespace stratus::daemon
