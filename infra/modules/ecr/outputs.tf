output "repository_urls" {
  description = "Repository of each part, as images name it."
  value       = { for part, repository in aws_ecr_repository.this : part => repository.repository_url }
}

output "repository_arns" {
  description = "ARN of each part's repository."
  value       = { for part, repository in aws_ecr_repository.this : part => repository.arn }
}
