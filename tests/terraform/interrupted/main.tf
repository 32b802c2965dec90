# Our own network and load balancer, of which a killed apply could have recorded any part.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 6.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Project = "counselor", Environment = "dev", ManagedBy = "terraform" }
  }
}

variable "revision" {
  type    = number
  default = 1
}

module "kms" {
  source = "./modules/kms"

  name = "counselor-dev"
}

module "vpc" {
  source = "./modules/vpc"

  name  = "counselor-dev"
  zones = ["us-east-1a", "us-east-1b"]
}

module "alb" {
  source = "./modules/alb"

  name              = "counselor-dev"
  vpc_id            = module.vpc.vpc_id
  subnet_ids        = module.vpc.public_subnet_ids
  security_group_id = module.vpc.alb_security_group_id
}
