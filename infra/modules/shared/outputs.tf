output "private_subnet_ids" {
  description = "The host's private subnets."
  value       = sort(data.aws_subnets.private.ids)
}

output "task_security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.tasks.id
}

output "dns_name" {
  description = "Name of the host's load balancer."
  value       = data.aws_lb.host.dns_name
}

output "zone_id" {
  description = "Hosted zone of the load balancer's name, for alias records."
  value       = data.aws_lb.host.zone_id
}

output "arn_suffix" {
  description = "The load balancer as CloudWatch's dimensions name it."
  value       = data.aws_lb.host.arn_suffix
}

output "target_group_arns" {
  description = "Target groups by part (frontend, backend), once a rule leads to them: ECS registers no targets before."
  value       = { for part, group in aws_lb_target_group.this : part => group.arn }
  depends_on  = [aws_lb_listener_rule.this]
}

output "target_group_arn_suffixes" {
  description = "Target groups by part, as CloudWatch's dimensions name them."
  value       = { for part, group in aws_lb_target_group.this : part => group.arn_suffix }
}
