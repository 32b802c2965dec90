# Test, planned for AWS with a mocked provider: what only this environment has, and what is refused.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  target             = "aws"
  frontend_image_tag = "test-a1b2c3d-20260101120000"
  backend_image_tag  = "test-a1b2c3d-20260101120000"
}

run "as_dev_and_watched" {
  command = plan

  assert {
    condition     = local.cpu == 256 && local.memory == 512 && var.desired_count == 1 && var.single_zone && !var.nat_per_zone
    error_message = "One task of 256/512 for each part in one zone."
  }

  assert {
    condition     = var.container_insights && var.log_retention_days == 14 && var.schedule != null
    error_message = "Container Insights, logs for fourteen days, off out of hours."
  }
}

run "an_unknown_environment_is_refused" {
  command = plan

  variables {
    environment = "staging"
  }

  expect_failures = [var.environment]
}

run "a_guest_has_neither_network_nor_load_balancer" {
  command = plan

  variables {
    share_with  = "dev"
    domain_name = "test.counselor.example.com"
  }

  override_module {
    target = module.shared["this"]
    outputs = {
      private_subnet_ids        = ["subnet-1", "subnet-2"]
      task_security_group_id    = "sg-0a1b2c3d4e5f60718"
      dns_name                  = "counselor-dev-alb-1.us-east-1.elb.amazonaws.com"
      zone_id                   = "Z35SXDOTRQ7X7K"
      arn_suffix                = "app/counselor-dev-alb/50dc6c495c0c9188"
      target_group_arns         = { frontend = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/f/1", backend = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/b/1" }
      target_group_arn_suffixes = { frontend = "targetgroup/f/1", backend = "targetgroup/b/1" }
    }
  }

  assert {
    condition     = length(module.vpc) == 0 && length(module.alb) == 0 && output.load_balancer == "counselor-dev-alb-1.us-east-1.elb.amazonaws.com" && output.nat_addresses == {}
    error_message = "VPC and load balancer are the host's."
  }
}

run "a_guest_without_a_domain_is_refused" {
  command = plan

  variables {
    share_with = "dev"
  }

  expect_failures = [var.share_with]
}
