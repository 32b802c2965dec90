output "zone_id" {
  description = "Id of the hosted zone."
  value       = aws_route53_zone.this.zone_id
}

output "name_servers" {
  description = "Servers that the parent domain must delegate to."
  value       = aws_route53_zone.this.name_servers
}

output "domain_name" {
  description = "Domain of the application, once it leads to the load balancer."
  value       = var.domain_name
  depends_on  = [aws_route53_record.alias]
}
