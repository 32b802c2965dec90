data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
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
  for_each = toset(var.alarms ? ["alarms"] : [])

  name = "${var.name}-${each.key}"
}

data "aws_iam_policy_document" "topic" {
  for_each = aws_sns_topic.alarms

  statement {
    sid       = "AlarmsAndEventsTell"
    actions   = ["sns:Publish"]
    resources = [each.value.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  for_each = aws_sns_topic.alarms

  arn    = each.value.arn
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
  for_each = aws_sns_topic.alarms

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
  for_each = aws_sns_topic.alarms

  rule       = aws_cloudwatch_event_rule.task_failures[each.key].name
  target_id  = "alarms"
  arn        = each.value.arn
  depends_on = [aws_sns_topic_policy.alarms]
}
