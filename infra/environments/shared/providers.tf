locals {
  local_target = var.target == "local"
}

# One variable switches between AWS and this machine: on `local`, every endpoint is Stratus's, and the credentials are its well-known ones.
provider "aws" {
  region                      = var.region
  access_key                  = local.local_target ? "test" : null
  secret_key                  = local.local_target ? "test" : null
  skip_metadata_api_check     = local.local_target
  skip_region_validation      = local.local_target
  s3_use_path_style           = local.local_target
  skip_requesting_account_id  = false
  skip_credentials_validation = false

  dynamic "endpoints" {
    for_each = local.local_target ? [var.local_endpoint] : []

    content {
      acm                    = endpoints.value
      applicationautoscaling = endpoints.value
      cloudtrail             = endpoints.value
      cloudwatch             = endpoints.value
      ec2                    = endpoints.value
      ecr                    = endpoints.value
      ecs                    = endpoints.value
      elbv2                  = endpoints.value
      events                 = endpoints.value
      iam                    = endpoints.value
      kms                    = endpoints.value
      logs                   = endpoints.value
      route53                = endpoints.value
      s3                     = endpoints.value
      secretsmanager         = endpoints.value
      sns                    = endpoints.value
      sts                    = endpoints.value
    }
  }

  default_tags {
    tags = {
      Project     = "counselor"
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}
