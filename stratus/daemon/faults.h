// Faults and experiments on this machine: what they act on and ask, and the pages by which `stratus fault` asks for
// them.
#pragma once

#include "stratus/services/cloudwatch/service.h"
#include "stratus/services/ec2/service.h"
#include "stratus/services/ecs/service.h"
#include "stratus/services/events/service.h"
#include "stratus/services/fis/faults.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/logs/service.h"
#include "stratus/wire/audit.h"
#include "stratus/wire/front_door.h"

namespace stratus::daemon {

class FaultTasks final : public services::fis::Tasks {
 public:
  FaultTasks(services::ecs::Ecs& ecs, const services::ec2::Service& ec2) : ecs_(ecs), ec2_(ec2) {}
  std::vector<services::fis::TaskTarget> running(const std::string& account, const std::string& region) override;
  std::string describe(const services::fis::TaskTarget& task) override;
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
  std::vector<services::fis::SubnetTarget> subnets(const std::string& account, const std::string& region) override;
  bool subnet_exists(const std::string& account, const std::string& region, const std::string& id) override;
  bool vpc_exists(const std::string& account, const std::string& region, const std::string& id) override;
  std::vector<std::string> cidrs(const std::string& account, const std::string& region,
                                 const std::string& vpc_id) override;
  std::vector<std::string> zones(const std::string& account, const std::string& region) override;
  void changed(const std::string& account, const std::string& region, const std::string& vpc_id,
               std::function<void()> done) override {
    ec2_.faults_changed(account, region, vpc_id, std::move(done));
  }

 private:
  services::ec2::Service& ec2_;
};

class ExperimentAlarms final : public services::fis::Alarms {
 public:
  explicit ExperimentAlarms(services::cloudwatch::Service& cloudwatch) : cloudwatch_(cloudwatch) {}
  std::optional<std::string> state(const std::string& arn) override;

 private:
  services::cloudwatch::Service& cloudwatch_;
};

class ExperimentRoles final : public services::fis::Roles {
 public:
  explicit ExperimentRoles(services::iam::Service& iam) : iam_(iam) {}
  void check_pass(const aws::Context& context, const std::string& role_arn) override {
    iam_.authorize_pass_role(context, role_arn, kPrincipal);
  }
  bool trusts(const std::string& role_arn) override { return iam_.role_trusts(role_arn, kPrincipal); }
  bool allows(const std::string& role_arn, const std::string& action, const std::string& resource) override {
    return iam_.role_allows(role_arn, action, resource);
  }

 private:
  static constexpr const char* kPrincipal = "fis.amazonaws.com";
  services::iam::Service& iam_;
};

class ExperimentJournal final : public services::fis::Journal {
 public:
  explicit ExperimentJournal(services::logs::Service& logs) : logs_(logs) {}
  bool group_exists(const std::string& account, const std::string& region, const std::string& group) override {
    return logs_.group_exists(account, region, group);
  }
  void append(const std::string& account, const std::string& region, const std::string& group,
              const std::string& stream, Timestamp time, const std::string& message) override;

 private:
  services::logs::Service& logs_;
};

class ExperimentEvents final : public services::fis::Events {
 public:
  explicit ExperimentEvents(services::events::Service& events) : events_(events) {}
  void publish(const std::string& account, const std::string& region, const std::string& experiment_arn,
               const std::string& detail_json) override {
    events_.publish(account, region, "aws.fis", "FIS Experiment State Change", {experiment_arn}, detail_json);
  }

 private:
  services::events::Service& events_;
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
