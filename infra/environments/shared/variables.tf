variable "environment" {
  description = "Name of the environment; part of every name."
  type        = string

  validation {
    condition     = contains(["dev", "test", "prod"], var.environment)
    error_message = "The environment must be dev, test or prod."
  }
}

variable "target" {
  description = "Where the environment lives: aws, or local (Stratus on this machine)."
  type        = string
  default     = "local"

  validation {
    condition     = contains(["local", "aws"], var.target)
    error_message = "The target must be local or aws."
  }
}

variable "local_endpoint" {
  description = "Address of Stratus on target local."
  type        = string
  default     = "http://127.0.0.1:4566"

  validation {
    condition     = can(regex("^https?://[^/]+$", var.local_endpoint))
    error_message = "Give an address without a path, such as http://127.0.0.1:4566."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Give a region, such as us-east-1."
  }
}

# What is deployed: scripts/deploy.sh says.

variable "frontend_image_tag" {
  description = "Tag of the frontend's image."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.frontend_image_tag))
    error_message = "Give a tag that the frontend's repository has, such as dev-a1b2c3d-20260101120000; scripts/deploy.sh pushes one."
  }
}

variable "backend_image_tag" {
  description = "Tag of the backend's image."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.backend_image_tag))
    error_message = "Give a tag that the backend's repository has, such as dev-a1b2c3d-20260101120000; scripts/deploy.sh pushes one."
  }
}

variable "openai_key_stored" {
  description = "Whether Secrets Manager holds the model's key; scripts/deploy.sh knows."
  type        = bool
  default     = true
}

variable "openai_base_url" {
  description = "Where OpenAI's protocol is spoken, such as a gateway of one's own; OpenAI itself where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.openai_base_url == null || can(regex("^https://[^/ ]+(/[^ ]*)?$", var.openai_base_url))
    error_message = "Give an https address, such as https://gateway.example.com/v1: the key travels there."
  }
}

variable "openai_ca_pem" {
  description = "Certificates (PEM) of the only authorities that are believed there; the public ones where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.openai_ca_pem == null || can(regex("^-----BEGIN CERTIFICATE-----\n", var.openai_ca_pem))
    error_message = "Give certificates in PEM, beginning with -----BEGIN CERTIFICATE-----."
  }
}

# Tasks.

variable "cpu" {
  description = "CPU units of each task; 1024 are one vCPU."
  type        = number

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu)
    error_message = "The cpu must be a Fargate size: 256, 512, 1024, 2048 or 4096."
  }
}

variable "memory" {
  description = "Memory of each task in MiB."
  type        = number

  validation {
    condition     = var.memory >= 512 && var.memory <= 30720
    error_message = "The memory must be between 512 and 30720 MiB, and go with the cpu."
  }
}

variable "scaled_up" {
  description = "Whether tasks have the larger size; `scripts/deploy.sh <env> scale up` sets it."
  type        = bool
  default     = false
}

variable "scaled_up_cpu" {
  description = "CPU units of each task after scaling up."
  type        = number

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.scaled_up_cpu) && var.scaled_up_cpu >= var.cpu
    error_message = "The size after scaling up must be a Fargate size, and not below cpu."
  }
}

variable "scaled_up_memory" {
  description = "Memory of each task in MiB after scaling up."
  type        = number

  validation {
    condition     = var.scaled_up_memory >= var.memory && var.scaled_up_memory <= 30720
    error_message = "The memory after scaling up must not be below memory."
  }
}

variable "desired_count" {
  description = "Tasks of each service."
  type        = number

  validation {
    condition     = var.desired_count >= 0 && var.desired_count <= 50
    error_message = "The count must be between 0 and 50."
  }
}

variable "max_count" {
  description = "Tasks of each service at most, under load."
  type        = number
  default     = 1

  validation {
    condition     = var.max_count >= 1 && var.max_count <= 50
    error_message = "The count must be between 1 and 50."
  }
}

variable "target_tracking" {
  description = "Whether load decides how many tasks run."
  type        = bool
  default     = false
}

variable "requests_per_target" {
  description = "Requests a minute at which each task is kept, besides CPU and memory; not looked at where it is null."
  type        = number
  default     = null

  validation {
    condition     = var.requests_per_target == null || try(var.requests_per_target > 0, false)
    error_message = "Give a number of requests above 0, such as 1000, or nothing."
  }
}

variable "schedule" {
  description = "When all tasks stop and start again, as AWS's cron has it; never where it is null."
  type = object({
    down     = string
    up       = string
    timezone = optional(string, "UTC")
  })
  default = null

  validation {
    condition     = var.schedule == null || alltrue([for cron in [try(var.schedule.down, ""), try(var.schedule.up, "")] : length(split(" ", cron)) == 6])
    error_message = "Give each time as six fields (minute hour day month weekday year), such as \"0 20 ? * MON-FRI *\"."
  }
}

