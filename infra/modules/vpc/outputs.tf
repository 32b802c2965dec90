output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Public subnets, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]
  # A load balancer that faces the internet can only be made where there is a gateway.
  depends_on = [aws_internet_gateway.this]
}

output "private_subnet_ids" {
  description = "Private subnets, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
  # A task that starts before its subnet's way out exists cannot pull its image.
  depends_on = [aws_route.nat, aws_route.internet, aws_route_table_association.private, aws_route_table_association.public, aws_network_acl_rule.private_in, aws_network_acl_rule.private_out, aws_network_acl_rule.public_in, aws_network_acl_rule.public_out]
}

output "alb_security_group_id" {
  description = "Security group of the load balancer."
  value       = aws_security_group.alb.id
}

output "task_security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.tasks.id
}

output "nat_addresses" {
  description = "Public addresses by which tasks reach the Internet, by zone."
  value       = { for zone, eip in aws_eip.nat : zone => eip.public_ip }
}
