# Who may do what. The documents are the provider's own work, so their statements are looked at, not the JSON. Offline: the provider is mocked.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
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

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/counselor-dev-role" }
  }

  mock_resource "aws_iam_user" {
    defaults = { arn = "arn:aws:iam::123456789012:user/counselor-dev-deploy" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/counselor-dev-policy" }
  }
}

variables {
  name            = "counselor-dev"
  repository_arns = ["arn:aws:ecr:us-east-1:123456789012:repository/counselor-dev-frontend", "arn:aws:ecr:us-east-1:123456789012:repository/counselor-dev-backend"]
  secret_arns     = ["arn:aws:secretsmanager:us-east-1:123456789012:secret:counselor-dev-openai-api-key-AbCdEf"]
  log_group_arn   = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/counselor-dev"
}

run "starting_a_task_reaches_only_its_own_images_secret_and_logs" {
  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.execution.statement : statement.sid == "Login" || !contains(statement.resources, "*")
    ])
    error_message = "Only the registry's login names no resource: it has none."
  }

  assert {
    condition = toset(flatten([for statement in data.aws_iam_policy_document.execution.statement : tolist(statement.actions)])) == toset([
      "ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "secretsmanager:GetSecretValue", "logs:CreateLogStream", "logs:PutLogEvents",
    ])
    error_message = "It may pull, read the secret and write logs, nothing else."
  }
}

run "an_encrypted_secret_needs_its_key" {
  variables {
    encrypted   = true
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
  }

  assert {
    condition     = anytrue([for statement in data.aws_iam_policy_document.execution.statement : toset(statement.actions) == toset(["kms:Decrypt"]) && toset(statement.resources) == toset([var.kms_key_arn])])
    error_message = "The execution role may decrypt with the environment's key."
  }
}

run "the_deployer_passes_only_the_tasks_roles" {
  assert {
    condition     = alltrue([for statement in data.aws_iam_policy_document.release.statement : !contains(tolist(statement.actions), "iam:PassRole") || !contains(tolist(statement.resources), "*")])
    error_message = "A role that may be passed is named."
  }

  assert {
    condition     = alltrue([for statement in concat(data.aws_iam_policy_document.infrastructure.statement, data.aws_iam_policy_document.release.statement) : !contains(tolist(statement.actions), "*") && !contains(tolist(statement.actions), "iam:*")])
    error_message = "The deployer is no administrator."
  }

  assert {
    condition     = alltrue([for pattern in flatten(values(local.named)) : strcontains(pattern, "counselor-dev") || strcontains(pattern, "scalable-target") || strcontains(pattern, "terraform-state")])
    error_message = "Resources that have names are this environment's."
  }
}

run "workflows_deploy_without_keys_only_from_the_repository_named" {
  variables {
    github_repository  = "someone/counselor"
    github_environment = "prod"
  }

  assert {
    condition     = anytrue([for statement in data.aws_iam_policy_document.deploy_trust.statement : anytrue([for condition in statement.condition : toset(condition.values) == toset(["repo:someone/counselor:environment:prod"])])])
    error_message = "The subject is one environment of one repository."
  }
}

run "no_provider_is_made_without_a_repository" {
  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && length(data.aws_iam_policy_document.deploy_trust.statement) == 1
    error_message = "Only the deploying user may take the role."
  }
}
