variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "host" {
  description = "Prefix of the environment in which this one lives, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.host)) && var.host != var.name
    error_message = "Give the prefix of another environment, such as counselor-dev."
  }
}

variable "domain_name" {
  description = "Domain by which the load balancer tells this environment from its host."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "Give a domain without a dot at its end, such as test.counselor.example.com."
  }
}

variable "tls" {
  description = "Whether the host's HTTPS listener serves this environment; its HTTP listener does otherwise."
  type        = bool
  default     = false
}

variable "certificate_arn" {
  description = "Certificate of the domain, added to the host's HTTPS listener; needed where tls is true."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "Give the ARN of an ACM certificate, or nothing."
  }
}

variable "priority" {
  description = "Priority of this environment's rules: this number and the next one; each environment that shares needs its own."
  type        = number
  default     = 100

  validation {
    condition     = var.priority > 10 && var.priority < 49999
    error_message = "The priority must be between 11 and 49998: the host's own rule has 10."
  }
}
