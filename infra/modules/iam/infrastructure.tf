# What Terraform needs to make, change and remove the environment. Where a service knows names, only names of this environment; where it does not
# (VPCs, keys, zones, certificates), only this region. The deploying roles themselves can be read but not changed.

locals {
  reads = [
    "acm:Describe*", "acm:List*", "application-autoscaling:Describe*", "application-autoscaling:ListTagsForResource", "cloudtrail:Describe*",
    "cloudtrail:Get*", "cloudtrail:List*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "ec2:Describe*", "ecr:Describe*", "ecr:Get*",
    "ecr:List*", "ecs:Describe*", "ecs:List*", "elasticloadbalancing:Describe*", "events:Describe*", "events:List*", "iam:Get*", "iam:List*",
    "kms:Describe*", "kms:Get*", "kms:List*", "logs:Describe*", "logs:List*", "route53:Get*", "route53:List*", "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy", "sns:Get*", "sns:List*",
  ]

  # Services whose resources carry the environment's name.
  named = {
    "ecr:*"                     = ["ecr:${local.here}:repository/${var.name}-*"]
    "ecs:*"                     = ["ecs:${local.here}:cluster/${var.name}-*", "ecs:${local.here}:service/${var.name}-*", "ecs:${local.here}:task-definition/${var.name}-*"]
    "elasticloadbalancing:*"    = [for kind in ["loadbalancer/app", "targetgroup", "listener/app", "listener-rule/app"] : "elasticloadbalancing:${local.here}:${kind}/${var.name}-*"]
    "logs:*"                    = ["logs:${local.here}:log-group:/ecs/${var.name}*", "logs:${local.here}:log-group:/changes/${var.name}*"]
    "secretsmanager:*"          = ["secretsmanager:${local.here}:secret:${var.name}-*"]
    "cloudwatch:*"              = ["cloudwatch:${local.here}:alarm:${var.name}-*", "cloudwatch::${local.account}:dashboard/${var.name}*"]
    "sns:*"                     = ["sns:${local.here}:${var.name}-*"]
    "events:*"                  = ["events:${local.here}:rule/${var.name}-*"]
    "cloudtrail:*"              = ["cloudtrail:${local.here}:trail/${var.name}"]
    "application-autoscaling:*" = ["application-autoscaling:${local.here}:scalable-target/*"]
    "s3:*"                      = ["s3:::${var.name}-*", "s3:::counselor-terraform-state-*"]
  }
}

data "aws_iam_policy_document" "infrastructure" {
  statement {
    sid       = "Read"
    actions   = local.reads
    resources = ["*"]
  }

  statement {
    sid       = "NamedResources"
    actions   = sort(keys(local.named))
    resources = sort(flatten([for patterns in values(local.named) : [for pattern in patterns : "arn:${local.partition}:${pattern}"]]))
  }

  statement {
    sid = "ResourcesWithoutNames"
    actions = [
      "acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:RequestCertificate", "application-autoscaling:*ScalableTarget", "application-autoscaling:*ScalingPolicy",
      "application-autoscaling:*ScheduledAction", "ec2:AllocateAddress", "ec2:Associate*", "ec2:AttachInternetGateway", "ec2:AuthorizeSecurityGroup*", "ec2:Create*Gateway",
      "ec2:CreateNetworkAcl*", "ec2:CreateRoute*", "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc", "ec2:Delete*Gateway", "ec2:DeleteNetworkAcl*",
      "ec2:DeleteRoute*", "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc", "ec2:DetachInternetGateway", "ec2:Disassociate*", "ec2:ModifySubnetAttribute",
      "ec2:ModifyVpcAttribute", "ec2:ModifySecurityGroupRules", "ec2:ReleaseAddress", "ec2:ReplaceNetworkAcl*", "ec2:ReplaceRoute*", "ec2:RevokeSecurityGroup*",
      "ecr:PutReplicationConfiguration", "kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource",
      "secretsmanager:ReplicateSecretToRegions", "secretsmanager:RemoveRegionsFromReplication",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.region]
    }
  }

  # Global services have no region of their own.
  statement {
    sid       = "Zones"
    actions   = ["route53:ChangeResourceRecordSets", "route53:ChangeTagsForResource", "route53:CreateHostedZone", "route53:DeleteHostedZone"]
    resources = ["*"]
  }

  statement {
    sid = "RolesOfTasks"
    actions = [
      "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
    ]
    resources = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
  }
}
