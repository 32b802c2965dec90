output "dns_name" {
  description = "Name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "target_group_arns" {
  description = "Target groups by part: frontend, backend."
  value       = { for part, group in aws_lb_target_group.this : part => group.arn }
}

output "listener_arn" {
  description = "Listener that serves: targets registered behind it are reachable."
  value       = aws_lb_listener.http.arn
  depends_on  = [aws_lb_listener_rule.api]
}
