# The secret without its value. Offline: the provider is mocked.

mock_provider "aws" {}

variables {
  name = "counselor-prod"
}

run "a_deleted_secret_can_come_back" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.openai.name == "counselor-prod-openai-api-key" && aws_secretsmanager_secret.openai.recovery_window_in_days == 7
    error_message = "Seven days pass before a deleted secret is gone."
  }

  assert {
    condition     = length(aws_secretsmanager_secret.openai.replica) == 0
    error_message = "Without regions there are no copies."
  }
}

run "copies_lie_where_asked" {
  command = plan

  variables {
    replica_regions = ["us-west-2"]
  }

  assert {
    condition     = one(aws_secretsmanager_secret.openai.replica).region == "us-west-2"
    error_message = "The copy lies in the region named."
  }
}

run "a_window_that_aws_does_not_know_is_refused" {
  command = plan

  variables {
    recovery_window_days = 3
  }

  expect_failures = [var.recovery_window_days]
}
