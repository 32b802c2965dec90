variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "cidr" {
  description = "Address range of the VPC."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 28, false)
    error_message = "The cidr must be an IPv4 range between /16 and /28, such as 10.0.0.0/16."
  }
}

variable "zones" {
  description = "Names of the availability zones, in the order of the subnets' ranges."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(distinct(var.zones)) == length(var.zones)
    error_message = "Give at least two different zones, such as [\"us-east-1a\", \"us-east-1b\"]: a load balancer needs subnets in two."
  }
}

variable "public_cidrs" {
  description = "Ranges of the public subnets, one a zone: load balancers and NAT gateways live there."
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]

  validation {
    condition     = length(var.public_cidrs) == length(var.zones) && alltrue([for cidr in var.public_cidrs : can(cidrnetmask(cidr))])
    error_message = "Give one IPv4 range for each zone, such as [\"10.0.1.0/24\", \"10.0.2.0/24\"]."
  }
}

variable "private_cidrs" {
  description = "Ranges of the private subnets, one a zone: tasks live there."
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.11.0/24"]

  validation {
    condition     = length(var.private_cidrs) == length(var.zones) && alltrue([for cidr in var.private_cidrs : can(cidrnetmask(cidr))])
    error_message = "Give one IPv4 range for each zone, such as [\"10.0.10.0/24\", \"10.0.11.0/24\"]."
  }
}

variable "nat_per_zone" {
  description = "Whether each zone has a NAT gateway of its own (prod) or all share the first zone's (dev, test)."
  type        = bool
  default     = false
}
