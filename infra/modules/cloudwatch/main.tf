data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  # One name or none. What is there many times is counted by values, never by other resources: `terraform import` knows nothing of those yet.
  alarms = toset(var.alarms ? ["alarms"] : [])

  cluster_arn = "arn:${data.aws_partition.current.partition}:ecs:${var.region}:${data.aws_caller_identity.current.account_id}:cluster/${var.name}-cluster"
}

# What the containers print.

resource "aws_cloudwatch_log_group" "tasks" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.retention_days
  kms_key_id        = var.kms_key_arn
}

# Where alarms and failed tasks are told.
resource "aws_sns_topic" "alarms" {
  for_each = local.alarms

  name = "${var.name}-${each.key}"
}

data "aws_iam_policy_document" "topic" {
  for_each = local.alarms

  statement {
    sid       = "AlarmsAndEventsTell"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms[each.key].arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  for_each = local.alarms

  arn    = aws_sns_topic.alarms[each.key].arn
  policy = data.aws_iam_policy_document.topic[each.key].json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.alarms && var.alarm_email != null ? [var.alarm_email] : [])

  topic_arn = aws_sns_topic.alarms["alarms"].arn
  protocol  = "email"
  endpoint  = each.key
}

# A task that could not start or whose container ended by itself. Deployments, scaling and Spot interruptions stop tasks too, with other codes.
resource "aws_cloudwatch_event_rule" "task_failures" {
  for_each = local.alarms

  name        = "${var.name}-task-failures"
  description = "Tasks of ${var.name} that failed"
  event_pattern = jsonencode({
    source        = ["aws.ecs"]
    "detail-type" = ["ECS Task State Change"]
    detail = {
      clusterArn = [local.cluster_arn]
      lastStatus = ["STOPPED"]
      stopCode   = ["EssentialContainerExited", "TaskFailedToStart"]
    }
  })
}

resource "aws_cloudwatch_event_target" "task_failures" {
  for_each = local.alarms

  rule       = aws_cloudwatch_event_rule.task_failures[each.key].name
  target_id  = "alarms"
  arn        = aws_sns_topic.alarms[each.key].arn
  depends_on = [aws_sns_topic_policy.alarms]
}
