variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "vpc_id" {
  description = "VPC of the targets."
  type        = string

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "Give the id of a VPC, such as vpc-0a1b2c3d4e5f60718."
  }
}

variable "subnet_ids" {
  description = "Public subnets in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Give public subnets of at least two availability zones."
  }
}

variable "security_group_id" {
  description = "Security group of the load balancer."
  type        = string

  validation {
    condition     = startswith(var.security_group_id, "sg-")
    error_message = "Give the id of a security group, such as sg-0a1b2c3d4e5f60718."
  }
}

variable "tls" {
  description = "Whether the application is served over HTTPS, and HTTP only redirects."
  type        = bool
  default     = false
}

variable "certificate_arn" {
  description = "Certificate of the HTTPS listener; needed where tls is true."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "Give the ARN of an ACM certificate, such as arn:aws:acm:us-east-1:123456789012:certificate/…, or nothing."
  }
}

variable "idle_timeout" {
  description = "Seconds after which a connection on which nothing moves is closed; streamed answers need some patience."
  type        = number
  default     = 120

  validation {
    condition     = var.idle_timeout >= 1 && var.idle_timeout <= 4000
    error_message = "The time-out must be between 1 and 4000 seconds."
  }
}

variable "deregistration_delay" {
  description = "Seconds that requests under way have when a task leaves."
  type        = number
  default     = 30

  validation {
    condition     = var.deregistration_delay >= 0 && var.deregistration_delay <= 3600
    error_message = "The delay must be between 0 and 3600 seconds."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
  default     = false
}
