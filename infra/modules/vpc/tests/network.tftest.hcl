# Routes, gateways, ACLs and groups as the platform lays them out. Offline: the provider is mocked.

mock_provider "aws" {}

variables {
  name  = "counselor-dev"
  zones = ["us-east-1a", "us-east-1b"]
}

run "subnets_are_those_of_the_plan" {
  command = plan

  assert {
    condition     = aws_vpc.this.cidr_block == "10.0.0.0/16" && aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames
    error_message = "The VPC is 10.0.0.0/16 with names."
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == { us-east-1a = "10.0.1.0/24", us-east-1b = "10.0.2.0/24" }
    error_message = "Public subnets are 10.0.1.0/24 and 10.0.2.0/24, one a zone."
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { us-east-1a = "10.0.10.0/24", us-east-1b = "10.0.11.0/24" }
    error_message = "Private subnets are 10.0.10.0/24 and 10.0.11.0/24, one a zone."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.map_public_ip_on_launch != true])
    error_message = "Nothing in a private subnet gets a public address."
  }
}

run "one_nat_gateway_serves_both_zones_unless_each_has_its_own" {
  assert {
    condition     = keys(aws_nat_gateway.this) == ["us-east-1a"] && length(aws_eip.nat) == 1
    error_message = "Without nat_per_zone there is one NAT gateway, in the first zone."
  }

  assert {
    condition     = alltrue([for route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this["us-east-1a"].id])
    error_message = "Both private route tables lead to the only NAT gateway."
  }
}

run "each_zone_has_its_own_nat_gateway_where_asked" {
  variables {
    nat_per_zone = true
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2 && alltrue([for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "With nat_per_zone each private route table leads to its own zone's gateway."
  }
}

run "tasks_take_their_ports_from_the_load_balancer_only" {
  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_ingress_rule.tasks :
      rule.referenced_security_group_id == aws_security_group.alb.id && rule.cidr_ipv4 == null && rule.from_port == rule.to_port
    ])
    error_message = "No rule of the tasks' group names an address, each names the load balancer's group and one port."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.tasks : rule.from_port]) == toset([3000, 3001])
    error_message = "The tasks' ports are 3000 and 3001."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.alb : rule.from_port]) == toset([80, 443])
    error_message = "The load balancer takes 80 and 443."
  }
}

run "network_acls_let_answers_back" {
  command = plan

  assert {
    condition     = anytrue([for rule in aws_network_acl_rule.private_in : rule.from_port == 1024 && rule.to_port == 65535 && rule.cidr_block == "0.0.0.0/0"])
    error_message = "Answers to calls by the NAT gateway arrive on ephemeral ports."
  }

  assert {
    condition     = alltrue([for rule in concat(values(aws_network_acl_rule.public_in), values(aws_network_acl_rule.private_in)) : !rule.egress && rule.rule_action == "allow"])
    error_message = "The entries allow what enters; the rest is denied by default."
  }
}

run "one_zone_is_refused" {
  command = plan

  variables {
    zones         = ["us-east-1a"]
    public_cidrs  = ["10.0.1.0/24"]
    private_cidrs = ["10.0.10.0/24"]
  }

  expect_failures = [var.zones]
}

run "a_range_that_is_none_is_refused" {
  command = plan

  variables {
    cidr = "10.0.0.0"
  }

  expect_failures = [var.cidr]
}
