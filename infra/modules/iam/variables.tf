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
}

variable "secret_arns" {
  description = "Secrets that tasks are given."
  type        = list(string)
}

variable "log_group_arn" {
  description = "Log group that tasks write to."
  type        = string
}
