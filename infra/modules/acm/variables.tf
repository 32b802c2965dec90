variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "domain_name" {
  description = "Domain of the application."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "Give a domain without a dot at its end, such as counselor.example.com."
  }
}

variable "further_names" {
  description = "Names below the domain that the certificate covers too."
  type        = list(string)
  default     = ["www"]

  validation {
    condition     = alltrue([for name in var.further_names : can(regex("^[a-z0-9-]+$", name))])
    error_message = "Give names without dots, such as [\"www\"]."
  }
}

variable "zone_id" {
  description = "Hosted zone that answers for the domain."
  type        = string

  validation {
    condition     = length(var.zone_id) > 0
    error_message = "Give the id of a hosted zone, such as Z0123456789ABCDEFGHIJ."
  }
}
