# Production, planned for AWS with a mocked provider: what only this environment has, and what is refused.

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

  override_resource {
    target          = module.acm["this"].aws_acm_certificate.this
    override_during = plan
    values = {
      arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
      domain_validation_options = [
        { domain_name = "counselor.example.com", resource_record_name = "_a.counselor.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
        { domain_name = "www.counselor.example.com", resource_record_name = "_c.www.counselor.example.com.", resource_record_type = "CNAME", resource_record_value = "_d.acm-validations.aws." },
      ]
    }
  }
}

variables {
  target             = "aws"
  frontend_image_tag = "prod-a1b2c3d-20260101120000"
  backend_image_tag  = "prod-a1b2c3d-20260101120000"
}

run "two_zones_tls_and_scaling" {
  command = plan

  assert {
    condition     = output.url == "https://counselor.example.com" && var.tls
    error_message = "Production is served over HTTPS at its domain."
  }

  assert {
    condition     = local.cpu == 512 && local.memory == 1024 && var.desired_count == 2 && !var.spot && !var.single_zone
    error_message = "Two tasks of 512/1024 for each part, on demand, in two zones."
  }

  assert {
    condition     = toset(keys(module.vpc["this"].nat_addresses)) == toset(["us-east-1a", "us-east-1b"])
    error_message = "Each zone has its NAT gateway."
  }

  assert {
    condition     = var.container_insights && var.alarms && var.dashboard && var.audit && var.encrypted && var.target_tracking && var.log_retention_days == 30 && !var.disposable
    error_message = "Everything is watched, encrypted, recorded and scaled, and nothing goes by accident."
  }

  assert {
    condition     = length(output.alarm_names) == 10
    error_message = "Ten alarms."
  }
}

run "scaled_up_tasks_are_one_vcpu_and_two_gib" {
  command = plan

  variables {
    scaled_up = true
  }

  assert {
    condition     = local.cpu == 1024 && local.memory == 2048
    error_message = "The scale-up step of production is 1024/2048."
  }
}

run "an_unknown_environment_is_refused" {
  command = plan

  variables {
    environment = "staging"
  }

  expect_failures = [var.environment]
}
