variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "retention_days" {
  description = "Days for which the containers' output is kept."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.retention_days)
    error_message = "The retention must be one that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365 days."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the log group; CloudWatch's own encryption where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key, or nothing."
  }
}

variable "region" {
  description = "AWS region, named by the dashboard."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Give a region, such as us-east-1."
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

variable "container_insights" {
  description = "Whether the cluster publishes Container Insights, which count tasks."
  type        = bool
  default     = false
}

variable "parts" {
  description = "Parts of the application, each a service of the environment's cluster."
  type        = list(string)
  default     = ["frontend", "backend"]

  validation {
    condition     = length(var.parts) > 0
    error_message = "Name at least one part, such as [\"backend\"]."
  }
}

variable "load_balancer" {
  description = "The load balancer as CloudWatch's dimensions name it: app/<name>/<id>."
  type        = string
  default     = ""

  validation {
    condition     = var.load_balancer == "" || startswith(var.load_balancer, "app/")
    error_message = "Give the load balancer's arn_suffix, such as app/counselor-dev-alb/50dc6c495c0c9188."
  }
}

variable "target_groups" {
  description = "Target group of each part, as CloudWatch's dimensions name it: targetgroup/<name>/<id>."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for group in values(var.target_groups) : startswith(group, "targetgroup/")])
    error_message = "Give each target group's arn_suffix, such as targetgroup/counselor-dev-backend/73e2d6bc24d8a067."
  }
}

variable "utilization_threshold" {
  description = "Percentage of CPU or memory above which an alarm goes off."
  type        = number
  default     = 80

  validation {
    condition     = var.utilization_threshold > 0 && var.utilization_threshold <= 100
    error_message = "The threshold must be a percentage above 0 and not above 100."
  }
}

variable "error_threshold" {
  description = "Percentage of requests answered with 5xx above which an alarm goes off."
  type        = number
  default     = 5

  validation {
    condition     = var.error_threshold > 0 && var.error_threshold <= 100
    error_message = "The threshold must be a percentage above 0 and not above 100."
  }
}
