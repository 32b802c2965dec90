# Logs, alarms and who hears of them. Offline: the provider is mocked.

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

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:counselor-prod-alarms" }
  }
}

variables {
  name           = "counselor-prod"
  retention_days = 30
  load_balancer  = "app/counselor-prod-alb/50dc6c495c0c9188"
  target_groups  = { frontend = "targetgroup/counselor-prod-frontend/73e2d6bc24d8a067", backend = "targetgroup/counselor-prod-backend/73e2d6bc24d8a068" }
}

run "logs_are_kept_as_long_as_asked_and_nothing_else_is_made" {
  assert {
    condition     = aws_cloudwatch_log_group.tasks.name == "/ecs/counselor-prod" && aws_cloudwatch_log_group.tasks.retention_in_days == 30
    error_message = "The group is /ecs/counselor-prod, kept for thirty days."
  }

  assert {
    condition     = length(output.alarm_names) == 0 && output.alarm_topic_arn == null && output.dashboard_name == null
    error_message = "Alarms and dashboard are there only where asked for."
  }
}

run "alarms_have_the_platforms_thresholds" {
  variables {
    alarms             = true
    dashboard          = true
    container_insights = true
  }

  assert {
    condition     = length(output.alarm_names) == 10
    error_message = "CPU, memory, ill targets and missing tasks of both services, server errors, failed tasks: ten alarms."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.utilization : alarm.threshold == 80 && alarm.comparison_operator == "GreaterThanThreshold"]) && aws_cloudwatch_metric_alarm.errors["5xx"].threshold == 5
    error_message = "CPU and memory above 80 %, server errors above 5 %."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.utilization), values(aws_cloudwatch_metric_alarm.errors), values(aws_cloudwatch_metric_alarm.task_failures)) : alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:counselor-prod-alarms"])])
    error_message = "Every alarm tells the topic."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.task_failures["alarms"].event_pattern).detail.clusterArn == ["arn:aws:ecs:us-east-1:123456789012:cluster/counselor-prod-cluster"]
    error_message = "Failed tasks of this cluster only."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this["counselor-prod"].dashboard_body).widgets) == 7
    error_message = "The dashboard shows seven graphs."
  }
}

run "without_container_insights_no_alarm_waits_for_its_metrics" {
  variables {
    alarms = true
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.missing) == 0 && length(output.alarm_names) == 8
    error_message = "Task counts are published with Container Insights only."
  }
}

run "a_retention_that_cloudwatch_does_not_know_is_refused" {
  command = plan

  variables {
    retention_days = 8
  }

  expect_failures = [var.retention_days]
}
