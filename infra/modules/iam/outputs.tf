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

output "deploy_role_arn" {
  description = "Role that deploys the environment."
  value       = aws_iam_role.deploy.arn
}

output "deploy_user_name" {
  description = "User that deploys the environment; `aws iam create-access-key` makes its key."
  value       = aws_iam_user.deploy.name
}
