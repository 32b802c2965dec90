variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "cluster_name" {
  description = "Cluster of the services."
  type        = string

  validation {
    condition     = length(var.cluster_name) > 0
    error_message = "Give the name of an ECS cluster, such as counselor-prod-cluster."
  }
}

variable "services" {
  description = "Name of each part's service."
  type        = map(string)

  validation {
    condition     = length(var.services) > 0
    error_message = "Give at least one service, such as { backend = \"counselor-prod-backend\" }."
  }
}

variable "min_capacity" {
  description = "Tasks of each service when nothing happens."
  type        = number

  validation {
    condition     = var.min_capacity >= 0
    error_message = "The least number of tasks must be 0 or more."
  }
}

variable "max_capacity" {
  description = "Tasks of each service at most."
  type        = number

  validation {
    condition     = var.max_capacity >= var.min_capacity
    error_message = "The greatest number of tasks must not be below the least."
  }
}

variable "target_tracking" {
  description = "Whether load decides how many tasks run between the least and the greatest number."
  type        = bool
  default     = false
}

variable "cpu_target" {
  description = "Percentage of CPU at which the tasks are kept."
  type        = number
  default     = 70

  validation {
    condition     = var.cpu_target >= 10 && var.cpu_target <= 95
    error_message = "The target must be a percentage between 10 and 95."
  }
}

variable "memory_target" {
  description = "Percentage of memory at which the tasks are kept."
  type        = number
  default     = 80

  validation {
    condition     = var.memory_target >= 10 && var.memory_target <= 95
    error_message = "The target must be a percentage between 10 and 95."
  }
}

variable "requests_per_target" {
  description = "Requests a minute at which each task is kept; not looked at where it is null."
  type        = number
  default     = null

  validation {
    condition     = var.requests_per_target == null || try(var.requests_per_target > 0, false)
    error_message = "Give a number of requests above 0, such as 1000, or nothing."
  }
}

variable "load_balancer" {
  description = "The load balancer's arn_suffix; needed with requests_per_target."
  type        = string
  default     = ""

  validation {
    condition     = var.load_balancer == "" ? var.requests_per_target == null : startswith(var.load_balancer, "app/")
    error_message = "With requests_per_target, give the load balancer's arn_suffix, such as app/counselor-prod-alb/50dc6c495c0c9188."
  }
}

variable "target_groups" {
  description = "Each part's target group as arn_suffix; needed with requests_per_target."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for group in values(var.target_groups) : startswith(group, "targetgroup/")])
    error_message = "Give each target group's arn_suffix, such as targetgroup/counselor-prod-backend/73e2d6bc24d8a067."
  }
}

variable "schedule" {
  description = "When everything goes down and comes up again: the six fields of AWS's cron (minute hour day month weekday year) in a time zone. Nothing where it is null."
  type = object({
    down     = string
    up       = string
    timezone = optional(string, "UTC")
  })
  default = null

  validation {
    condition     = var.schedule == null || alltrue([for cron in [try(var.schedule.down, ""), try(var.schedule.up, "")] : length(split(" ", cron)) == 6])
    error_message = "Give each time as six fields, such as \"0 20 ? * MON-FRI *\" for eight in the evening of working days."
  }
}
