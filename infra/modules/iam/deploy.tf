# Who deploys: a user for pipelines that hold access keys, a role for people and for pipelines that prove who they are by OpenID Connect.
# Both may do what scripts/deploy.sh does to this environment, and nothing to another one.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  here      = "${local.region}:${local.account}"

  github = var.github_repository == null ? [] : [var.github_repository]
}

resource "aws_iam_openid_connect_provider" "github" {
  for_each = toset(local.github)

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

# Its access keys are made and removed outside of Terraform, whose state would hold them.
resource "aws_iam_user" "deploy" {
  name = "${var.name}-deploy"
}

data "aws_iam_policy_document" "deploy_trust" {
  statement {
    sid     = "UserOfThePipeline"
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.deploy.arn]
    }
  }

  dynamic "statement" {
    for_each = aws_iam_openid_connect_provider.github

    content {
      sid     = "WorkflowsOfTheRepository"
      actions = ["sts:AssumeRoleWithWebIdentity"]

      principals {
        type        = "Federated"
        identifiers = [statement.value.arn]
      }

      condition {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:aud"
        values   = ["sts.amazonaws.com"]
      }

      condition {
        test     = "StringLike"
        variable = "token.actions.githubusercontent.com:sub"
        values   = ["repo:${statement.key}:environment:${var.github_environment}"]
      }
    }
  }
}

resource "aws_iam_role" "deploy" {
  name                 = "${var.name}-deploy"
  description          = "Deploys ${var.name}"
  assume_role_policy   = data.aws_iam_policy_document.deploy_trust.json
  max_session_duration = 3600
}

# New versions: images, revisions, services, the model's key, and a look at how they fare.
data "aws_iam_policy_document" "release" {
  statement {
    sid       = "Who"
    actions   = ["sts:GetCallerIdentity", "ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "Images"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:DescribeImageScanFindings",
      "ecr:DescribeRepositories", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:ListImages", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = var.repository_arns
  }

  statement {
    sid       = "Revisions"
    actions   = ["ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"]
    resources = ["*"]
  }

  statement {
    sid     = "Services"
    actions = ["ecs:DescribeServices", "ecs:UpdateService", "ecs:DescribeTasks", "ecs:ListTasks", "ecs:TagResource"]
    resources = [
      "arn:${local.partition}:ecs:${local.here}:service/${var.name}-cluster/*",
      "arn:${local.partition}:ecs:${local.here}:task/${var.name}-cluster/*",
      "arn:${local.partition}:ecs:${local.here}:container-instance/${var.name}-cluster/*",
      "arn:${local.partition}:ecs:${local.here}:task-definition/${var.name}-*:*",
    ]
  }

  statement {
    sid       = "RolesOfTasks"
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.execution.arn, aws_iam_role.task.arn]

    condition {
      test     = "StringEqualsIfExists"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  statement {
    sid       = "Key"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
    resources = var.secret_arns
  }

  dynamic "statement" {
    for_each = var.encrypted ? [var.kms_key_arn] : []

    content {
      sid       = "KeyIsEncrypted"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }

  statement {
    sid       = "Look"
    actions   = ["elasticloadbalancing:Describe*", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "logs:DescribeLogGroups"]
    resources = ["*"]
  }

  statement {
    sid       = "Output"
    actions   = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]
    resources = [var.log_group_arn, "${var.log_group_arn}:*"]
  }
}

resource "aws_iam_policy" "release" {
  name        = "${var.name}-release"
  description = "New versions of ${var.name}"
  policy      = data.aws_iam_policy_document.release.json
}

resource "aws_iam_policy" "infrastructure" {
  name        = "${var.name}-infrastructure"
  description = "What Terraform does to ${var.name}"
  policy      = data.aws_iam_policy_document.infrastructure.json
}

locals {
  deploy_policies = { release = aws_iam_policy.release.arn, infrastructure = aws_iam_policy.infrastructure.arn }
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = local.deploy_policies

  role       = aws_iam_role.deploy.name
  policy_arn = each.value
}

resource "aws_iam_user_policy_attachment" "deploy" {
  for_each = local.deploy_policies

  user       = aws_iam_user.deploy.name
  policy_arn = each.value
}
