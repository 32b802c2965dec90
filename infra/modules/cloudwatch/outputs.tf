output "log_group_name" {
  description = "Log group of the containers."
  value       = aws_cloudwatch_log_group.tasks.name
}

output "log_group_arn" {
  description = "ARN of the containers' log group."
  value       = aws_cloudwatch_log_group.tasks.arn
}
