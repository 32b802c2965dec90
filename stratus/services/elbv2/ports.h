// What load balancers need of EC2 (interfaces in subnets) and of ACM (certificates); the daemon adapts those services.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stratus/core/result.h"

namespace stratus::services::elbv2 {

class Interfaces {
 public:
  struct Node {
    std::string eni_id;
    std::string netns;  ///< path
    std::string private_address;
    std::string public_address;  ///< empty for an internal load balancer
    std::string zone;
    std::string vpc_id;
  };
  virtual ~Interfaces() = default;
  /// All of these throw aws::Error, in ELB's words where ELB has some (SubnetNotFound, InvalidSecurityGroup).
  virtual Node create(const std::string& account, const std::string& region, const std::string& subnet_id,
                      const std::vector<std::string>& group_ids, const std::string& description, bool is_public) = 0;
  virtual void destroy(const std::string& account, const std::string& region, const std::string& eni_id) = 0;
  virtual void set_groups(const std::string& account, const std::string& region, const std::string& eni_id,
                          const std::vector<std::string>& group_ids) = 0;
  /// Calls back in a later turn, once the interface carries packets or cannot be made.
  virtual void when_ready(const std::string& eni_id, std::function<void(Result<>)> done) = 0;
  virtual std::string vpc_of_subnet(const std::string& account, const std::string& region,
                                    const std::string& subnet_id) = 0;
  virtual std::string zone_of_subnet(const std::string& account, const std::string& region,
                                     const std::string& subnet_id) = 0;
  virtual void check_groups(const std::string& account, const std::string& region,
                            const std::vector<std::string>& group_ids, const std::string& vpc_id) = 0;
  virtual std::string default_group(const std::string& account, const std::string& region,
                                    const std::string& vpc_id) = 0;
};

class Certificates {
 public:
  virtual ~Certificates() = default;
  /// Certificate, chain and private key; throws where there is no such certificate or it is not issued.
  virtual std::string pem(const std::string& account, const std::string& region, const std::string& arn) = 0;
};

}  // namespace stratus::services::elbv2
