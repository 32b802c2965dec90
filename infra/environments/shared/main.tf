locals {
  name = "counselor-${var.environment}"
}

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "zone-type"
    values = ["availability-zone"]
  }
}

module "vpc" {
  source = "../../modules/vpc"

  name         = local.name
  zones        = slice(data.aws_availability_zones.available.names, 0, 2)
  nat_per_zone = var.nat_per_zone
}

module "alb" {
  source = "../../modules/alb"

  name              = local.name
  vpc_id            = module.vpc.vpc_id
  subnet_ids        = module.vpc.public_subnet_ids
  security_group_id = module.vpc.alb_security_group_id
}

module "ecr" {
  source = "../../modules/ecr"

  name         = local.name
  force_delete = var.disposable
}

module "secrets" {
  source = "../../modules/secrets"

  name                 = local.name
  recovery_window_days = var.disposable ? 0 : 7
}

module "cloudwatch" {
  source = "../../modules/cloudwatch"

  name           = local.name
  retention_days = var.log_retention_days
}

module "iam" {
  source = "../../modules/iam"

  name            = local.name
  repository_arns = values(module.ecr.repository_arns)
  secret_arns     = [module.secrets.openai_secret_arn]
  log_group_arn   = module.cloudwatch.log_group_arn
}

module "ecs" {
  source = "../../modules/ecs"

  name               = local.name
  environment        = var.environment
  region             = var.region
  cpu                = var.cpu
  memory             = var.memory
  desired_count      = var.desired_count
  capacity_provider  = var.spot ? "FARGATE_SPOT" : "FARGATE"
  container_insights = var.container_insights
  subnet_ids         = var.single_zone ? [module.vpc.private_subnet_ids[0]] : module.vpc.private_subnet_ids
  security_group_id  = module.vpc.task_security_group_id
  target_group_arns  = module.alb.target_group_arns
  repository_urls    = module.ecr.repository_urls
  image_tags         = { frontend = var.frontend_image_tag, backend = var.backend_image_tag }
  execution_role_arn = module.iam.execution_role_arn
  task_role_arn      = module.iam.task_role_arn
  log_group_name     = module.cloudwatch.log_group_name
  openai_secret_arn  = module.secrets.openai_secret_arn
  openai_key_stored  = var.openai_key_stored
}
