output "log_group_name" {
  description = "Log group of the containers."
  value       = aws_cloudwatch_log_group.tasks.name
}

output "log_group_arn" {
  description = "ARN of the containers' log group."
  value       = aws_cloudwatch_log_group.tasks.arn
}

output "alarm_topic_arn" {
  description = "Topic that tells alarms and failed tasks; null where alarms are off."
  value       = one([for topic in aws_sns_topic.alarms : topic.arn])
}

output "alarm_names" {
  description = "Names of the alarms."
  value = concat(
    [for alarm in aws_cloudwatch_metric_alarm.utilization : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.errors : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.unhealthy : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.missing : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.task_failures : alarm.alarm_name],
  )
}

output "dashboard_name" {
  description = "Name of the dashboard; null where there is none."
  value       = one([for dashboard in aws_cloudwatch_dashboard.this : dashboard.dashboard_name])
}
