# One environment: the same modules in each, different values. See docs/decisions/002-environments.md.

locals {
  name  = "counselor-${var.environment}"
  zones = slice(data.aws_availability_zones.available.names, 0, 2)

  # What is there in some environments only; `for_each` over one name or none.
  kms        = toset(var.encrypted ? ["this"] : [])
  audit      = toset(var.audit ? ["this"] : [])
  dns        = toset(var.domain_name == null ? [] : ["this"])
  tls        = toset(var.tls ? ["this"] : [])
  own        = toset(var.share_with == null ? ["this"] : [])
  guest      = toset(var.share_with == null ? [] : ["this"])
  autoscaled = toset(var.target_tracking || var.schedule != null ? ["this"] : [])

  # Its own network and load balancer, or a place in another environment's.
  subnet_ids                = try(module.vpc["this"].private_subnet_ids, module.shared["this"].private_subnet_ids)
  task_security_group_id    = try(module.vpc["this"].task_security_group_id, module.shared["this"].task_security_group_id)
  balancer_name             = try(module.alb["this"].dns_name, module.shared["this"].dns_name)
  balancer_zone_id          = try(module.alb["this"].zone_id, module.shared["this"].zone_id)
  balancer_suffix           = try(module.alb["this"].arn_suffix, module.shared["this"].arn_suffix)
  target_group_arns         = { for part in local.parts : part => try(module.alb["this"].target_group_arns[part], module.shared["this"].target_group_arns[part]) }
  target_group_arn_suffixes = { for part in local.parts : part => try(module.alb["this"].target_group_arn_suffixes[part], module.shared["this"].target_group_arn_suffixes[part]) }

  kms_key_arn = one([for kms in module.kms : kms.key_arn])

  cpu    = var.scaled_up ? var.scaled_up_cpu : var.cpu
  memory = var.scaled_up ? var.scaled_up_memory : var.memory

  parts = toset(["frontend", "backend"])
  # Images may be another environment's: repositories are then not made but read.
  own_repositories = var.repository_environment == null
  repositories = local.own_repositories ? {
    for part in local.parts : part => { url = module.ecr.repository_urls[part], arn = module.ecr.repository_arns[part] }
  } : { for part, repository in data.aws_ecr_repository.other : part => { url = repository.repository_url, arn = repository.arn } }
}

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "zone-type"
    values = ["availability-zone"]
  }
}

data "aws_ecr_repository" "other" {
  for_each = local.own_repositories ? toset([]) : local.parts

  name = "counselor-${var.repository_environment}-${each.key}"
}

module "kms" {
  source   = "../../modules/kms"
  for_each = local.kms

  name = local.name
}

module "vpc" {
  source   = "../../modules/vpc"
  for_each = local.own

  name         = local.name
  zones        = local.zones
  nat_per_zone = var.nat_per_zone
}

module "alb" {
  source   = "../../modules/alb"
  for_each = local.own

  name                = local.name
  vpc_id              = module.vpc["this"].vpc_id
  subnet_ids          = module.vpc["this"].public_subnet_ids
  security_group_id   = module.vpc["this"].alb_security_group_id
  tls                 = var.tls
  certificate_arn     = one([for acm in module.acm : acm.certificate_arn])
  deletion_protection = var.deletion_protection
}

module "shared" {
  source   = "../../modules/shared"
  for_each = local.guest

  name            = local.name
  host            = "counselor-${var.share_with}"
  domain_name     = var.domain_name
  tls             = var.tls
  certificate_arn = one([for acm in module.acm : acm.certificate_arn])
  priority        = var.share_priority
}

module "route53" {
  source   = "../../modules/route53"
  for_each = local.dns

  name                  = local.name
  domain_name           = var.domain_name
  load_balancer_name    = local.balancer_name
  load_balancer_zone_id = local.balancer_zone_id
  force_destroy         = var.disposable
}

module "acm" {
  source   = "../../modules/acm"
  for_each = local.tls

  name        = local.name
  domain_name = var.domain_name
  zone_id     = module.route53["this"].zone_id
}

module "ecr" {
  source = "../../modules/ecr"

  name           = local.name
  parts          = local.own_repositories ? local.parts : toset([])
  force_delete   = var.disposable
  reader_arns    = var.repository_reader_arns
  replica_region = var.replicate_images ? var.replica_region : null
}

module "secrets" {
  source = "../../modules/secrets"

  name                 = local.name
  kms_key_arn          = local.kms_key_arn
  recovery_window_days = var.disposable ? 0 : 7
  replica_regions      = toset(var.replica_region == null ? [] : [var.replica_region])
}

module "cloudwatch" {
  source = "../../modules/cloudwatch"

  name               = local.name
  region             = var.region
  retention_days     = var.log_retention_days
  kms_key_arn        = local.kms_key_arn
  alarms             = var.alarms
  alarm_email        = var.alarm_email
  dashboard          = var.dashboard
  container_insights = var.container_insights
  load_balancer      = local.balancer_suffix
  target_groups      = local.target_group_arn_suffixes
}

module "cloudtrail" {
  source   = "../../modules/cloudtrail"
  for_each = local.audit

  name          = local.name
  keep_days     = var.audit_keep_days
  force_destroy = var.disposable
}

module "iam" {
  source = "../../modules/iam"

  name                 = local.name
  repository_arns      = [for part in local.parts : local.repositories[part].arn]
  secret_arns          = [module.secrets.openai_secret_arn]
  log_group_arn        = module.cloudwatch.log_group_arn
  encrypted            = var.encrypted
  kms_key_arn          = local.kms_key_arn
  service_linked_roles = var.service_linked_roles
  github_repository    = var.github_repository
  github_environment   = var.environment
}

module "ecs" {
  source = "../../modules/ecs"

  name               = local.name
  environment        = var.environment
  region             = var.region
  cpu                = local.cpu
  memory             = local.memory
  desired_count      = var.desired_count
  capacity_provider  = var.spot ? "FARGATE_SPOT" : "FARGATE"
  container_insights = var.container_insights
  subnet_ids         = var.single_zone ? [local.subnet_ids[0]] : local.subnet_ids
  security_group_id  = local.task_security_group_id
  target_group_arns  = local.target_group_arns
  repository_urls    = { for part in local.parts : part => local.repositories[part].url }
  image_tags         = { frontend = var.frontend_image_tag, backend = var.backend_image_tag }
  execution_role_arn = module.iam.execution_role_arn
  task_role_arn      = module.iam.task_role_arn
  log_group_name     = module.cloudwatch.log_group_name
  openai_secret_arn  = module.secrets.openai_secret_arn
  openai_key_stored  = var.openai_key_stored
  openai_base_url    = var.openai_base_url
  openai_ca_pem      = var.openai_ca_pem
}

module "autoscaling" {
  source   = "../../modules/autoscaling"
  for_each = local.autoscaled

  name            = local.name
  cluster_name    = module.ecs.cluster_name
  services        = module.ecs.service_names
  min_capacity    = var.desired_count
  max_capacity    = max(var.desired_count, var.max_count)
  target_tracking = var.target_tracking
  schedule        = var.schedule

  requests_per_target = var.requests_per_target
  load_balancer       = local.balancer_suffix
  target_groups       = local.target_group_arn_suffixes
}

moved {
  from = module.vpc
  to   = module.vpc["this"]
}

moved {
  from = module.alb
  to   = module.alb["this"]
}
