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
