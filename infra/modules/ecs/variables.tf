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
}

variable "region" {
  description = "AWS region of the log group."
  type        = string
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
    condition     = var.memory >= 512 && var.memory <= 30720
    error_message = "The memory must be between 512 and 30720 MiB and go with the cpu, as Fargate's table of sizes says."
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
}

variable "security_group_id" {
  description = "Security group of the tasks."
  type        = string
}

variable "target_group_arns" {
  description = "Target group of each part."
  type        = map(string)
}

variable "repository_urls" {
  description = "Repository of each part."
  type        = map(string)
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
}

variable "task_role_arn" {
  description = "Role of the application."
  type        = string
}

variable "log_group_name" {
  description = "Log group of the containers."
  type        = string
}

variable "openai_secret_arn" {
  description = "Secret that holds the model's key."
  type        = string
}

variable "openai_key_stored" {
  description = "Whether the secret has a value; without one the backend starts without the key and says so."
  type        = bool
  default     = true
}
