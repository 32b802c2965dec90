output "url" {
  description = "Address of the application."
  value       = "http://${module.alb.dns_name}"
}

output "cluster" {
  description = "Name of the ECS cluster."
  value       = module.ecs.cluster_name
}

output "services" {
  description = "Service of each part."
  value       = module.ecs.service_names
}

output "repositories" {
  description = "Image repository of each part."
  value       = module.ecr.repository_urls
}

output "nat_addresses" {
  description = "Addresses by which tasks reach the Internet."
  value       = module.vpc.nat_addresses
}

output "openai_secret_arn" {
  description = "Secret that holds the model's key."
  value       = module.secrets.openai_secret_arn
}
