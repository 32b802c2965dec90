variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "repository_arns" {
  description = "Repositories that tasks pull from."
  type        = list(string)

  validation {
    condition     = length(var.repository_arns) > 0
    error_message = "Give the ARN of at least one repository."
  }
}

variable "secret_arns" {
  description = "Secrets that tasks are given."
  type        = list(string)

  validation {
    condition     = length(var.secret_arns) > 0
    error_message = "Give the ARN of at least one secret."
  }
}

variable "log_group_arn" {
  description = "Log group that tasks write to."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:logs:", var.log_group_arn)) && !endswith(var.log_group_arn, ":*")
    error_message = "Give the ARN of a log group, without \":*\" at its end."
  }
}

variable "encrypted" {
  description = "Whether the secrets are encrypted with kms_key_arn."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "Key that encrypts the secrets; needed where encrypted is true."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key, or nothing."
  }
}

variable "service_linked_roles" {
  description = "Services whose roles are made here, such as ecs.amazonaws.com; AWS makes them at first use where it may."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.service_linked_roles : endswith(service, ".amazonaws.com")])
    error_message = "Give names of services, such as [\"ecs.amazonaws.com\"]."
  }
}

variable "github_repository" {
  description = "Repository whose workflows may deploy without access keys, as owner/name; none where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.github_repository))
    error_message = "Give a repository as owner/name, or nothing."
  }
}

variable "github_environment" {
  description = "GitHub environment in which such workflows must run."
  type        = string
  default     = "dev"

  validation {
    condition     = length(var.github_environment) > 0
    error_message = "Give the name of a GitHub environment, such as prod."
  }
}
