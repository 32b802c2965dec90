// The rows of Elastic Load Balancing. Keys are ARNs.
#pragma once

#include "stratus/models/elbv2.h"

namespace stratus::services::elbv2 {

namespace elb = aws::elbv2;

struct NodeRow {
  std::string eni_id, netns, subnet_id, private_address, public_address, zone;
  STRATUS_SHAPE(NodeRow, eni_id, netns, subnet_id, private_address, public_address, zone)
};

struct LoadBalancerRow {
  elb::LoadBalancer value;
  std::vector<NodeRow> nodes;
  std::vector<std::string> retired_enis;  ///< of subnets that were taken away; destroyed when no process uses them
  std::map<std::string, std::string> attributes, tags;
  STRATUS_SHAPE(LoadBalancerRow, value, nodes, retired_enis, attributes, tags)
};

/// A deleted load balancer whose processes or interfaces may still exist.
struct LeavingRow {
  std::vector<std::string> enis;
  STRATUS_SHAPE(LeavingRow, enis)
};

struct TargetRow {
  std::string address;
  std::int32_t port = 0;
  std::string zone;
  bool draining = false;
  Timestamp until;  ///< draining ends
  STRATUS_SHAPE(TargetRow, address, port, zone, draining, until)
};

struct TargetGroupRow {
  elb::TargetGroup value;
  std::vector<TargetRow> targets;
  std::map<std::string, std::string> attributes, tags;
  STRATUS_SHAPE(TargetGroupRow, value, targets, attributes, tags)
};

struct ListenerRow {
  elb::Listener value;
  std::vector<std::string> extra_certificates;
  std::string default_rule_arn;
  std::map<std::string, std::string> attributes, tags;
  STRATUS_SHAPE(ListenerRow, value, extra_certificates, default_rule_arn, attributes, tags)
};

struct RuleRow {
  elb::Rule value;
  std::string listener_arn;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(RuleRow, value, listener_arn, tags)
};

}  // namespace stratus::services::elbv2
