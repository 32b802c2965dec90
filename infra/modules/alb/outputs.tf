output "dns_name" {
  description = "Name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Hosted zone of the load balancer's name, for alias records."
  value       = aws_lb.this.zone_id
}

output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "The load balancer as CloudWatch's dimensions name it."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arns" {
  description = "Target groups by part (frontend, backend), once a listener leads to them: ECS registers no targets before."
  value       = { for part, group in aws_lb_target_group.this : part => group.arn }
  depends_on  = [aws_lb_listener.http, aws_lb_listener.https, aws_lb_listener_rule.api]
}

output "target_group_arn_suffixes" {
  description = "Target groups by part, as CloudWatch's dimensions name them."
  value       = { for part, group in aws_lb_target_group.this : part => group.arn_suffix }
}

output "listener_arn" {
  description = "Listener that serves the application."
  value       = local.serving
}
