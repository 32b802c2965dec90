// Faults on this machine: what they act on, and the pages by which `stratus fault` asks for them.
#pragma once

#include "stratus/services/ec2/service.h"
#include "stratus/services/ecs/service.h"
#include "stratus/services/fis/faults.h"
#include "stratus/wire/audit.h"
#include "stratus/wire/front_door.h"

namespace stratus::daemon {

class FaultTasks final : public services::fis::Tasks {
 public:
  FaultTasks(services::ecs::Ecs& ecs, const services::ec2::Service& ec2) : ecs_(ecs), ec2_(ec2) {}
  std::vector<services::fis::TaskTarget> running(const std::string& account, const std::string& region) override;
  Result<> stop(const std::string& arn, const std::string& reason) override {
    return ecs_.stop_running_task(arn, reason);
  }
  void kill(const std::string& arn, std::function<void(Result<>)> done) override {
    ecs_.kill_task(arn, std::move(done));
  }
  void freeze(const std::string& arn, Timestamp until, std::function<void(Result<>)> done) override {
    ecs_.freeze_task(arn, until, std::move(done));
  }
  void thaw(const std::string& arn, std::function<void(Result<>)> done) override {
    ecs_.thaw_task(arn, std::move(done));
  }

 private:
  services::ecs::Ecs& ecs_;
  const services::ec2::Service& ec2_;
};

class FaultNetwork final : public services::fis::Network {
 public:
  explicit FaultNetwork(services::ec2::Service& ec2) : ec2_(ec2) {}
  std::vector<services::fis::InterfaceTarget> interfaces(const std::string& account,
                                                         const std::string& region) override;
  std::vector<services::fis::NatGatewayTarget> nat_gateways(const std::string& account,
                                                            const std::string& region) override;
  bool subnet_exists(const std::string& account, const std::string& region, const std::string& id) override;
  bool vpc_exists(const std::string& account, const std::string& region, const std::string& id) override;
  std::vector<std::string> zones(const std::string& account, const std::string& region) override;
  void changed(const std::string& account, const std::string& region, const std::string& vpc_id,
               std::function<void()> done) override {
    ec2_.faults_changed(account, region, vpc_id, std::move(done));
  }

 private:
  services::ec2::Service& ec2_;
};

/// `/_stratus/fault`: GET lists, POST begins (`?kind=…`, the words of `stratus fault start`), DELETE `?id=` ends one or
/// all. What changes something is audited as the account's root.
class FaultPages {
 public:
  FaultPages(Loop& loop, Random& random, services::fis::Faults& faults, wire::Audit& audit)
      : loop_(loop), random_(random), faults_(faults), audit_(audit) {}
  void add_to(wire::FrontDoor& door);

 private:
  using Reply = std::function<void(wire::HttpReply)>;
  using Fields = std::vector<std::pair<std::string, std::string>>;
  void list(const Reply& reply) const;
  void begin(const Fields& fields, const Reply& reply);
  void end(const Fields& fields, const Reply& reply);
  void record(const std::string& operation, const std::string& account, const std::string& region, const Fields& fields,
              const std::string& response, const aws::Error* error);

  Loop& loop_;
  Random& random_;
  services::fis::Faults& faults_;
  wire::Audit& audit_;
};

}  // namespace stratus::daemon
