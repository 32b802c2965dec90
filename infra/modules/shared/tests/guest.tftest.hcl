# What a guest adds to its host, and what it must say. Offline: the provider is mocked.

mock_provider "aws" {
  mock_data "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/counselor-dev-alb/50dc6c495c0c9188/0467ef3c8400ae65" }
  }

  mock_data "aws_subnets" {
    defaults = { ids = ["subnet-2", "subnet-1"] }
  }

  mock_data "aws_security_group" {
    defaults = { id = "sg-0a1b2c3d4e5f60718" }
  }

  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/counselor-test-backend/73e2d6bc24d8a067" }
  }
}

variables {
  name        = "counselor-test"
  host        = "counselor-dev"
  domain_name = "test.counselor.example.com"
}

run "its_domain_leads_to_its_own_targets" {
  assert {
    condition     = alltrue([for rule in aws_lb_listener_rule.this : toset(flatten([for condition in rule.condition : [for host in condition.host_header : host.values]])) == toset(["test.counselor.example.com", "www.test.counselor.example.com"])])
    error_message = "Every rule asks for the guest's domain: the host's traffic is not touched."
  }

  assert {
    condition     = aws_lb_listener_rule.this["backend"].priority < aws_lb_listener_rule.this["frontend"].priority
    error_message = "/api/* is looked at before the rest."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.tasks : rule.referenced_security_group_id == "sg-0a1b2c3d4e5f60718" && rule.cidr_ipv4 == null])
    error_message = "Tasks take their ports from the host's load balancer only."
  }

  assert {
    condition     = output.private_subnet_ids == tolist(["subnet-1", "subnet-2"]) && length(aws_lb_listener_certificate.this) == 0
    error_message = "Subnets come in one order, and without TLS no certificate is added."
  }
}

run "it_cannot_be_its_own_host" {
  command = plan

  variables {
    host = "counselor-test"
  }

  expect_failures = [var.host]
}
