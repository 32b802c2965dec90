# Alarms by the thresholds of the platform: CPU and memory above 80 %, 5xx answers above 5 %, targets that are ill, tasks that fail or are missing.

locals {
  topic = [for topic in aws_sns_topic.alarms : topic.arn]

  utilization = !var.alarms ? {} : merge([
    for part in var.parts : {
      "${part}-cpu"    = { part = part, metric = "CPUUtilization", what = "CPU" }
      "${part}-memory" = { part = part, metric = "MemoryUtilization", what = "memory" }
    }
  ]...)

  # Task counts are published with Container Insights only.
  missing = toset(var.alarms && var.container_insights ? var.parts : [])

  errors_dimensions = { LoadBalancer = var.load_balancer }
}

resource "aws_cloudwatch_metric_alarm" "utilization" {
  for_each = local.utilization

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.part}: ${each.value.what} above ${var.utilization_threshold} % of what its tasks have; docs/runbooks/alarms/${trimprefix(each.key, "${each.value.part}-")}.md"
  namespace           = "AWS/ECS"
  metric_name         = each.value.metric
  dimensions          = { ClusterName = "${var.name}-cluster", ServiceName = "${var.name}-${each.value.part}" }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  threshold           = var.utilization_threshold
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topic
  ok_actions          = local.topic
}

# Of all requests, those answered with 5xx by the load balancer itself (no healthy target) or by a target.
resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = toset(var.alarms ? ["5xx"] : [])

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "More than ${var.error_threshold} % of the requests are answered with a server error; docs/runbooks/alarms/5xx.md"
  evaluation_periods  = 2
  threshold           = var.error_threshold
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topic
  ok_actions          = local.topic

  metric_query {
    id          = "rate"
    expression  = "IF(FILL(requests, 0) + FILL(balancer, 0) > 0, 100 * (FILL(balancer, 0) + FILL(targets, 0)) / (FILL(requests, 0) + FILL(balancer, 0)), 0)"
    label       = "server errors, %"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { requests = "RequestCount", balancer = "HTTPCode_ELB_5XX_Count", targets = "HTTPCode_Target_5XX_Count" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = metric_query.value
        dimensions  = local.errors_dimensions
        period      = 60
        stat        = "Sum"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  for_each = var.alarms ? var.target_groups : {}

  alarm_name          = "${var.name}-${each.key}-unhealthy"
  alarm_description   = "${each.key}: a target fails its health check; docs/runbooks/alarms/unhealthy.md"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = { LoadBalancer = var.load_balancer, TargetGroup = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topic
  ok_actions          = local.topic
}

resource "aws_cloudwatch_metric_alarm" "missing" {
  for_each = local.missing

  alarm_name          = "${var.name}-${each.key}-missing"
  alarm_description   = "${each.key}: fewer tasks run than shall; docs/runbooks/alarms/missing.md"
  evaluation_periods  = 3
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topic
  ok_actions          = local.topic

  metric_query {
    id          = "missing"
    expression  = "desired - running"
    label       = "missing tasks"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { desired = "DesiredTaskCount", running = "RunningTaskCount" }

    content {
      id = metric_query.key

      metric {
        namespace   = "ECS/ContainerInsights"
        metric_name = metric_query.value
        dimensions  = { ClusterName = "${var.name}-cluster", ServiceName = "${var.name}-${each.key}" }
        period      = 60
        stat        = "Average"
      }
    }
  }
}

# EventBridge counts what its rule matches.
resource "aws_cloudwatch_metric_alarm" "task_failures" {
  for_each = local.alarms

  alarm_name          = "${var.name}-task-failures"
  alarm_description   = "A task failed; docs/runbooks/alarms/task-failures.md"
  namespace           = "AWS/Events"
  metric_name         = "TriggeredRules"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.task_failures[each.key].name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topic
  ok_actions          = local.topic
}
