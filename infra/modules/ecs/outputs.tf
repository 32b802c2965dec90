output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "Name of each part's service."
  value       = { for part, service in aws_ecs_service.this : part => service.name }
}

output "task_definition_arns" {
  description = "Task definition that each part's service was told to run."
  value       = { for part, definition in aws_ecs_task_definition.this : part => definition.arn }
}
