# The key and who may use it. Offline: the provider is mocked.

mock_provider "aws" {
  override_data {
    target = data.aws_iam_policy_document.key
    values = { json = "{}" }
  }
}

variables {
  name = "counselor-prod"
}

run "the_key_turns_every_year_and_has_a_name" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 7 && aws_kms_alias.this.name == "alias/counselor-prod"
    error_message = "Rotation is on, and the alias is the environment's name."
  }

  assert {
    condition     = anytrue([for statement in data.aws_iam_policy_document.key.statement : statement.sid == "LogsOfThisEnvironment" && length(statement.condition) == 1])
    error_message = "CloudWatch Logs may use the key for this environment's groups only."
  }
}

run "a_window_that_aws_does_not_know_is_refused" {
  command = plan

  variables {
    deletion_window_days = 1
  }

  expect_failures = [var.deletion_window_days]
}
