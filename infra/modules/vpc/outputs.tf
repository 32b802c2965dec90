output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Public subnets, in the order of the zones."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Private subnets, in the order of the zones."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
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
