variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "environment" {
  description = "Name of the environment, told to the application."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.environment))
    error_message = "Give the name of an environment, such as dev."
  }
}

variable "region" {
  description = "AWS region of the log group."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Give a region, such as us-east-1."
  }
}

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
    condition = contains({
      256  = [512, 1024, 2048]
      512  = [for gib in range(1, 5) : gib * 1024]
      1024 = [for gib in range(2, 9) : gib * 1024]
      2048 = [for gib in range(4, 17) : gib * 1024]
      4096 = [for gib in range(8, 31) : gib * 1024]
    }[tostring(var.cpu)], var.memory)
    error_message = "Fargate has no such size: with 256 CPU units go 512, 1024 or 2048 MiB, with 512 1 to 4 GiB, with 1024 2 to 8, with 2048 4 to 16, with 4096 8 to 30."
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

variable "capacity_provider" {
  description = "Where tasks run: FARGATE or FARGATE_SPOT."
  type        = string

  validation {
    condition     = contains(["FARGATE", "FARGATE_SPOT"], var.capacity_provider)
    error_message = "The capacity provider must be FARGATE or FARGATE_SPOT."
  }
}

variable "container_insights" {
  description = "Whether the cluster sends Container Insights."
  type        = bool
  default     = false
}

variable "subnet_ids" {
  description = "Private subnets of the tasks."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "Give at least one private subnet."
  }
}

variable "security_group_id" {
  description = "Security group of the tasks."
  type        = string

  validation {
    condition     = startswith(var.security_group_id, "sg-")
    error_message = "Give the id of a security group, such as sg-0a1b2c3d4e5f60718."
  }
}

variable "target_group_arns" {
  description = "Target group of each part."
  type        = map(string)

  validation {
    condition     = toset(keys(var.target_group_arns)) == toset(["frontend", "backend"])
    error_message = "Give the ARN of a target group for frontend and one for backend."
  }
}

variable "repository_urls" {
  description = "Repository of each part."
  type        = map(string)

  validation {
    condition     = toset(keys(var.repository_urls)) == toset(["frontend", "backend"])
    error_message = "Give the address of a repository for frontend and one for backend."
  }
}

variable "image_tags" {
  description = "Tag of each part's image."
  type        = map(string)

  validation {
    condition     = alltrue([for tag in values(var.image_tags) : can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", tag))])
    error_message = "Each image tag must be what a registry accepts, such as dev-a1b2c3d-20260101120000."
  }
}

variable "execution_role_arn" {
  description = "Role that starts tasks."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::", var.execution_role_arn))
    error_message = "Give the ARN of a role, such as arn:aws:iam::123456789012:role/counselor-dev-execution."
  }
}

variable "task_role_arn" {
  description = "Role of the application."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::", var.task_role_arn))
    error_message = "Give the ARN of a role, such as arn:aws:iam::123456789012:role/counselor-dev-task."
  }
}

variable "log_group_name" {
  description = "Log group of the containers."
  type        = string

  validation {
    condition     = length(var.log_group_name) > 0
    error_message = "Give the name of a log group, such as /ecs/counselor-dev."
  }
}

variable "openai_secret_arn" {
  description = "Secret that holds the model's key."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:secretsmanager:", var.openai_secret_arn))
    error_message = "Give the ARN of a secret."
  }
}

variable "openai_key_stored" {
  description = "Whether the secret has a value; without one the backend starts without the key and says so."
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
