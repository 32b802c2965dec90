variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "parts" {
  description = "Parts of the application, each with a repository of its own."
  type        = set(string)
  default     = ["frontend", "backend"]

  validation {
    condition     = alltrue([for part in var.parts : can(regex("^[a-z][a-z0-9-]*$", part))])
    error_message = "Give each part as a lower-case word, such as frontend."
  }
}

variable "keep_images" {
  description = "How many images each repository keeps."
  type        = number
  default     = 20

  validation {
    condition     = var.keep_images >= 2
    error_message = "Keep at least two images: one to run, one to roll back to."
  }
}

variable "force_delete" {
  description = "Whether destroying the environment may delete repositories with images in them."
  type        = bool
  default     = false
}

variable "reader_arns" {
  description = "Execution roles of other environments that run this one's images."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.reader_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|root)", arn))])
    error_message = "Give ARNs of roles, such as arn:aws:iam::123456789012:role/counselor-test-execution."
  }
}

variable "replica_region" {
  description = "Region that receives a copy of every image; none where it is null. A registry has one such setting: let one environment make it."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null || can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.replica_region))
    error_message = "Give a region, such as us-west-2, or nothing."
  }
}
