# Development, planned for AWS with a mocked provider: what only this environment has, and what is refused.

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
  frontend_image_tag = "dev-a1b2c3d-20260101120000"
  backend_image_tag  = "dev-a1b2c3d-20260101120000"
}

run "small_on_spot_in_one_zone_without_tls" {
  command = plan

  assert {
    condition     = output.cluster == "counselor-dev-cluster" && output.services == { frontend = "counselor-dev-frontend", backend = "counselor-dev-backend" }
    error_message = "The cluster and the services carry the environment's name."
  }

  assert {
    condition     = local.cpu == 256 && local.memory == 512 && var.desired_count == 1 && var.spot && var.single_zone && !var.nat_per_zone
    error_message = "One task of 256/512 for each part, on Spot, in one zone, with one NAT gateway."
  }

  assert {
    condition     = !var.tls && !var.container_insights && var.log_retention_days == 7 && keys(module.vpc["this"].nat_addresses) == ["us-east-1a"]
    error_message = "No TLS, no Container Insights, logs for seven days, one NAT gateway."
  }
}

run "an_unknown_environment_is_refused" {
  command = plan

  variables {
    environment = "staging"
  }

  expect_failures = [var.environment]
}

run "tls_without_a_domain_is_refused" {
  command = plan

  variables {
    tls = true
  }

  expect_failures = [var.tls]
}

run "copies_in_the_same_region_are_refused" {
  command = plan

  variables {
    replica_region = "us-east-1"
  }

  expect_failures = [var.replica_region]
}

run "a_tag_that_is_none_is_refused" {
  command = plan

  variables {
    backend_image_tag = "not a tag"
  }

  expect_failures = [var.backend_image_tag]
}
