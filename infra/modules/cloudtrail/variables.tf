variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "keep_days" {
  description = "Days for which the record of calls is kept."
  type        = number
  default     = 90

  validation {
    condition     = var.keep_days >= 1 && var.keep_days <= 3650
    error_message = "The record must be kept between 1 and 3650 days."
  }
}

variable "force_destroy" {
  description = "Whether destroying the environment deletes the record of calls too."
  type        = bool
  default     = false
}
