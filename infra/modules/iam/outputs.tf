output "execution_role_arn" {
  description = "Role that starts tasks."
  value       = aws_iam_role.execution.arn
  # Tasks must not start before the role may do what starting them takes.
  depends_on = [aws_iam_role_policy.execution]
}

output "task_role_arn" {
  description = "Role of the application."
  value       = aws_iam_role.task.arn
}
