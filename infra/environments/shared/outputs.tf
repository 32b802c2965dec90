output "url" {
  description = "Address of the application."
  value       = "${var.tls ? "https" : "http"}://${try(module.route53["this"].domain_name, local.balancer_name)}"
}

output "load_balancer" {
  description = "Name of the load balancer."
  value       = local.balancer_name
}

output "name_servers" {
  description = "Servers that the parent domain must delegate to; empty without a domain."
  value       = try(module.route53["this"].name_servers, [])
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
  value       = { for part in local.parts : part => local.repositories[part].url }
}

output "nat_addresses" {
  description = "Addresses by which tasks reach the Internet."
  value       = try(module.vpc["this"].nat_addresses, {})
}

output "openai_secret_arn" {
  description = "Secret that holds the model's key."
  value       = module.secrets.openai_secret_arn
}

output "deploy_role_arn" {
  description = "Role that deploys the environment."
  value       = module.iam.deploy_role_arn
}

output "alarm_topic_arn" {
  description = "Topic that tells alarms; null where alarms are off."
  value       = module.cloudwatch.alarm_topic_arn
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = module.cloudwatch.alarm_names
}