variable "spot" {
  description = "Whether tasks run on Fargate Spot."
  type        = bool
}

# Network.

variable "single_zone" {
  description = "Whether tasks stay in the first availability zone."
  type        = bool
}

variable "nat_per_zone" {
  description = "Whether each zone has a NAT gateway of its own."
  type        = bool
}

variable "domain_name" {
  description = "Domain of the application; the load balancer's own name serves where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "Give a domain without a dot at its end, such as counselor.example.com."
  }
}

variable "tls" {
  description = "Whether the application is served over HTTPS; needs a domain_name."
  type        = bool
  default     = false

  validation {
    condition     = !var.tls || var.domain_name != null
    error_message = "TLS needs a domain to certify: set domain_name, such as counselor.example.com."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
  default     = false
}

# Watching.

variable "container_insights" {
  description = "Whether the cluster sends Container Insights."
  type        = bool
}

variable "log_retention_days" {
  description = "Days for which the containers' output is kept."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.log_retention_days)
    error_message = "The retention must be one that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365 days."
  }
}

variable "alarms" {
  description = "Whether alarms are set, and failed tasks are told."
  type        = bool
  default     = false
}

variable "alarm_email" {
  description = "Who is told by mail; nobody where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.alarm_email))
    error_message = "Give a mail address, or nothing."
  }
}

variable "dashboard" {
  description = "Whether the environment has a dashboard."
  type        = bool
  default     = false
}

variable "audit" {
  description = "Whether CloudTrail keeps a record of every API call."
  type        = bool
  default     = false
}

variable "audit_keep_days" {
  description = "Days for which that record is kept."
  type        = number
  default     = 90

  validation {
    condition     = var.audit_keep_days >= 1 && var.audit_keep_days <= 3650
    error_message = "The record must be kept between 1 and 3650 days."
  }
}

# Protection and recovery.

variable "encrypted" {
  description = "Whether logs and secrets are encrypted with a key of the environment's own."
  type        = bool
  default     = false
}

variable "replica_region" {
  description = "Region that holds copies of secrets and images; none where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null || var.replica_region != var.region
    error_message = "The copies must lie in another region than the originals, such as us-west-2."
  }
}

variable "replicate_images" {
  description = "Whether images are copied to replica_region. A registry has one such setting, so only one environment of an account may say yes."
  type        = bool
  default     = false
}

variable "disposable" {
  description = "Whether destroying the environment deletes images, secrets and records at once."
  type        = bool
}

# Sharing and access.

variable "share_with" {
  description = "Environment whose VPC and load balancer this one uses, told apart by domain_name; its own where it is null."
  type        = string
  default     = null

  validation {
    condition     = contains(["dev", "test", "prod"], coalesce(var.share_with, "dev")) && coalesce(var.share_with, "none") != var.environment
    error_message = "Name another environment: dev, test or prod."
  }

  validation {
    condition     = var.share_with == null || var.domain_name != null
    error_message = "A shared load balancer tells environments apart by their domains: set domain_name, such as test.counselor.example.com."
  }
}

variable "share_priority" {
  description = "Priority of this environment's rules on the shared load balancer; each environment that shares needs its own."
  type        = number
  default     = 100

  validation {
    condition     = var.share_priority > 10 && var.share_priority < 49999
    error_message = "The priority must be between 11 and 49998: the host's own rule has 10."
  }
}

variable "repository_environment" {
  description = "Environment whose images are run; its own where it is null."
  type        = string
  default     = null

  validation {
    condition     = contains(["dev", "test", "prod"], coalesce(var.repository_environment, "dev"))
    error_message = "Name another environment: dev, test or prod."
  }
}

variable "repository_reader_arns" {
  description = "Execution roles of other environments that run this one's images."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.repository_reader_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|root)", arn))])
    error_message = "Give ARNs of roles, such as arn:aws:iam::123456789012:role/counselor-test-execution."
  }
}

variable "service_linked_roles" {
  description = "Services whose roles Terraform makes; AWS makes them at first use where it may."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.service_linked_roles : endswith(service, ".amazonaws.com")])
    error_message = "Give names of services, such as [\"ecs.amazonaws.com\"]."
  }
}

variable "github_repository" {
  description = "Repository whose workflows may deploy by OpenID Connect, as owner/name; none where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.github_repository))
    error_message = "Give a repository as owner/name, or nothing."
  }
}
