output "resource_ids" {
  description = "What Application Auto Scaling calls each part's service."
  value       = { for part, target in aws_appautoscaling_target.this : part => target.resource_id }
}
